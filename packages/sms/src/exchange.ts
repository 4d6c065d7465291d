import type { Dispatcher, Pool } from 'undici';

/** An answer to a request. */
export interface Answer {
  statusCode: number;
  headers: Readonly<Record<string, unknown>>;
  body: string;
}

/** Answers of the API have kilobytes. What has more than this is none, and would fill the memory. */
const MAX_BYTES = 16 * 1024 * 1024;

/** An answer had no end in sight, and was not read to it. */
export class OversizedAnswer extends Error {
  override readonly name: string = 'OversizedAnswer';

  constructor() {
    super(`an answer of over ${MAX_BYTES} bytes`);
  }
}

/**
 * Makes a request and gathers its answer: what is left of `pool.request` without the stream, which
 * an answer of one packet has no use for.
 *
 * @throws OversizedAnswer - the answer has more than 16 MB.
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
  #bytes = 0;
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

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BYTES) controller.abort(new OversizedAnswer());
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
