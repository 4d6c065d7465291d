/** Requests that begin between two looks at the network. */
const AT_ONCE = 8;

/**
 * Bounds the requests that are under way, and lets acknowledgements go first: what is to be sent waits
 * until the requests that have come in meanwhile were looked at, and then begins a few at a time.
 */
export class Gate {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  #isScheduled = false;

  /** @param limit - Requests that are under way at the same time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when a request may begin. It MUST be followed by {@link Gate.leave}. */
  enter(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  /** A request is over. */
  leave(): void {
    this.#open--;
    if (this.#waiting.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#open >= this.#limit) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const free = Math.min(AT_ONCE, this.#limit - this.#open);
      const admitted = this.#waiting.splice(0, free);
      this.#open += admitted.length;
      for (const begin of admitted) begin();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
