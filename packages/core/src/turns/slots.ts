import type { MaybePromise } from '../maybe-promise.ts';
import { WaitLine } from '../wait-line.ts';

/** A bound on what happens at the same time. A slot that is given back goes to the next in line. */
export class Slots {
  #free: number;
  readonly #line = new WaitLine();

  constructor(count: number) {
    this.#free = count;
  }

  /** Whether a slot is there to be taken. */
  get isFree(): boolean {
    return this.#free > 0;
  }

  /** Takes a slot, or waits for one. Rejects with the reason of `signal` if it aborts first. */
  take(waiter: { readonly signal: AbortSignal }): MaybePromise<void> {
    if (this.#free === 0) return this.#line.wait(waiter.signal);
    this.#free--;
  }

  /** Gives a slot back. */
  release(): void {
    if (!this.#line.wakeNext()) this.#free++;
  }
}
