import { promised } from '../maybe-promise.ts';

/** What a {@link SendQueue} tells. */
export interface SendQueueOptions {
  /** One begins. */
  onStart: () => void;
  /** One has failed. Its caller sees that as well, but need not look. */
  onFailed: (error: unknown) => void;
}

/** Sends, one after the other in the order in which they were asked for. */
export class SendQueue {
  readonly #options: SendQueueOptions;
  #left = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: SendQueueOptions) {
    this.#options = options;
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#left === 0;
  }

  /** Settles when what was asked for until now has been sent, or has failed. Never rejects. */
  get tail(): Promise<unknown> {
    return this.#tail;
  }

  /**
   * Sends when all before it was sent, or has failed: at once where nothing is.
   *
   * @param onSent - Called before anybody hears of it.
   */
  add<T>(send: () => Promise<T>, onSent?: () => void): Promise<T> {
    const { onStart, onFailed } = this.#options;
    const start = (): Promise<T> => {
      onStart();
      return send();
    };
    const sent = this.#left === 0 ? promised(start) : this.#tail.then(start);
    this.#left++;
    this.#tail = sent.then(
      () => {
        this.#left--;
        return onSent?.();
      },
      (error: unknown) => {
        this.#left--;
        onFailed(error);
      },
    );
    return sent;
  }
}
