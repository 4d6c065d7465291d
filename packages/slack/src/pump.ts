import type { Clock } from '@trunkline/core';

/** Does something again and again while there is something to do: one at a time, and not too often. */
export class Pump {
  /** How long from the beginning of one time to that of the next, in milliseconds. */
  intervalMs = 0;

  readonly #clock: Clock;
  readonly #work: () => Promise<void>;
  #running: Promise<void> | null = null;
  #cancel: (() => void) | null = null;
  #notBefore = 0;
  /** How long that was when it was said: a clock may be set back. */
  #restMs = 0;
  #isWanted = false;
  #isStopped = false;

  /** @param work - MUST NOT reject. */
  constructor(clock: Clock, work: () => Promise<void>) {
    this.#clock = clock;
    this.#work = work;
  }

  /** There is something to do. */
  wake(): void {
    this.#isWanted = true;
    if (this.#isStopped || this.#running !== null || this.#cancel !== null) return;
    const waitMs = Math.min(this.#restMs, Math.max(0, this.#notBefore - this.#clock.now()));
    this.#cancel = this.#clock.after(waitMs, () => {
      this.#cancel = null;
      this.#run();
    });
  }

  /** Not for so long, at least; then again. */
  rest(forMs: number): void {
    this.#notBefore = Math.max(this.#notBefore, this.#clock.now() + forMs);
    this.#restMs = Math.max(this.#restMs, forMs);
    this.#isWanted = true;
  }

  /** Does nothing more. Resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = null;
    await this.#running;
  }

  #run(): void {
    this.#isWanted = false;
    this.#notBefore = this.#clock.now() + this.intervalMs;
    this.#restMs = this.intervalMs;
    this.#running = this.#work().finally(() => {
      this.#running = null;
      if (this.#isWanted) this.wake();
    });
  }
}
