import type { Dispatcher, Pool } from 'undici';

/** An answer to a request. */
export interface Answer {
  statusCode: number;
  headers: Readonly<Record<string, unknown>>;
  body: string;
}

/**
 * Makes a request and gathers its answer: what is left of `pool.request` without the stream, which
 * an answer of one packet has no use for.
 *
 * @throws What undici says of a request that got no whole answer.
 */
export function exchange(pool: Pool, request: Dispatcher.DispatchOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    pool.dispatch(request, new Exchange(resolve, reject));
  });
}

const NOTHING = Buffer.alloc(0);

class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #statusCode = 0;
  #headers: Answer['headers'] = {};

  constructor(resolve: (answer: Answer) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** By its being there, undici knows a handler of today. */
  onRequestStart(): void {}

  /** Of an answer that is only announced (1xx), the last one counts. */
  onResponseStart(_: unknown, statusCode: number, headers: Answer['headers']): void {
    this.#statusCode = statusCode;
    this.#headers = headers;
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [only = NOTHING, ...others] = this.#chunks;
    const body = (others.length === 0 ? only : Buffer.concat(this.#chunks)).toString('utf8');
    this.#resolve({ statusCode: this.#statusCode, headers: this.#headers, body });
  }

  onResponseError(_: unknown, error: Error): void {
    this.#reject(error);
  }
}
