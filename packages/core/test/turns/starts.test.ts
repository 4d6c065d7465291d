import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Starts } from '../../src/turns/starts.ts';
import { FakeClock } from '../support/fake-clock.ts';

describe('what begins soon', () => {
  it('begins in order, a few at a time, and not in the same breath', async () => {
    const starts = new Starts(new FakeClock());
    const begun: number[] = [];
    for (let index = 0; index < 100; index++) starts.soon(() => begun.push(index));
    await Promise.resolve();
    expect(begun).toEqual([]);
    await setImmediate();
    expect(begun.length).toBeGreaterThan(0);
    expect(begun.length).toBeLessThan(50);
    while (begun.length < 100) await setImmediate();
    expect(begun).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('begins all that have waited for too long', async () => {
    const clock = new FakeClock();
    const starts = new Starts(clock);
    const begun: number[] = [];
    for (let index = 0; index < 200; index++) {
      if (index === 100) await clock.advance(1);
      starts.soon(() => begun.push(index));
    }
    const before = begun.length;
    await clock.advance(24);
    const inTime = begun.length;
    expect(inTime - before).toBeLessThan(50);
    await setImmediate();
    // The first hundred are late, and the others not yet.
    expect(begun.length).toBeGreaterThanOrEqual(100);
    expect(begun.length).toBeLessThan(150);
    await clock.advance(1);
    await setImmediate();
    expect(begun).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  it('begins one when the one before waits for something outside, or is over', async () => {
    const starts = new Starts(new FakeClock());
    const done: string[] = [];
    const turn = async (name: string): Promise<void> => {
      for (let step = 1; step <= 3; step++) {
        await Promise.resolve();
        done.push(`${name}${step}`);
      }
      await setImmediate();
      done.push(`${name} later`);
    };
    for (const name of ['a', 'b']) starts.soon(() => void turn(name));
    while (done.length < 8) await setImmediate();
    const steps = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'];
    expect(done).toEqual([...steps, 'a later', 'b later']);
  });

  it('begins in the context of whoever has handed it over', async () => {
    const storage = new AsyncLocalStorage<string>();
    const starts = new Starts(new FakeClock());
    const contexts: unknown[] = [];
    for (const who of ['anna', 'bert']) {
      storage.run(who, () => starts.soon(() => contexts.push(storage.getStore())));
    }
    await setImmediate();
    expect(contexts).toEqual(['anna', 'bert']);
  });

  it('may ask for more to begin', async () => {
    const starts = new Starts(new FakeClock());
    const begun: string[] = [];
    starts.soon(() => {
      begun.push('first');
      starts.soon(() => begun.push('second'));
    });
    while (begun.length < 2) await setImmediate();
    expect(begun).toEqual(['first', 'second']);
  });
});
