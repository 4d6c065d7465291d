import { systemClock, type Clock } from '@trunkline/core';

/**
 * Time that no correction of the machine's clock touches, from any moment on: it tells how long ago
 * something was, and not when.
 */
export const steadyClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, callback) => systemClock.after(delayMs, callback),
};
