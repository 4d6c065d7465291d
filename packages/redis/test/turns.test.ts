import type { AddTurnOptions } from '@trunkline/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import type { RedisStore } from '../src/index.ts';
import { anyRedis, keysOf, newPrefix, openStore, QUICK, redisUrl, until } from './support/redis.ts';

const OPTIONS: AddTurnOptions = { markTtlMs: 60_000, maxTurns: 50 };

function turn(
  id: string,
  conversation = 'ada',
): { conversation: string; id: string; message: string } {
  return { conversation, id, message: `message ${id}` };
}

describe('turns', () => {
  beforeEach(needs(anyRedis));
  let store: RedisStore;
  let prefix: string;
  beforeEach(async () => {
    prefix = newPrefix();
    store = openStore({ url: await redisUrl(), prefix });
  });
  const ids = async (conversation = 'ada'): Promise<string[]> =>
    (await store.turns.waiting(conversation, 100)).map(({ id }) => id);

  it('wait in the order in which they were added, and as they were added', async () => {
    await Promise.all(['1', '2', '3'].map((id) => store.turns.add(turn(id), OPTIONS)));
    await store.turns.add(turn('1', 'bert'), OPTIONS);
    expect(await ids()).toEqual(['1', '2', '3']);
    expect(await store.turns.waiting('ada', 1)).toEqual([
      { conversation: 'ada', id: '1', message: 'message 1', progress: null, stamp: null },
    ]);
    expect(await store.turns.waiting('ada', 0)).toEqual([]);
  });

  it('are added once', async () => {
    expect(await store.turns.add(turn('1'), OPTIONS)).toBe('added');
    expect(await store.turns.add(turn('1'), OPTIONS)).toBe('unfinished');
    const lock = await store.lock('ada');
    expect(await store.turns.commit(lock, { remove: ['1'] })).toBe(true);
    expect(await store.turns.add(turn('1'), OPTIONS)).toBe('finished');
    expect(await ids()).toEqual([]);
    lock.release();
  });

  it('are not added to a conversation that is full, which leaves no mark', async () => {
    const options = { ...OPTIONS, maxTurns: 1 };
    await store.turns.add(turn('1'), options);
    expect(await store.turns.add(turn('2'), options)).toBe('full');
    expect(await store.turns.add(turn('1'), options)).toBe('unfinished');
    const lock = await store.lock('ada');
    await store.turns.commit(lock, { remove: ['1'] });
    expect(await store.turns.add(turn('2'), options)).toBe('added');
    lock.release();
  });

  it('carry what was stamped on them', async () => {
    const options = { ...OPTIONS, stampOf: 'menus' };
    await store.turns.add(turn('1'), options);
    await store.values.set('menus', 'ada', { open: ['soup'] });
    await store.turns.add(turn('2'), options);
    await store.values.set('menus', 'ada', { open: ['cake'] }, { ttlMs: 20 });
    await until(
      'the menu to expire',
      async () => (await store.values.get('menus', 'ada')) === null,
    );
    await store.turns.add(turn('3'), options);
    const stamps = (await store.turns.waiting('ada', 5)).map(({ stamp }) => stamp);
    expect(stamps).toEqual([null, { open: ['soup'] }, null]);
  });

  it('may be added again when the mark’s time is over', async () => {
    await store.turns.add(turn('1'), { ...OPTIONS, markTtlMs: 30 });
    const lock = await store.lock('ada');
    await store.turns.commit(lock, { remove: ['1'] });
    await until(
      'the mark to expire',
      async () => (await store.turns.add(turn('1'), OPTIONS)) === 'added',
    );
    lock.release();
  });

  it('are changed by a commit in all its parts', async () => {
    await store.turns.add(turn('1'), OPTIONS);
    await store.turns.add(turn('2'), OPTIONS);
    const lock = await store.lock('ada');
    const isDone = await store.turns.commit(lock, {
      save: { id: '2', progress: 'half' },
      remove: ['1', 'unknown'],
      write: { namespace: 'state', value: { n: 1 }, expected: null },
      append: { namespace: 'history', items: ['a', 'b', 'c'], maxItems: 2, ttlMs: 60_000 },
    });
    expect(isDone).toBe(true);
    expect(await store.turns.waiting('ada', 5)).toMatchObject([{ id: '2', progress: 'half' }]);
    expect(await store.values.get('state', 'ada')).toMatchObject({ value: { n: 1 } });
    expect(await store.lists.last('history', 'ada', 5)).toEqual(['b', 'c']);
    lock.release();
  });

  it('are changed although the value of the commit is another by now', async () => {
    await store.turns.add(turn('1'), OPTIONS);
    await store.values.set('state', 'ada', 'of somebody else');
    const lock = await store.lock('ada');
    const changes = { remove: ['1'], write: { namespace: 'state', value: 1, expected: null } };
    expect(await store.turns.commit(lock, changes)).toBe(false);
    expect(await ids()).toEqual([]);
    expect(await store.values.get('state', 'ada')).toMatchObject({ value: 'of somebody else' });
    lock.release();
  });

  it('are not changed with a lock that was released, or where the turn to save is gone', async () => {
    await store.turns.add(turn('1'), OPTIONS);
    const first = await store.lock('ada');
    const lost = { code: 'lost_lock' };
    const changes = { save: { id: '2', progress: 'x' }, remove: ['1'] };
    await expect(store.turns.commit(first, changes)).rejects.toMatchObject(lost);
    first.release();
    const second = await store.lock('ada');
    await expect(store.turns.commit(first, { remove: ['1'] })).rejects.toMatchObject(lost);
    expect(await ids()).toEqual(['1']);
    second.release();
    await store.lock('ada');
    await expect(store.turns.commit(second, { remove: ['1'] })).rejects.toMatchObject(lost);
  });

  it('leave nothing when they are finished but their marks', async () => {
    for (const id of ['1', '2']) await store.turns.add(turn(id), OPTIONS);
    const lock = await store.lock('ada');
    await store.turns.commit(lock, { save: { id: '1', progress: 'x' } });
    await store.turns.commit(lock, { remove: ['1', '2'] });
    lock.release();
    (await store.lock('somebody else')).release();
    const left = await keysOf(prefix);
    expect(left.filter((key) => /:(queue|turns|line|holder|pending|lines)/.test(key))).toEqual([]);
    expect(left.filter((key) => key.includes(':mark:'))).toHaveLength(2);
  });
});

