import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { Abilities } from '../src/abilities.ts';
import { Pace } from '../src/pace.ts';
import { Pump } from '../src/pump.ts';

describe('the pace of posts', () => {
  it('is a few at once, then one a second and channel', async () => {
    const clock = new FakeClock();
    const pace = new Pace('slack', clock);
    const startedAt = clock.now();
    const times: number[] = [];
    for (let index = 0; index < 8; index++) {
      void Promise.resolve(pace.post('C1')).then(() => times.push(clock.now() - startedAt));
    }
    await clock.advance(10_000);
    expect(times).toEqual([0, 0, 0, 0, 1_000, 2_000, 3_000, 4_000]);
  });

  it('holds up nobody elsewhere', async () => {
    const clock = new FakeClock();
    const pace = new Pace('slack', clock);
    for (let index = 0; index < 10; index++) void pace.post('C1');
    expect(pace.post('C2')).toBeNull();
  });

  it('gives back to the turn engine what would wait for long', async () => {
    const clock = new FakeClock();
    const pace = new Pace('slack', clock);
    for (let index = 0; index < 14; index++) void pace.post('C1');
    expect(() => pace.post('C1')).toThrow(
      expect.objectContaining({ retryable: true, retryAfterMs: 11_000 }),
    );
    pace.close('T1', 'chat.postMessage', 5_000);
    expect(() => pace.method('T1', 'chat.postMessage')).toThrow(
      expect.objectContaining({ retryable: true, retryAfterMs: 5_000 }),
    );
    await clock.advance(5_000);
    expect(pace.method('T1', 'chat.postMessage')).toBeNull();
  });

  it('remembers nothing of channels that are quiet', async () => {
    const clock = new FakeClock();
    const pace = new Pace('slack', clock);
    for (let index = 0; index < 10_000; index++) {
      await pace.post(`C${index}`);
      if (index % 100 === 0) await clock.advance(1_001);
    }
    expect(pace.size).toBeLessThanOrEqual(201);
  });
});

describe('a clock that is set back by an hour', () => {
  const settable = (): FakeClock & { backMs: number } => {
    const clock = new FakeClock();
    const now = clock.now.bind(clock);
    const set = Object.assign(clock, { backMs: 0 });
    clock.now = () => now() - set.backMs;
    return set;
  };

  it('holds up no post and no method for an hour', () => {
    const clock = settable();
    const pace = new Pace('slack', clock);
    for (let index = 0; index < 4; index++) void pace.post('C1');
    pace.close('T1', 'chat.update', 1_500);
    clock.backMs = 3_600_000;
    expect(() => pace.post('C1')).not.toThrow();
    expect(() => pace.method('T1', 'chat.update')).not.toThrow();
    expect(pace.method('T1', 'chat.update')).not.toBeNull();
  });

  it('does not silence what is done again and again', async () => {
    const clock = settable();
    let times = 0;
    const pump = new Pump(clock, async () => void times++);
    pump.intervalMs = 1_000;
    pump.wake();
    await clock.advance(0);
    clock.backMs = 3_600_000;
    pump.wake();
    await clock.advance(1_000);
    expect(times).toBe(2);
  });
});

describe('what a workspace lacks', () => {
  it('is remembered for an hour, and of some workspaces', async () => {
    const clock = new FakeClock();
    const abilities = new Abilities(clock);
    abilities.note('T1', 'cards');
    expect(abilities.lacks('T1', 'cards')).toBe(true);
    expect(abilities.lacks('T1', 'streams')).toBe(false);
    expect(abilities.lacks('T2', 'cards')).toBe(false);
    await clock.advance(60 * 60 * 1_000);
    expect(abilities.lacks('T1', 'cards')).toBe(false);
    abilities.note('T1', 'cards');
    for (let index = 0; index < 1_000; index++) abilities.note(`X${index}`, 'cards');
    expect(abilities.lacks('T1', 'cards')).toBe(false);
  });
});

describe('a pump', () => {
  it('works when it is woken, not too often, and not after its end', async () => {
    const clock = new FakeClock();
    const times: number[] = [];
    const startedAt = clock.now();
    const pump = new Pump(clock, async () => void times.push(clock.now() - startedAt));
    pump.intervalMs = 1_000;
    for (let index = 0; index < 25; index++) {
      pump.wake();
      await clock.advance(100);
    }
    pump.rest(3_000);
    pump.wake();
    await clock.advance(5_000);
    pump.wake();
    await pump.stop();
    pump.wake();
    await clock.advance(5_000);
    expect(times).toEqual([0, 1_000, 2_000, 3_000]);
    expect(clock.pending).toBe(0);
  });
});
