import { systemClock } from '@trunkline/core';
import { expect, it, vi } from 'vitest';

it('systemClock tells the time, calls back once, and can be called off', async () => {
  const before = Date.now();
  expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  const calls: string[] = [];
  const cancel = systemClock.after(0, () => void calls.push('called off'));
  cancel();
  // The timers keep no process alive, a server does; here the test runner does.
  await new Promise<void>((resolve) => {
    systemClock.after(1, () => {
      calls.push('called');
      resolve();
    });
  });
  cancel();
  expect(calls).toEqual(['called']);
});

it('systemClock waits longer than a timer of Node can, and can be called off meanwhile', () => {
  // A turn without a deadline, `deadlineMs: Number.MAX_SAFE_INTEGER`, was ended after a millisecond.
  vi.useFakeTimers();
  try {
    const calls: string[] = [];
    const day = 24 * 60 * 60 * 1000;
    systemClock.after(60 * day, () => void calls.push('called'));
    const cancels = [1, 30].map((days) => {
      const cancel = systemClock.after(60 * day, () => void calls.push('called off'));
      vi.advanceTimersByTime(days * day);
      return cancel;
    });
    for (const cancel of cancels) cancel();
    vi.advanceTimersByTime(29 * day - 1);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toEqual(['called']);
    vi.advanceTimersByTime(60 * day);
    expect(calls).toEqual(['called']);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