describe('a ticket that is taken with a turn', () => {
  beforeEach(needs(anyRedis));
  let store: RedisStore;
  let prefix: string;
  beforeEach(async () => {
    prefix = newPrefix();
    store = openStore({ url: await redisUrl(), prefix });
    await store.ready();
  });

  it('has its place in the order of the calls, beside tickets that were taken alone', async () => {
    const given: string[] = [];
    const take = async (name: string): Promise<void> => {
      const lock = await store.lock('ada');
      given.push(name);
      lock.release();
    };
    const takeWithTurn = (id: string): Promise<unknown> =>
      Promise.all([take(id), store.turns.add(turn(id), OPTIONS)]);
    await Promise.all([take('a'), takeWithTurn('1'), take('b'), take('c'), takeWithTurn('2')]);
    expect(given).toEqual(['a', '1', 'b', 'c', '2']);
    expect((await store.turns.waiting('ada', 5)).map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('is a place as well where the turn is a duplicate, or one too many', async () => {
    const options = { ...OPTIONS, maxTurns: 1 };
    for (const [id, added] of [
      ['1', 'added'],
      ['1', 'unfinished'],
      ['2', 'full'],
    ] as const) {
      const lock = store.lock('ada');
      expect(await store.turns.add(turn(id), options)).toBe(added);
      (await lock).release();
    }
    const lock = store.lock('ada');
    expect(await store.turns.add(turn('1', 'bert'), options)).toBe('added');
    expect(await store.turns.commit(await lock, { remove: ['1'] })).toBe(true);
    (await lock).release();
  });

  it('knows the turn that it is taken with, and only while it is held', async () => {
    await store.values.set('menus', 'ada', ['soup']);
    const options = { ...OPTIONS, stampOf: 'menus' };
    const [held] = await Promise.all([store.lock('ada'), store.turns.add(turn('1'), options)]);
    const stamped = { ...turn('1'), progress: null, stamp: ['soup'] };
    expect(await store.turns.waiting('ada', 1)).toEqual([stamped]);
    held.release();

    const changed = turn('1', 'carl');
    const [lock] = await Promise.all([store.lock('carl'), store.turns.add(changed, OPTIONS)]);
    await store.turns.commit(lock, { save: { id: '1', progress: 'half' } });
    expect(await store.turns.waiting('carl', 1)).toMatchObject([{ progress: 'half' }]);

    const unasked = turn('1', 'bert');
    const [soon] = await Promise.all([store.lock('bert'), store.turns.add(unasked, OPTIONS)]);
    soon.release();
    const other = openStore({ url: await redisUrl(), prefix });
    const elsewhere = await other.lock('bert');
    await other.turns.commit(elsewhere, { remove: ['1'] });
    elsewhere.release();
    expect(await store.turns.waiting('bert', 1)).toEqual([]);
  });

  it('is given up where the store is closed in the same moment', async () => {
    // Not waited for: it is given up, or stays for longer than a test.
    const timing = { ...QUICK, leaseMs: 60_000, graceMs: 60_000 };
    const closing = openStore({ url: await redisUrl(), prefix }, timing);
    const other = openStore({ url: await redisUrl(), prefix }, timing);
    await closing.ready();
    const lost = closing.lock('ada');
    const closed = closing.close();
    await expect(lost).rejects.toMatchObject({ name: 'StoreError' });
    await closed;
    (await other.lock('ada')).release();
  });
});

describe('entries', () => {
  beforeEach(needs(anyRedis));

  it('are the values of one namespace, each once, whatever it is called', async () => {
    const store = openStore({ url: await redisUrl(), prefix: newPrefix() });
    const namespaces = ['a', 'a*', '[ab]', 'a:', '', 'a\\', 'b?', '}:value:1:a'];
    for (const namespace of namespaces) {
      for (let i = 0; i < 30; i++) await store.values.set(namespace, `${namespace} ${i} *`, i);
    }
    await store.values.set('a', '', 'empty');
    for (const namespace of namespaces) {
      const found = new Map<string, unknown>();
      for await (const { key, value } of store.values.entries(namespace)) {
        expect(found.has(key)).toBe(false);
        found.set(key, value);
      }
      expect(found.size, namespace).toBe(namespace === 'a' ? 31 : 30);
      expect(found.get(`${namespace} 7 *`)).toBe(7);
    }
  });
});
