import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Starts } from '../../src/turns/starts.ts';

describe('what begins soon', () => {
  it('begins in order, a few at a time, and not in the same breath', async () => {
    const starts = new Starts();
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

  it('keeps up with however many come in', async () => {
    const starts = new Starts();
    let waiting = 0;
    let most = 0;
    for (let look = 0; look < 200; look++) {
      for (let index = 0; index < 100; index++) {
        waiting++;
        starts.soon(() => waiting--);
      }
      most = Math.max(most, waiting);
      await setImmediate();
    }
    expect(most).toBeLessThanOrEqual(500);
  });

  it('may ask for more to begin', async () => {
    const starts = new Starts();
    const begun: string[] = [];
    starts.soon(() => {
      begun.push('first');
      starts.soon(() => begun.push('second'));
    });
    while (begun.length < 2) await setImmediate();
    expect(begun).toEqual(['first', 'second']);
  });
});
