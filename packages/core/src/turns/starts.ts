/** What begins between two looks at the network: so many, or the part of what waits, if that is more. */
const AT_ONCE = 8;
const PART = 1 / 4;

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
      // Never fewer for long than come in: what is taken over would pile up.
      const count = Math.max(AT_ONCE, Math.ceil(this.#waiting.length * PART));
      for (const begin of this.#waiting.splice(0, count)) begin();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
