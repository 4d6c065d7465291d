import { execFileSync } from 'node:child_process';
import { Cluster, type ClusterOptions } from 'ioredis';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Added } from '@trunkline/core';
import { storeContract } from '@trunkline/testing';
import { needs, program } from '../../../scripts/test-support/needs.ts';
import { RedisStore, type RedisStoreOptions } from '../src/index.ts';
import { Keys } from '../src/keys.ts';
import { BURY } from '../src/scripts/living.ts';
import { newPrefix, openStore, QUICK, redisProgram, RedisServer, until } from './support/redis.ts';

const OPTIONS = { markTtlMs: 60_000, maxTurns: 50 };

const cli = program('redis-cli', 'redis-tools');
let nodes: RedisServer[] = [];

/** Three masters, made into a cluster once. */
async function startCluster(): Promise<void> {
  if (nodes.length > 0) return;
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  nodes = await Promise.all([1, 2, 3].map(() => RedisServer.start(...args)));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const create = ['--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes'];
  execFileSync(cli.name, create, { timeout: 20_000 });
  await until('the cluster to be one', async () => {
    const infos = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'INFO')));
    return infos.every((info) => String(info).includes('cluster_state:ok'));
  });
}

function newClient(options: ClusterOptions): Cluster {
  return new Cluster(
    nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
    options,
  );
}

function optionsOf(prefix = newPrefix()): RedisStoreOptions {
  return { prefix, create: ({ cluster }) => newClient(cluster) };
}

/** Does something while the slot of the only partition is on its way to another node, with all of its keys. */
async function whileItMoves(work: () => Promise<unknown>): Promise<void> {
  const slot = String(await nodes[0]?.command('CLUSTER', 'KEYSLOT', '{0}'));
  const ids = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'MYID')));
  const counts = await Promise.all(
    nodes.map((node) => node.command('CLUSTER', 'COUNTKEYSINSLOT', slot)),
  );
  const from = counts.findIndex((count) => Number(count) > 0);
  const to = (from + 1) % nodes.length;
  await nodes[to]?.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(ids[from]));
  await nodes[from]?.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(ids[to]));
  try {
    await work();
  } finally {
    for (const node of nodes) await node.command('CLUSTER', 'SETSLOT', slot, 'STABLE');
  }
}

beforeEach(needs(redisProgram));
beforeEach(needs(cli));
beforeEach(startCluster, 30_000);

