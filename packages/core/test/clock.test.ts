import { systemClock } from '@trunkline/core';
import { expect, it } from 'vitest';

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
