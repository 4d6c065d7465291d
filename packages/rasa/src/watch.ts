import type { Clock } from '@trunkline/core';

/** Ends a request that takes too long: as a whole, or until the next thing that is expected of it. */
export class Watch {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #cancelTotal: () => void;
  readonly #unfollow: () => void;
  #cancelNext: () => void = () => {};
  #isOver = false;

  /** @param outer - The caller's own. */
  constructor(clock: Clock, totalMs: number, onLate: () => Error, outer?: AbortSignal) {
    this.#clock = clock;
    this.#unfollow = follow(this.#controller, outer);
    this.#cancelTotal = this.#abortAfter(totalMs, onLate);
  }

  /** Aborts when time is up, or when the caller gives up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
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
    this.#unfollow();
  }

  #abortAfter(limitMs: number, onLate: () => Error): () => void {
    return this.#clock.after(limitMs, () => this.#controller.abort(onLate()));
  }
}

/**
 * Has a controller abort when a signal does, until the returned function is called. `AbortSignal.any`
 * would do, at a price that is seen in a turn's profile.
 */
export function follow(controller: AbortController, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => {};
  const onAbort = (): void => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  return () => signal.removeEventListener('abort', onAbort);
}
