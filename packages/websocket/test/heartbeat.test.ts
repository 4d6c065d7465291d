import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { Heartbeat } from '../src/heartbeat.ts';

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
      const living = { beat: () => void own.push(clock.now() - start) };
      const group = heartbeat.add(living);
      stops.push(() => heartbeat.remove(living, group));
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
