import { StoreError, type Lock, type TurnChanges, type MaybePromise } from '@trunkline/core';
import { beforeEach, expect, it } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import type { RedisStore } from '../src/index.ts';
import { Proxy } from './support/proxy.ts';
import { newPrefix, openStore, redisProgram, RedisServer, until } from './support/redis.ts';

beforeEach(needs(redisProgram));

const OPTIONS = { markTtlMs: 60_000, maxTurns: 1_000 };
const CONVERSATIONS = ['ada', 'bert', 'carl', 'dora', 'emil'];
const COUNT = 80;

/** What `work` resolves to, however often Redis has to be asked. */
async function insist<T>(work: () => MaybePromise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'unreachable') throw error;
    }
  }
}

/** Handles what waits in a conversation, as long as it has the lock. */
async function drain(store: RedisStore, conversation: string): Promise<void> {
  const lock: Lock = await insist(() => store.lock(conversation));
  try {
    for (;;) {
      const [turn] = await insist(() => store.turns.waiting(conversation, 1));
      if (turn === undefined) return;
      const changes: TurnChanges = {
        save: { id: turn.id, progress: 'done' },
        remove: [turn.id],
        append: { namespace: 'done', items: [turn.id], maxItems: 10_000, ttlMs: 600_000 },
      };
      await insist(() => store.turns.commit(lock, changes));
    }
  } catch (error) {
    // Somebody else has the conversation by now.
    expect(error).toMatchObject({ code: 'lost_lock' });
  } finally {
    lock.release();
  }
}

it('handles every turn once and in order, whatever happens to the connections', async () => {
  const server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always');
  const prefix = newPrefix();
  const ways = await Promise.all([1, 2, 3].map(() => Proxy.to(server.port)));
  const stores = ways.map(({ url }) => openStore({ url, prefix }));
  const work = new Set<Promise<void>>();
  const start = (store: RedisStore, conversation: string): void => {
    const drained = drain(store, conversation);
    work.add(drained);
    void drained.finally(() => work.delete(drained)).catch(() => {});
  };
  for (const store of stores) {
    store.turns.watch((conversation) => start(store, conversation));
  }
  const produce = async (conversation: string, at: number): Promise<void> => {
    for (let i = 0; i < COUNT; i++) {
      const store = stores[(i + at) % 3];
      if (store === undefined) throw new Error('no store');
      start(store, conversation);
      const turn = { conversation, id: String(i), message: 'x' };
      await insist(() => store.turns.add(turn, OPTIONS));
      start(store, conversation);
    }
  };
  let isOver = false;
  const trouble = (async () => {
    for (let round = 0; !isOver; round++) {
      const way = ways[Math.floor(Math.random() * 3)];
      const kind = Math.random();
      if (kind < 0.4) way?.loseReplyTo('');
      else if (kind < 0.7) way?.cut();
      else if (kind < 0.72) way?.freeze();
      // Once, all of it.
      if (round === 40) {
        await server.kill();
        await server.start();
      }
      await new Promise((resolve) => setTimeout(resolve, 10 + 30 * Math.random()));
    }
  })();
  await Promise.all(CONVERSATIONS.map(produce));
  isOver = true;
  await trouble;
  await until('all work to be done', () => work.size === 0, 20_000);
  const direct = openStore({ url: server.url, prefix });
  const expected = Array.from({ length: COUNT }, (_, i) => String(i));
  for (const conversation of CONVERSATIONS) {
    expect(await direct.lists.last('done', conversation, 10_000)).toEqual(expected);
  }
  for (const store of stores) await store.close();
  for (const way of ways) await way.end();
}, 60_000);
