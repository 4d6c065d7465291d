import type { KeyedValues } from '@trunkline/core';
import { Redis } from 'ioredis';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { anyRedis, newPrefix, openStore, redisUrl } from './support/redis.ts';

expectNoUnhandledRejections();
beforeEach(needs(anyRedis));

const LIST = { maxItems: 9, ttlMs: 60_000 };
const TURN = { markTtlMs: 60_000, maxTurns: 9, stampOf: 'menu' };

/** A store, a tool that writes what is beside it, and what is warned of. */
async function setUp() {
  const [url, prefix] = [await redisUrl(), newPrefix()];
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message.replace(prefix, 'PREFIX'));
  const store = openStore({ url, prefix, warn });
  const tool = new Redis(url);
  onTestFinished(() => tool.disconnect());
  const keyOf = async (what: string): Promise<string> =>
    (await tool.keys(`${prefix}:{*}:${what}`))[0] ?? 'none';
  return { store, tool, warnings, keyOf };
}

async function keysOf(values: KeyedValues): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of values.entries('state')) keys.push(key);
  return keys;
}

// The story: one cell that could not be read made every look at its conversation fail, and the conversation
// stood still for good.
it.each(['v.1 {"a":', '', 'nonsense'])(
  'a value that is "%s" is as if it were not there, and can be written again',
  async (damaged) => {
    const { store, tool, warnings, keyOf } = await setUp();
    const { values } = store;
    await values.set('state', 'ada', { a: 1 });
    await values.set('state', 'bob', { b: 1 });
    const key = await keyOf('value:*ada');
    await tool.set(key, damaged);
    expect(await keysOf(values)).toEqual(['bob']);
    await tool.set(key, damaged);
    expect(await values.get('state', 'ada')).toBeNull();
    expect(await values.compareAndSet('state', 'bob', null, 2)).toBeNull();
    expect(await values.compareAndSet('state', 'ada', null, 2)).not.toBeNull();
    expect(await values.get('state', 'ada')).toMatchObject({ value: 2 });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^what Redis has under PREFIX:.*ada is damaged in part: that is as if it were not there$/,
      ),
    ]);
  },
);

it.each(['v.1#2 {"i":', 'v.1 {"i":2}', 'nonsense'])(
  'a list with "%s" in it has its other items',
  async (damaged) => {
    const { store, tool, warnings, keyOf } = await setUp();
    const { lists } = store;
    await lists.append('history', 'ada', [{ i: 1 }, { i: 2 }, { i: 3 }], LIST);
    await tool.lset(await keyOf('list:*ada'), 1, damaged);
    expect(await lists.last('history', 'ada', 9)).toEqual([{ i: 1 }, { i: 3 }]);
    expect(await lists.after('history', 'ada', 0, 9)).toEqual([
      { number: 1, value: { i: 1 } },
      { number: 3, value: { i: 3 } },
    ]);
    expect(await lists.append('history', 'ada', [{ i: 4 }], LIST)).toBe(4);
    expect(warnings).toHaveLength(1);
  },
);

it('a turn whose stamp is damaged has none', async () => {
  const { store, tool, warnings, keyOf } = await setUp();
  await store.values.set('menu', 'ada', { id: 'menu' });
  for (const id of ['1', '2']) {
    await store.turns.add({ conversation: 'ada', id, message: 'hello' }, TURN);
  }
  await tool.hset(await keyOf('turns:ada'), 's1', 'v.1 {"id":');
  expect(await store.turns.waiting('ada', 1)).toMatchObject([{ id: '1', stamp: null }]);
  expect(await store.turns.waiting('ada', 9)).toMatchObject([
    { id: '1', message: 'hello', stamp: null },
    { id: '2', stamp: { id: 'menu' } },
  ]);
  expect(warnings).toHaveLength(1);
});

it('a damaged value that stamps a new turn is none, also for whoever holds the lock', async () => {
  const { store, tool, keyOf } = await setUp();
  await store.values.set('menu', 'ada', { id: 'menu' });
  await tool.set(await keyOf('value:*ada'), 'v.1 {"id":');
  const lock = store.lock('ada');
  expect(await store.turns.add({ conversation: 'ada', id: '1', message: 'hello' }, TURN)).toBe(
    'added',
  );
  await lock;
  expect(await store.turns.waiting('ada', 1)).toMatchObject([{ id: '1', stamp: null }]);
});

it('turns of which only their places are left keep nobody waiting', async () => {
  const { store, tool, keyOf } = await setUp();
  for (const id of ['1', '2', '3']) {
    await store.turns.add({ conversation: 'ada', id, message: 'hello' }, TURN);
  }
  // As a Redis does that makes room for other keys.
  await tool.del(await keyOf('turns:ada'));
  await store.turns.add({ conversation: 'ada', id: '4', message: 'hello' }, TURN);
  expect(await store.turns.waiting('ada', 1)).toMatchObject([{ id: '4' }]);
  const lock = await store.lock('ada');
  await store.turns.commit(lock, { remove: ['4'] });
  expect(await store.turns.waiting('ada', 9)).toEqual([]);
  expect(await keyOf('queue:ada')).toBe('none');
});
