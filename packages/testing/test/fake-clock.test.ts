import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';

describe('FakeClock', () => {
  it('stands still', () => {
    const clock = new FakeClock(1_000);
    expect([clock.now(), clock.now()]).toEqual([1_000, 1_000]);
  });

  it('calls what becomes due, in the order of time and then of asking, each at its own time', async () => {
    const clock = new FakeClock(0);
    const calls: string[] = [];
    for (const [name, delayMs] of Object.entries({ late: 30, early: 10, 'early too': 10 })) {
      clock.after(delayMs, () => calls.push(`${name} at ${clock.now()}`));
    }
    clock.after(31, () => calls.push('too late'));
    await clock.advance(30);
    expect(calls).toEqual(['early at 10', 'early too at 10', 'late at 30']);
    expect(clock.now()).toBe(30);
    expect(clock.pending).toBe(1);
  });

  it('calls what is asked for on the way, also by promises', async () => {
    const clock = new FakeClock(0);
    const calls: number[] = [];
    const wait = (ms: number): Promise<void> =>
      new Promise((resolve) => void clock.after(ms, resolve));
    const tick = async (): Promise<void> => {
      for (let round = 0; round < 3; round++) {
        await wait(10);
        calls.push(clock.now());
      }
    };
    const ticking = tick();
    await clock.advance(100);
    await ticking;
    expect(calls).toEqual([10, 20, 30]);
  });

  it('does not call what was called off', async () => {
    const clock = new FakeClock();
    const calls: string[] = [];
    const cancel = clock.after(10, () => calls.push('never'));
    clock.after(5, cancel);
    await clock.advance(10);
    cancel();
    expect(calls).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('calls what is due at once only when time moves', async () => {
    const clock = new FakeClock();
    const calls: string[] = [];
    clock.after(-5, () => calls.push('now'));
    expect(calls).toEqual([]);
    await clock.advance(0);
    expect(calls).toEqual(['now']);
  });
});
