/** Turns that begin between two looks at the network. */
const AT_ONCE = 8;

/**
 * Begins what was taken over after the channels have said so: in a burst, the acknowledgements go first,
 * and the turns then begin a few at a time.
 */
export class Starts {
  readonly #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** Begins something soon. It MUST NOT throw. */
  soon(begin: () => void): void {
    this.#waiting.push(begin);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      for (const begin of this.#waiting.splice(0, AT_ONCE)) begin();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
