import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** An answer, read to its end. */
export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Answers of Slack's have kilobytes. What has more than this is none, and would fill the memory. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Makes a request and reads its answer to the end, whoever looks at it: the connection is free again. One
 * without an end fails.
 *
 * Answers of the API are short, and most of a turn's requests: `dispatcher.request`, which makes a stream
 * of each, costs a fifth more.
 */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(options, new Exchange(resolve, reject));
  });
}

/** What undici tells about one request. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: Answered) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #bytes = 0;
  #headers: IncomingHttpHeaders = {};

  constructor(resolve: (answer: Answered) => void, reject: (error: Error) => void) {
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
    this.#status = status;
    this.#headers = headers;
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
    this.#resolve({ status: this.#status, headers: this.#headers, text: body.toString() });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}
