import { MemoryStore } from '@trunkline/core';
import fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../../../scripts/test-support/deferred.ts';
import { FakeClock } from '../support/fake-clock.ts';

function setUp(): { store: MemoryStore; clock: FakeClock } {
  const clock = new FakeClock();
  return { store: new MemoryStore({ clock }), clock };
}

describe('locks', () => {
  it('are given in the order of the calls, with growing fences', async () => {
    const { store } = setUp();
    const order: number[] = [];
    const fences: number[] = [];
    const use = async (index: number): Promise<void> => {
      const lock = await store.lock('a');
      order.push(index);
      fences.push(lock.fence);
      await Promise.resolve();
      lock.release();
    };
    await Promise.all([0, 1, 2, 3].map(use));
    expect(order).toEqual([0, 1, 2, 3]);
    expect(fences).toEqual(fences.toSorted((a, b) => a - b));
    expect(new Set(fences).size).toBe(4);
  });

  it('of different keys do not wait for one another', async () => {
    const { store } = setUp();
    await store.lock('a');
    await store.lock('b');
    expect(await outcomeOf(store.lock('a'))).toBe('open');
  });

  it('are given up by a waiter whose signal aborts, and by no holder', async () => {
    const { store } = setUp();
    const controller = new AbortController();
    const held = await store.lock('a', { signal: controller.signal });
    const waiting = store.lock('a', { signal: controller.signal });
    const next = store.lock('a');
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(await outcomeOf(next)).toBe('open');
    held.release();
    (await next).release();
    const again = await store.lock('a');
    await expect(store.lock('a', { signal: controller.signal })).rejects.toThrow('gone');
    again.release();
    (await store.lock('a')).release();
  });

  it('may be released twice', async () => {
    const { store } = setUp();
    const first = await store.lock('a');
    const second = store.lock('a');
    const third = store.lock('a');
    first.release();
    first.release();
    await second;
    expect(await outcomeOf(third)).toBe('open');
  });
});

describe('values', () => {
  it('are copies', async () => {
    const { store } = setUp();
    const value = { a: [1] };
    await store.values.set('n', 'k', value);
    value.a.push(2);
    const stored = await store.values.get('n', 'k');
    expect(stored?.value).toEqual({ a: [1] });
    const copy = stored?.value as { a: number[] } | undefined;
    copy?.a.push(3);
    expect((await store.values.get('n', 'k'))?.value).toEqual({ a: [1] });
  });

  it('are told apart by namespace and key, whatever these contain', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', ':', '1'), maxLength: 6 });
    const parts = fc.tuple(text, fc.nat({ max: 6 }), fc.nat({ max: 6 }));
    await fc.assert(
      fc.asyncProperty(parts, async ([all, a, b]) => {
        const { values } = setUp().store;
        const split = (at: number): [string, string] => [all.slice(0, at), all.slice(at)];
        await values.set(...split(a), 'a');
        const isSame = split(a)[0] === split(b)[0];
        expect((await values.get(...split(b)))?.value).toBe(isSame ? 'a' : undefined);
      }),
    );
  });

  it('are set where the version is the expected one', async () => {
    const { values } = setUp().store;
    const first = await values.compareAndSet('n', 'k', null, 1);
    expect(first).not.toBeNull();
    expect(await values.compareAndSet('n', 'k', null, 2)).toBeNull();
    const second = await values.compareAndSet('n', 'k', first, 3);
    expect(second).not.toBe(first);
    expect(await values.compareAndSet('n', 'k', first, 4)).toBeNull();
    expect(await values.get('n', 'k')).toEqual({ value: 3, version: second });
    expect(await values.delete('n', 'k')).toBe(true);
    expect(await values.delete('n', 'k')).toBe(false);
    expect(await values.compareAndSet('n', 'k', second, 5)).toBeNull();
    expect(await values.get('n', 'k')).toBeNull();
  });

  it('are set by one of many at the same time', async () => {
    const { values } = setUp().store;
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, i) => values.compareAndSet('n', 'k', null, i)),
    );
    expect(all.filter((version) => version !== null)).toHaveLength(1);
  });

  it('live as long as they are told to', async () => {
    const { store, clock } = setUp();
    const { values } = store;
    await values.set('n', 'short', 1, { ttlMs: 100 });
    await values.set('n', 'long', 2);
    await clock.advance(99);
    expect(await values.get('n', 'short')).not.toBeNull();
    await clock.advance(1);
    expect(await values.get('n', 'short')).toBeNull();
    expect(await values.delete('n', 'short')).toBe(false);
    expect(await values.compareAndSet('n', 'short', null, 3, { ttlMs: 0 })).not.toBeNull();
    expect(await values.get('n', 'short')).toBeNull();
    await clock.advance(1e12);
    expect(await values.get('n', 'long')).not.toBeNull();
  });

  it('live on when they are set again, and for good where no time is given', async () => {
    const { store, clock } = setUp();
    const { values } = store;
    await values.set('n', 'k', 1, { ttlMs: 100 });
    await clock.advance(80);
    await values.set('n', 'k', 2, { ttlMs: 100_000 });
    await clock.advance(90_000);
    expect((await values.get('n', 'k'))?.value).toBe(2);
    await values.set('n', 'k', 3);
    await clock.advance(1_000_000);
    expect((await values.get('n', 'k'))?.value).toBe(3);
  });

  it('that nobody reads go by themselves, and the timer with them', async () => {
    const { store, clock } = setUp();
    for (let i = 0; i < 100; i++) await store.values.set('n', `k${i}`, i, { ttlMs: 1000 + i });
    expect(clock.pending).toBe(1);
    await clock.advance(200_000);
    expect(clock.pending).toBe(0);
    await store.values.set('n', 'again', 1, { ttlMs: 1000 });
    expect(clock.pending).toBe(1);
  });

  it('are gone when the store is closed, and so is its timer', async () => {
    const { store, clock } = setUp();
    await store.ready();
    await store.values.set('n', 'k', 1, { ttlMs: 1000 });
    await store.close();
    expect(clock.pending).toBe(0);
    expect(await store.values.get('n', 'k')).toBeNull();
  });
});

it('keeps of a key that was cut out of a long text nothing but the key', async () => {
  const { store } = setUp();
  const bytesBefore = bytesInUse();
  for (let i = 0; i < 200; i++) {
    const form = Buffer.from(`id=${String(i).padStart(40, '0')}&said=${'x'.repeat(50_000)}`);
    const key = form.toString().slice(3, 43);
    await store.values.set('marks', key, 1);
    await store.lists.append('lists', key, [1], { maxItems: 1, ttlMs: 1000 });
  }
  // 10 MB, if each of them held on to its form.
  expect(bytesInUse() - bytesBefore).toBeLessThan(2_000_000);
  expect(await store.values.get('marks', '199'.padStart(40, '0'))).toMatchObject({ value: 1 });
  // Nothing of a key is changed.
  await store.values.set('marks', 'a lone surrogate \ud83c', 2);
  expect(await store.values.get('marks', 'a lone surrogate \ud83c')).toMatchObject({ value: 2 });
});

/** What the heap holds after all that nobody needs is collected. */
function bytesInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

it('says of itself that nothing survives, and that nobody shares it', () => {
  expect(new MemoryStore()).toMatchObject({ name: 'memory', durable: false, shared: false });
});
