import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../src/rate.ts';

describe('TokenBucket', () => {
  it('lets so many through a second, and twice as many at once', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock, 10);
    const take = (count: number): number =>
      Array.from({ length: count }, () => bucket.take()).filter(Boolean).length;
    expect(take(100)).toBe(20);
    await clock.advance(1_000);
    expect(take(100)).toBe(10);
    await clock.advance(60_000);
    expect(take(100)).toBe(20);
  });

  it('lets one through now and then where it is less than one a second', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock, 0.1);
    expect([bucket.take(), bucket.take()]).toEqual([true, false]);
    await clock.advance(10_000);
    expect(bucket.take()).toBe(true);
  });
});
