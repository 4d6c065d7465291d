import { WaitLine } from '../wait-line.ts';

/** A bound on what happens at the same time. A slot that is given back goes to the next in line. */
export class Slots {
  #free: number;
  readonly #line = new WaitLine();

  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a slot, or waits for one. Rejects with the reason of `signal` if it aborts first. */
  async take(waiter: { readonly signal: AbortSignal }): Promise<void> {
    if (this.#free === 0) await this.#line.wait(waiter.signal);
    else this.#free--;
  }

  /** Gives a slot back. */
  release(): void {
    if (!this.#line.wakeNext()) this.#free++;
  }
}
