/**
 * Bounds the requests that are under way: what a burst of events wants to say would otherwise crowd out the
 * acknowledgements of those that come behind.
 */
export class Gate {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #open = 0;

  /** @param limit - Requests that are under way at the same time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Waits until a request may begin. `null`: it may now. It MUST be followed by {@link Gate.leave}.
   */
  enter(): Promise<void> | null {
    if (this.#open < this.#limit) {
      this.#open++;
      return null;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A request is over: the next one takes its place. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#open--;
    else next();
  }
}
