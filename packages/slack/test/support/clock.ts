import type { Clock } from '@trunkline/core';

/** A clock in which waiting takes no time: what is waited for has passed at once. Deadlines never come. */
export class HastyClock implements Clock {
  #skipped = 0;

  now(): number {
    return Date.now() + this.#skipped;
  }

  after(delayMs: number, callback: () => void): () => void {
    if (delayMs >= 60_000) return () => {};
    const immediate = setImmediate(() => {
      this.#skipped += delayMs;
      callback();
    });
    return () => clearImmediate(immediate);
  }
}
