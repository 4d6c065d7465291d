import type { Clock } from '@trunkline/core';

/** A bucket of tokens that fills by itself: so many a second, and twice as many at once. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #size: number;
  #tokens: number;
  #at: number;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#size = Math.max(1, 2 * perSecond);
    this.#tokens = this.#size;
    this.#at = clock.now();
  }

  /** Takes a token, if there is one. */
  take(): boolean {
    if (this.#perSecond === Infinity) return true;
    const now = this.#clock.now();
    // A clock that was set back fills nothing.
    const since = Math.max(0, now - this.#at);
    this.#at = now;
    this.#tokens = Math.min(this.#size, this.#tokens + (since / 1_000) * this.#perSecond);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
