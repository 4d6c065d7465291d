import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** An answer of the API's, read to its end. */
export interface ApiResponse {
  status: number;
  /** How long Slack wants to be left alone, in milliseconds; `null` where it does not say. */
  retryAfterMs: number | null;
  text: string;
}

/** Where the header of a 429 is missing, Slack has not said how long to wait, in seconds. */
const DEFAULT_RETRY_AFTER = '5';

/** Answers of the API have kilobytes. What has more than this is none, and would fill the memory. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The `Retry-After` of an answer, or what stands in for it. */
export function retryAfterIn(status: number, headers: IncomingHttpHeaders): string | undefined {
  const header = headers['retry-after'];
  if (header !== undefined) return header;
  return status === 429 ? DEFAULT_RETRY_AFTER : undefined;
}

/**
 * Makes a request and reads its answer to the end, whoever looks at it: the connection is free again.
 *
 * Answers of the API are short, and most of a turn's requests: `dispatcher.request`, which makes a stream
 * of each, costs a fifth more.
 */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(options, new Exchange(resolve, reject));
  });
}

/** What undici tells about one request. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (response: ApiResponse) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #bytes = 0;
  #retryAfterMs: number | null = null;

  constructor(resolve: (response: ApiResponse) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Nothing to do; undici knows by it that this is not a handler of its older kind. */
  onRequestStart(): void {}

  /** Also called for interim answers (1xx): the last call counts. */
  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    const retryAfter = retryAfterIn(status, headers);
    const seconds = retryAfter === undefined ? Number.NaN : Number.parseInt(retryAfter, 10);
    this.#status = status;
    this.#retryAfterMs = Number.isNaN(seconds) ? null : seconds * 1000;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BYTES)
      controller.abort(new Error(`an answer of over ${MAX_BYTES} bytes`));
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const isWhole = first !== undefined && this.#chunks.length === 1;
    // A character may lie across two chunks.
    const body = isWhole ? first : Buffer.concat(this.#chunks);
    this.#resolve({
      status: this.#status,
      retryAfterMs: this.#retryAfterMs,
      text: body.toString(),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}
