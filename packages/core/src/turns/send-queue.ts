import { attempt, isPromise, promised, type MaybePromise } from '../maybe-promise.ts';

/** What a {@link SendQueue} tells. */
export interface SendQueueOptions {
  /** One begins. */
  onStart: () => void;
  /** One has failed. Its caller sees that as well, but need not look. */
  onFailed: (error: unknown) => void;
}

/** The tail where nothing is under way. */
const OVER = Promise.resolve();

/** Sends, one after the other in the order in which they were asked for. */
export class SendQueue {
  readonly #options: SendQueueOptions;
  #left = 0;
  /** `null` while the first one begins: nobody has a promise of it yet. */
  #tail: Promise<unknown> | null = OVER;
  #onFirstOver: (() => void) | null = null;

  constructor(options: SendQueueOptions) {
    this.#options = options;
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#left === 0;
  }

  /** Settles when what was asked for until now has been sent, or has failed. Never rejects. */
  get tail(): Promise<unknown> {
    this.#tail ??= new Promise<void>((resolve) => (this.#onFirstOver = resolve));
    return this.#tail;
  }

  /** Sends when all before it was sent, or has failed: at once where nothing is. */
  add<T>(send: () => Promise<T>): Promise<T> {
    return promised(() => this.enter(send));
  }

  /**
   * The same of what may be sent without a wait: then nobody waits for it.
   *
   * @param onSent - Called before anybody hears of it.
   */
  enter<T>(send: () => MaybePromise<T>, onSent?: () => void): MaybePromise<T> {
    if (this.#left++ > 0) {
      const sent = this.tail.then(() => this.#start(send));
      this.#tail = this.#over(sent, onSent);
      return sent;
    }
    // A channel may have something said while it sends: that comes behind this one.
    this.#tail = null;
    const sent = this.#start(send);
    const over = isPromise(sent) ? this.#over(sent, onSent) : this.#sent(onSent);
    if (this.#onFirstOver === null) this.#tail = over;
    else void over.then(this.#onFirstOver);
    this.#onFirstOver = null;
    return sent;
  }

  #start<T>(send: () => MaybePromise<T>): MaybePromise<T> {
    this.#options.onStart();
    return attempt(send);
  }

  #sent(onSent: (() => void) | undefined): Promise<unknown> {
    this.#left--;
    onSent?.();
    return OVER;
  }

  #over(sent: Promise<unknown>, onSent: (() => void) | undefined): Promise<unknown> {
    return sent.then(
      () => this.#sent(onSent),
      (error: unknown) => {
        this.#left--;
        this.#options.onFailed(error);
      },
    );
  }
}
