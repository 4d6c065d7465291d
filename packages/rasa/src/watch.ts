import type { Clock } from '@trunkline/core';

/** Ends a request that takes too long: as a whole, or until the next thing that is expected of it. */
export class Watch {
  /** Aborts when time is up, or when the caller gives up. */
  readonly signal: AbortSignal;

  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #cancelTotal: () => void;
  #cancelNext: () => void = () => {};
  #isOver = false;

  /** @param outer - The caller's own. */
  constructor(clock: Clock, totalMs: number, onLate: () => Error, outer?: AbortSignal) {
    this.#clock = clock;
    const { signal } = this.#controller;
    this.signal = outer === undefined ? signal : AbortSignal.any([signal, outer]);
    this.#cancelTotal = this.#abortAfter(totalMs, onLate);
  }

  /** From now on, something has to happen within `limitMs`. Takes the place of what was expected. */
  expect(limitMs: number, onLate: () => Error): void {
    this.#cancelNext();
    if (!this.#isOver) this.#cancelNext = this.#abortAfter(limitMs, onLate);
  }

  /** Nothing is expected for now. */
  rest(): void {
    this.#cancelNext();
  }

  /** It is over, one way or the other. */
  end(): void {
    this.#isOver = true;
    this.#cancelNext();
    this.#cancelTotal();
  }

  #abortAfter(limitMs: number, onLate: () => Error): () => void {
    return this.#clock.after(limitMs, () => this.#controller.abort(onLate()));
  }
}