describe('RedisStore on a cluster', () => {
  storeContract({ it, create: () => new RedisStore(optionsOf()) });

  it('spreads over the nodes, and finds everything again', async () => {
    const store = openStore(optionsOf());
    const keys = Array.from({ length: 200 }, (_, i) => `key ${i}`);
    await Promise.all(keys.map((key) => store.values.set('many', key, key)));
    const sizes = await Promise.all(nodes.map((node) => node.command('DBSIZE')));
    expect(
      sizes.every((size) => Number(size) > 0),
      sizes.join(),
    ).toBe(true);
    const found: string[] = [];
    for await (const { key } of store.values.entries('many')) found.push(key);
    expect(found.toSorted()).toEqual(keys.toSorted());
  });

  it('passes a lock on while its slot moves to another node', async () => {
    const prefix = newPrefix();
    const store = openStore({ ...optionsOf(prefix), partitions: 1 });
    const lock = await store.lock('anna');
    const next = store.lock('anna');
    await until('the second to be in line', async () => {
      const lines = await Promise.all(
        nodes.map((node) =>
          node.command('LRANGE', `${prefix}:{0}:line:anna`, '0', '-1').catch(() => []),
        ),
      );
      return lines.some((line) => Array.isArray(line) && line.length === 2);
    });
    await whileItMoves(async () => {
      lock.release();
      (await next).release();
    });
  });

  it('commits whole or not at all while its slot moves to another node', async () => {
    // The last turn's queue was gone when it was looked at again: the turn was removed, and the state
    // that was to be saved with it was not.
    const store = openStore({ ...optionsOf(), partitions: 1 });
    const list = { namespace: 'history', maxItems: 10, ttlMs: 60_000 };
    const lock = await store.lock('anna');
    await store.turns.add({ conversation: 'anna', id: '1', message: 'hi' }, OPTIONS);
    const write = { namespace: 'state', value: 1, expected: null };
    await store.turns.commit(lock, { write, append: { ...list, items: [1] } });
    const expected = (await store.values.get('state', 'anna'))?.version ?? null;
    await whileItMoves(async () => {
      const isDone = await store.turns.commit(lock, {
        remove: ['1', 'not there'],
        write: { ...write, value: 2, expected },
        append: { ...list, items: [2] },
      });
      expect(isDone).toBe(true);
    });
    expect((await store.values.get('state', 'anna'))?.value).toBe(2);
    expect(await store.lists.last('history', 'anna', 10)).toEqual([1, 2]);
    expect(await store.turns.waiting('anna', 10)).toEqual([]);
    lock.release();
  });

  it('refuses what needs keys that are not there while its slot moves, and loses nothing', async () => {
    const store = openStore({ ...optionsOf(), partitions: 1 });
    const add = async (id: string): Promise<Added> =>
      await store.turns.add({ conversation: 'anna', id, message: 'hi' }, OPTIONS);
    expect(await add('1')).toBe('added');
    await whileItMoves(async () => {
      await expect(add('2')).rejects.toMatchObject({ code: 'unreachable' });
    });
    // What was refused may have been done when the slot had moved: ioredis tries on for a while.
    expect(['added', 'unfinished']).toContain(await add('2'));
    expect(await store.turns.waiting('anna', 10)).toMatchObject([{ id: '1' }, { id: '2' }]);
  });

  it('names what a dead process leaves while its slot moves to another node', async () => {
    // The line was looked at again after the dead one's ticket, the last, had been taken out of it:
    // Redis ended the script there, half done, and nobody was told before the slot had moved.
    const options = { prefix: newPrefix(), partitions: 1 };
    const clients: Cluster[] = [];
    const create: RedisStoreOptions['create'] = ({ cluster }) => {
      const client = newClient(cluster);
      clients.push(client);
      return client;
    };
    const one = openStore({ ...options, create });
    const named: string[] = [];
    const two = openStore({ ...optionsOf(options.prefix), ...options });
    two.turns.watch((conversation) => named.push(conversation));
    await two.ready();
    await one.lock('anna');
    await one.turns.add({ conversation: 'anna', id: '1', message: 'hi' }, OPTIONS);
    await whileItMoves(async () => {
      for (const client of clients) client.disconnect();
      await until('it to be named', () => named.length > 0);
    });
    expect(named[0]).toBe('anna');
    (await two.lock('anna')).release();
  });

  it('lets processes say that they live while their slot moves for longer than a lease', async () => {
    // Nobody could, and who looked after the dead was often heard before them when the slot had moved:
    // every turn of the slot was begun again elsewhere.
    const options = { ...optionsOf(), partitions: 1 };
    const [one, two] = [openStore(options), openStore(options)];
    two.turns.watch(() => {});
    await two.ready();
    // No turn waits, so that a key of each beat is missing.
    const lock = await one.lock('anna');
    const next = two.lock('anna');
    const alive = new Keys(options.prefix ?? '', 1).shared(0, 'alive');
    const client = newClient({});
    try {
      await whileItMoves(async () => {
        const end = Date.now() + 3 * (QUICK.leaseMs ?? 0);
        await until('leases to run out', () => Date.now() > end);
        expect(await client.zcount(alive, Date.now(), '+inf')).toBe(2);
      });
    } finally {
      client.disconnect();
    }
    await one.turns.commit(lock, { remove: ['1'] });
    lock.release();
    (await next).release();
  });

  it('forgets a process that another one has forgotten already while its slot moves', async () => {
    // The last of the dead was forgotten, and the next one was looked for where there was nobody any more.
    const alive = new Keys(newPrefix(), 1).shared(0, 'alive');
    const client = newClient({});
    try {
      await client.zadd(alive, 1, 'one', 1, 'two');
      await whileItMoves(() => BURY.run(client, [alive], ['one', 'two', 'three']));
      expect(await client.exists(alive)).toBe(0);
    } finally {
      client.disconnect();
    }
  });

  it('passes locks between processes, and names what a closed one leaves', async () => {
    const prefix = newPrefix();
    const [one, two] = [openStore(optionsOf(prefix)), openStore(optionsOf(prefix))];
    const named = new Set<string>();
    two.turns.watch((conversation) => named.add(conversation));
    const conversations = Array.from({ length: 30 }, (_, i) => `conversation ${i}`);
    await Promise.all(
      conversations.map(async (conversation) => {
        const lock = await one.lock(conversation);
        const next = two.lock(conversation);
        await one.turns.add({ conversation, id: '1', message: 'x' }, OPTIONS);
        await one.turns.add({ conversation, id: '2', message: 'x' }, OPTIONS);
        await one.turns.commit(lock, {
          save: { id: '2', progress: 'x' },
          remove: ['1'],
          write: { namespace: 'state', value: 1, expected: null },
          append: { namespace: 'history', items: [1], maxItems: 2, ttlMs: 60_000 },
        });
        lock.release();
        (await next).release();
      }),
    );
    await one.close();
    await until('all to be named', () => named.size === conversations.length);
  });
});

describe('RedisStore on a node of a cluster, without a Cluster', () => {
  it('says how to connect to it', async () => {
    const store = openStore({ url: nodes[0]?.url ?? '', prefix: newPrefix() });
    await expect(store.ready()).rejects.toThrow(/is a node of a cluster: connect with `create`/);
  });
});
