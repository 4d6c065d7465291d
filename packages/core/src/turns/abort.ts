import { TurnAbortedError, type AbortReason } from '../errors.ts';

/** How a turn is ended from outside. The first reason stands. */
export class TurnAbort {
  /** How many calls wait for a store that is away. Meanwhile no deadline passes. */
  stalls = 0;

  readonly #channel: string;
  /** Made when somebody asks for the signal: most turns never need one, and it is dear. */
  #controller: AbortController | null = null;
  #reason: TurnAbortedError | null = null;
  #reject: ((reason: TurnAbortedError) => void) | null = null;
  #onAbort: (() => void) | null = null;

  constructor(channel: string) {
    this.#channel = channel;
  }

  /** The signal for the assistant and for everything that waits on its behalf. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Why the turn was ended; `null` while it was not. */
  get reason(): TurnAbortedError | null {
    return this.#reason;
  }

  /** Whether an error says that the turn was ended, and not that something failed. */
  isReason(error: unknown): boolean {
    return this.#reason !== null && error === this.#reason;
  }

  /** Ends the turn. */
  abort(reason: AbortReason): void {
    if (this.#reason !== null) return;
    this.#reason = new TurnAbortedError(reason, { channel: this.#channel });
    this.#controller?.abort(this.#reason);
    this.#reject?.(this.#reason);
    this.#onAbort?.();
  }

  /** Calls back when the turn is ended, without the price of a signal. `null` calls it off. */
  set onAbort(callback: (() => void) | null) {
    this.#onAbort = callback;
  }

  /** What `promise` settles to, unless the turn is ended first. To be used once a turn. */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      promise.then(resolve, reject);
      if (this.#reason !== null) reject(this.#reason);
    });
  }
}
