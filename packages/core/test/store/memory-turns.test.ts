import { MemoryStore, type NewTurn } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';

const HOUR_MS = 60 * 60 * 1000;
const options = { markTtlMs: HOUR_MS, maxTurns: 2 };
const turnOf = (id: string, conversation = 'c'): NewTurn => ({
  conversation,
  id,
  message: `m${id}`,
});

function setUp(): { clock: FakeClock; store: MemoryStore; ids: () => Promise<string[]> } {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const ids = async (): Promise<string[]> =>
    (await store.turns.waiting('c', 99)).map(({ id }) => id);
  return { clock, store, ids };
}

describe('deferred turns in memory', () => {
  it('are in the order of the calls, up to a number', async () => {
    const { store, ids } = setUp();
    const added = await Promise.all(
      ['1', '2', '3'].map((id) => store.turns.add(turnOf(id), options)),
    );
    expect(added).toEqual(['added', 'added', 'full']);
    expect(await ids()).toEqual(['1', '2']);
    expect(await store.turns.waiting('c', 1)).toEqual([
      { conversation: 'c', id: '1', message: 'm1', progress: null, stamp: null },
    ]);
  });

  it('are duplicates while their mark lives, also where the conversation is full', async () => {
    const { clock, store } = setUp();
    for (const id of ['1', '2']) await store.turns.add(turnOf(id), options);
    expect(await store.turns.add(turnOf('1'), options)).toBe('unfinished');
    const lock = await store.lock('c');
    await store.turns.commit(lock, { remove: ['1'] });
    expect(await store.turns.add(turnOf('1'), options)).toBe('finished');
    expect(await store.turns.add(turnOf('1', 'other'), options)).toBe('added');
    await clock.advance(HOUR_MS);
    expect(await store.turns.add(turnOf('2'), options)).toBe('unfinished');
    expect(await store.turns.add(turnOf('1'), options)).toBe('added');
  });

  it('are stamped with the value of the moment in which they were added', async () => {
    const { store } = setUp();
    await store.values.set('menu', 'c', { id: 1 });
    await store.turns.add(turnOf('1'), { ...options, stampOf: 'menu' });
    await store.values.set('menu', 'c', { id: 2 });
    await store.turns.add(turnOf('2'), options);
    expect((await store.turns.waiting('c', 9)).map(({ stamp }) => stamp)).toEqual([
      { id: 1 },
      null,
    ]);
  });

  it('are changed by whoever holds the lock, all of it or nothing', async () => {
    const { store, ids } = setUp();
    await store.turns.add(turnOf('1'), options);
    const lock = await store.lock('c');
    const changes = {
      save: { id: '1', progress: 'p' },
      write: { namespace: 'state', value: 1, expected: null },
      append: { namespace: 'history', items: [1], maxItems: 9, ttlMs: HOUR_MS },
    };
    expect(await store.turns.commit(lock, changes)).toBe(true);
    expect(await store.turns.commit(lock, changes)).toBe(false);
    expect(await store.lists.last('history', 'c', 9)).toEqual([1, 1]);
    lock.release();
    const lost = store.turns.commit(lock, { ...changes, remove: ['1'] });
    await expect(lost).rejects.toMatchObject({ name: 'StoreError', code: 'lost_lock' });
    expect(await ids()).toEqual(['1']);
    expect(await store.lists.last('history', 'c', 9)).toEqual([1, 1]);
    const next = await store.lock('c');
    await expect(
      store.turns.commit(next, { save: { id: 'gone', progress: 'p' }, remove: ['1'] }),
    ).rejects.toMatchObject({ code: 'lost_lock' });
    expect(await ids()).toEqual(['1']);
  });

  it('are gone when the store is closed', async () => {
    const { store, clock, ids } = setUp();
    await store.turns.add(turnOf('1'), options);
    await store.close();
    expect(await ids()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
