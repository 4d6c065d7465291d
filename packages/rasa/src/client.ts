import { isJsonObject, type JsonObject } from '@trunkline/core';
import type { Dispatcher, Pool } from 'undici';
import { credentialsFor, type Credentials } from './auth.ts';
import { connectionError, garbageError, statusError, timeoutError } from './errors.ts';
import { readLines } from './lines.ts';
import type { ResolvedRasaOptions } from './options.ts';
import { parsePythonJson } from './python-json.ts';
import { Watch } from './watch.ts';

/** A request to Rasa. */
export interface RasaRequest {
  method: 'GET' | 'POST';
  /** Below Rasa's own address: `/webhooks/rest/webhook` say. */
  path: string;
  query?: Record<string, string>;
  /** Sent as JSON. */
  body?: JsonObject;
  /** Ends the request early. */
  signal?: AbortSignal | undefined;
}

/** Bytes of an answer of Rasa's API. A tracker of years is large. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * How long Rasa is known to answer a conversation's messages one after the other, in milliseconds: so long
 * it keeps others waiting for one.
 *
 * @see Rasa's `TICKET_LOCK_LIFETIME`
 */
const LOCK_MS = 60_000;

const NO_CREDENTIALS: Credentials = { query: {}, headers: {} };

/** Speaks HTTP with one Rasa server, over connections that are kept. */
export class RasaClient {
  readonly #options: ResolvedRasaOptions;
  #pool: Promise<Pool> | null = null;

  constructor(options: ResolvedRasaOptions) {
    this.#options = options;
  }

  /**
   * The objects that one of Rasa's channels answers with, one after the other as they arrive.
   *
   * @throws RasaAway - Rasa has said nothing, and may be asked again.
   */
  async *lines(request: RasaRequest): AsyncGenerator<JsonObject> {
    const watch = this.#watch(request.signal);
    let hasSpoken = false;
    try {
      const { body } = await this.#request(request, NO_CREDENTIALS, watch);
      const onSpeech = (): void => void (hasSpoken = true);
      for await (const line of readLines(body, onSpeech)) {
        // While it is said, nobody waits for Rasa.
        watch.rest();
        yield line;
        this.#expectMore(watch);
      }
    } catch (error) {
      throw watch.signal.aborted ? watch.signal.reason : connectionError(error, hasSpoken);
    } finally {
      watch.end();
    }
  }

  /**
   * Tells one of Rasa's channels something that is answered elsewhere, and waits until it is done. Where the
   * caller gives up or time is up, Rasa goes on: its answers are heard until it is done, and nobody says them.
   *
   * @param listen - Begins to listen there, and returns what ends it. What it is given wraps a
   *   function that says one of the answers.
   * @throws RasaAway - Rasa has said nothing, and may be asked again.
   */
  async tell(
    request: RasaRequest,
    listen: (whileSaid: (say: () => Promise<void>) => Promise<void>) => () => void,
  ): Promise<void> {
    const { clock } = this.#options;
    const watch = this.#watch(request.signal);
    const end = new AbortController();
    const begunAt = clock.now();
    let hasSpoken = false;
    const stop = listen(async (say) => {
      if (watch.signal.aborted) return;
      hasSpoken = true;
      watch.rest();
      await say();
      this.#expectMore(watch);
    });
    const told = this.#toTheEnd(request, watch, end.signal).finally(stop);
    try {
      await Promise.race([told, aborted(watch.signal)]);
    } catch (error) {
      if (!watch.signal.aborted) throw connectionError(error, hasSpoken);
      const left = Math.min(begunAt + LOCK_MS - clock.now(), LOCK_MS);
      const cancel = clock.after(Math.max(left, 0), () => end.abort());
      void told.catch(() => {}).finally(cancel);
      throw watch.signal.reason;
    } finally {
      watch.end();
    }
  }

  /** Rasa answers when it is done. What it says then is of no account, nor whether it arrives. */
  async #toTheEnd(request: RasaRequest, watch: Watch, end: AbortSignal): Promise<void> {
    const { body } = await this.#request(request, NO_CREDENTIALS, watch, end);
    await readAll(body).catch(() => {});
  }

  /**
   * What Rasa's API answers. @throws RasaAway - Rasa has not answered, and may be asked again.
   */
  async ask(request: RasaRequest): Promise<JsonObject> {
    const watch = this.#watch(request.signal);
    let isDone = false;
    try {
      const credentials = await credentialsFor(this.#options);
      const { body } = await this.#request(request, credentials, watch);
      // Rasa answers when it is done. What only tells something can be asked for again.
      isDone = request.method === 'POST';
      const answer = parse(await readAll(body));
      if (answer !== null) return answer;
      throw garbageError('something else than a JSON object');
    } catch (error) {
      throw watch.signal.aborted ? watch.signal.reason : connectionError(error, isDone);
    } finally {
      watch.end();
    }
  }

  /** Lets go of the connections. */
  async close(): Promise<void> {
    const pool = await this.#pool;
    await pool?.destroy();
  }

  #watch(outer: AbortSignal | undefined): Watch {
    const { clock, totalMs } = this.#options;
    return new Watch(clock, totalMs, () => timeoutError('was not done', 'totalMs', totalMs), outer);
  }

  #expectMore(watch: Watch): void {
    const { idleMs } = this.#options;
    watch.expect(idleMs, () => timeoutError('went on with no answer', 'idleMs', idleMs));
  }

  async #request(
    { method, path, query, body }: RasaRequest,
    credentials: Credentials,
    watch: Watch,
    signal: AbortSignal = watch.signal,
  ): Promise<Dispatcher.ResponseData> {
    const { prefix, firstByteMs } = this.#options;
    const pool = await this.#open();
    watch.signal.throwIfAborted();
    watch.expect(firstByteMs, () => timeoutError('said nothing', 'firstByteMs', firstByteMs));
    const search = new URLSearchParams({ ...query, ...credentials.query }).toString();
    const response = await pool.request({
      method,
      path: `${prefix}${path}${search === '' ? '' : `?${search}`}`,
      headers: {
        // `GET /domain` is refused to whoever accepts more.
        accept: 'application/json',
        ...credentials.headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    });
    const { statusCode, headers } = response;
    if (statusCode >= 200 && statusCode < 300) {
      const type = String(headers['content-type'] ?? '');
      if (!/^text\/html\b/i.test(type)) return response;
      response.body.on('error', () => {}).destroy();
      throw garbageError(`a page instead of an answer on ${path}: is the url that of Rasa?`);
    }
    // The reason is worth having, not worth failing for.
    const reason = parse(await readAll(response.body).catch(() => ''))?.['reason'];
    throw statusError(statusCode, path, typeof reason === 'string' ? reason : null);
  }

  #open(): Promise<Pool> {
    const { origin, connectMs } = this.#options;
    this.#pool ??= import('undici').then(
      // The watch does what undici's own time-outs do, and to the millisecond.
      ({ Pool }) =>
        new Pool(origin, { headersTimeout: 0, bodyTimeout: 0, connectTimeout: connectMs }),
    );
    return this.#pool;
  }
}

/** Rejects when a signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw garbageError(`more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): JsonObject | null {
  try {
    const value = parsePythonJson(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
