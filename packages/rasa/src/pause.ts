import type { Clock } from '@trunkline/core';

/** Waits. @throws The signal's reason, as soon as it aborts. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      if (signal?.aborted === true) reject(signal.reason);
      else resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener('abort', done);
    if (signal?.aborted === true) done();
  });
}
