import { isPromise, type MaybePromise } from '../maybe-promise.ts';

/** Called for every piece of a stream that is not empty. */
type OnChunk = (chunk: string) => MaybePromise<void>;

/**
 * Reads a stream of text to its end and returns the whole. `onChunk` is called for every piece that
 * is not empty, one after the other; `onThrown` with what the producer throws.
 *
 * @throws What the producer threw, what `onChunk` threw, or the signal's reason. The producer is
 *   told to stop in the latter two.
 */
export async function gather(
  chunks: AsyncIterable<string>,
  signal: AbortSignal,
  onChunk?: OnChunk,
  onThrown?: (error: unknown) => void,
): Promise<string> {
  const iterator = iteratorOf(chunks);
  return await new Promise((resolve, reject) => {
    new Gathering({ iterator, signal, onChunk, onThrown, resolve, reject }).begin();
  });
}

/** What a {@link Gathering} works with. */
interface GatheringOptions {
  iterator: AsyncIterator<unknown>;
  signal: AbortSignal;
  onChunk: OnChunk | undefined;
  onThrown: ((error: unknown) => void) | undefined;
  resolve: (text: string) => void;
  reject: (reason: unknown) => void;
}

/**
 * A stream that is read. By callbacks, and one listener of the signal: a promise more for each piece, to
 * wait for the piece or the signal, is a third of what a piece costs.
 */
class Gathering {
  readonly #options: GatheringOptions;
  /** Joined at the end: added up as they come, each text so far would be an object of its own. */
  readonly #pieces: string[] = [];
  /** A piece is shown: it is not left half-way. */
  #isShowing = false;
  #isOver = false;

  constructor(options: GatheringOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#options.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#ask();
  }

  #ask(): void {
    const { iterator, signal } = this.#options;
    // One that is asked for more hears only behind that piece that nobody wants it.
    if (signal.aborted) return this.#leave(signal.reason);
    let next: Promise<IteratorResult<unknown>>;
    try {
      next = Promise.resolve(iterator.next());
    } catch (error) {
      return this.#onThrown(error);
    }
    // Also where it was left: what comes then is nobody's, and no unhandled rejection.
    next.then(this.#onNext, this.#onThrown);
  }

  readonly #onNext = (next: IteratorResult<unknown>): void => {
    if (this.#isOver) return;
    try {
      if (next.done === true) {
        this.#end();
        return this.#options.resolve(this.#pieces.join(''));
      }
      this.#isShowing = true;
      const shown = this.#take(next.value);
      if (!isPromise(shown)) return this.#onShown();
      shown.then(this.#onShown, this.#leave);
    } catch (error) {
      this.#leave(error);
    }
  };

  #take(chunk: unknown): MaybePromise<void> {
    if (typeof chunk !== 'string') throw notText(chunk);
    if (chunk === '') return undefined;
    this.#pieces.push(chunk);
    return this.#options.onChunk?.(chunk);
  }

  readonly #onShown = (): void => {
    this.#isShowing = false;
    this.#ask();
  };

  /** A producer that throws is finished. */
  readonly #onThrown = (error: unknown): void => {
    if (this.#isOver) return;
    this.#end();
    this.#options.onThrown?.(error);
    this.#options.reject(error);
  };

  readonly #onAbort = (): void => {
    if (!this.#isShowing) this.#leave(this.#options.signal.reason);
  };

  /** One that we leave early has to be told. */
  readonly #leave = (reason: unknown): void => {
    if (this.#isOver) return;
    this.#end();
    const { iterator, reject } = this.#options;
    reject(reason);
    // Not awaited: a producer that hangs would hang us. What it throws comes too late for anybody.
    (async () => iterator.return?.())().catch(() => {});
  };

  #end(): void {
    this.#isOver = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
  }
}

function iteratorOf(chunks: AsyncIterable<string>): AsyncIterator<unknown> {
  if (typeof chunks?.[Symbol.asyncIterator] === 'function') return chunks[Symbol.asyncIterator]();
  throw new TypeError('reply.stream() takes an AsyncIterable<string>, an async generator say');
}

function notText(value: unknown): TypeError {
  return new TypeError(
    `reply.stream() takes pieces of text and was given one of type ${typeof value}: ` +
      'take the text out of your model’s chunks first',
  );
}
