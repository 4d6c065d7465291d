import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { Heartbeat } from '../src/heartbeat.ts';
import { TokenBucket } from '../src/rate.ts';

describe('Heartbeat', () => {
  it('beats for each once an interval, with one timer', async () => {
    const clock = new FakeClock();
    const heartbeat = new Heartbeat(clock, 16_000);
    const beats: number[][] = [];
    const stops: (() => void)[] = [];
    for (let i = 0; i < 40; i++) {
      await clock.advance(700);
      const own: number[] = [];
      beats.push(own);
      const start = clock.now();
      stops.push(heartbeat.add({ beat: () => void own.push(clock.now() - start) }));
    }
    expect(clock.pending).toBe(1);
    await clock.advance(80_000);
    for (const own of beats) {
      expect(own.length).toBeGreaterThanOrEqual(4);
      own.forEach((at, i) => {
        expect(at - (own[i - 1] ?? 0)).toBeLessThanOrEqual(16_000);
        expect(at - (own[i - 1] ?? 0)).toBeGreaterThan(14_900);
      });
    }
    for (const stop of stops) stop();
    stops[0]?.();
    expect(clock.pending).toBe(0);
  });
});

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
