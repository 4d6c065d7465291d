import type { Pool } from 'undici';
import type { Clock } from '@trunkline/core';
import { networkError, refusalOf } from './errors.ts';
import { exchange, type Answer } from './exchange.ts';

/** A request as Twilio's SDK hands it to its HTTP client. */
export interface SdkRequest {
  method: string;
  uri: string;
  headers?: Record<string, string>;
  /** The query. */
  params?: object;
  /** The form. */
  data?: object;
  /** Milliseconds. */
  timeout?: number;
}

/** How requests are made. */
export interface TwilioHttpOptions {
  channel: string;
  /** Where the API is: no requests go anywhere else. */
  origin: string;
  /** How long Twilio may take to answer, in milliseconds. */
  timeoutMs: number;
  /** How often a throttled request (429) is made again. */
  maxRetries: number;
  clock: Clock;
}

/** The SDK's own delays between throttled requests, in milliseconds: drawn below 200, 400, … */
const FIRST_DELAY_MS = 200;
/** What they may come to. Who waits longer does so in the store, and may opt out meanwhile. */
const MAX_WAIT_MS = 3_000;

/**
 * The HTTP client underneath Twilio's SDK: connections of undici that are kept, in the place of
 * axios, which costs a millisecond of CPU time a request. Times out and retries as the SDK's own
 * does, and listens to `Retry-After`, which that one does not.
 *
 * Its errors are ours: the SDK's carry the credentials.
 */
export class TwilioHttp {
  readonly #options: TwilioHttpOptions;
  #pool: Promise<Pool> | null = null;

  constructor(options: TwilioHttpOptions) {
    this.#options = options;
  }

  /**
   * Makes a request for an account.
   *
   * @throws DeliveryError - it got no answer, or is throttled still.
   */
  async request(request: SdkRequest, username: string, password: string): Promise<Answer> {
    const { channel, maxRetries } = this.#options;
    let waited = 0;
    for (let retries = 0; ; retries++) {
      const response = await this.#once(request, username, password);
      if (response.statusCode !== 429) return response;
      const retryAfterMs = retryAfterOf(response.headers['retry-after'], this.#options.clock);
      const delay = retryAfterMs ?? Math.random() * FIRST_DELAY_MS * 2 ** retries;
      waited += delay;
      if (retries >= maxRetries || waited > MAX_WAIT_MS) {
        throw refusalOf(channel, 429, codeIn(response.body) ?? 20429, retryAfterMs);
      }
      await new Promise<void>((resolve) => void this.#options.clock.after(delay, resolve));
    }
  }

  /** Lets go of the connections. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    await (await pool)?.destroy();
  }

  async #once(request: SdkRequest, username: string, password: string): Promise<Answer> {
    const { channel, origin, timeoutMs } = this.#options;
    const { method, uri, headers, params, data, timeout = timeoutMs } = request;
    const path = uri.startsWith(`${origin}/`) ? uri.slice(origin.length) : new URL(uri).pathname;
    const query = params === undefined ? '' : `?${encode(params)}`;
    const pool = await this.#open();
    try {
      return await exchange(pool, {
        method: method.toUpperCase(),
        path: path + query,
        headers: {
          ...headers,
          authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        },
        body: data === undefined ? null : encode(data),
        headersTimeout: timeout,
        bodyTimeout: timeout,
      });
    } catch (error) {
      throw networkError(channel, error);
    }
  }

  /** undici takes a while to load: it is, once there is something to send. */
  #open(): Promise<Pool> {
    const { origin, timeoutMs } = this.#options;
    this.#pool ??= import('undici').then(
      ({ Pool: Connections }) =>
        new Connections(origin, { connections: 64, connect: { timeout: timeoutMs } }),
    );
    return this.#pool;
  }
}

/** A form, lists as repeated names. */
function encode(values: object): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) form.append(name, String(item));
    }
  }
  return form.toString();
}

/** `Retry-After` in milliseconds: seconds, or a date. */
function retryAfterOf(header: unknown, clock: Clock): number | null {
  if (typeof header !== 'string') return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - clock.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** Twilio's code in the body of a refusal. */
export function codeIn(body: string): number | undefined {
  try {
    const { code } = Object(JSON.parse(body)) as { code?: unknown };
    return typeof code === 'number' && code > 0 ? code : undefined;
  } catch {
    // A proxy's page, say.
    return undefined;
  }
}
