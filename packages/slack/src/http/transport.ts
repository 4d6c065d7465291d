import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { exchange, type Answered } from './exchange.ts';

/** How Slack is reached. */
export interface TransportOptions {
  /** Slack's API. */
  apiUrl: string;
  proxy: string | null;
  /** How long Slack may take to answer, in milliseconds. */
  timeoutMs: number;
  /** Requests to the API that are under way at the same time. */
  maxRequests: number;
}

/** An answer of the API's. */
export interface ApiResponse {
  status: number;
  /** How long Slack wants to be left alone, in milliseconds; `null` where it does not say. */
  retryAfterMs: number | null;
  text: string;
}

/** An answer, as far as `WebClient` looks at one. */
type LeanResponse = Pick<Response, 'url' | 'status' | 'statusText' | 'text'> & {
  json(): Promise<unknown>;
  headers: {
    get(name: string): string | null;
    entries(): IterableIterator<[string, string]>;
  };
};

/** Requests to Slack, over connections that are kept. */
export interface Transport {
  /** Calls a method of the API. */
  post(method: string, token: string, form: string): Promise<ApiResponse>;
  /** What `WebClient` takes as its `fetch`. */
  fetch(url: string, init: RequestInit): Promise<LeanResponse>;
  /** Gets what is at an address; redirects are not followed. The body MUST be read or dumped. */
  get(url: string, headers: Record<string, string>): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

const FORM = {
  'content-type': 'application/x-www-form-urlencoded',
  'user-agent': '@trunkline/slack',
};

/** Where the header of a 429 is missing, Slack has not said how long to wait, in seconds. */
const DEFAULT_RETRY_AFTER = '5';

/** What the slowest line takes that is waited for: a megabit a second, in bytes a millisecond. */
const SLOWEST_LINE = 128;

/**
 * Makes the transport. Loads undici, which is large: not before something is sent.
 *
 * A request over a pool costs a fifth of the CPU time of one by the global `fetch`.
 */
export async function createTransport(options: TransportOptions): Promise<Transport> {
  const { apiUrl, proxy, timeoutMs, maxRequests } = options;
  const { Agent, Pool, ProxyAgent } = await import('undici');
  const { origin, pathname } = new URL(apiUrl);
  const limits = {
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs },
    connections: maxRequests,
  };
  const others = proxy === null ? new Agent(limits) : new ProxyAgent({ ...limits, uri: proxy });
  const api = proxy === null ? new Pool(origin, limits) : others;

  const post = (url: string, rest: PostOptions): Promise<Answered> =>
    exchange(others, { method: 'POST', ...targetOf(url), ...rest });

  return {
    async post(method, token, form) {
      const { status, headers, text } = await exchange(api, {
        origin,
        path: pathname + method,
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, ...FORM },
        body: form,
      });
      return { status, retryAfterMs: retryAfterMsOf(retryAfterIn(status, headers)), text };
    },
    async fetch(url, init) {
      const headers = init.headers as Record<string, string>;
      const { body: text } = init;
      if (typeof text === 'string') return lean(url, await post(url, { headers, body: text }));
      // An upload. The global `Response` knows how to write the global `FormData`; undici's do not.
      const form = new Response(init.body ?? null);
      const body = Buffer.from(await form.arrayBuffer());
      const type = form.headers.get('content-type') ?? 'application/octet-stream';
      const upload = {
        headers: { 'content-type': type, ...headers },
        body,
        // The time for an answer begins before the body is gone.
        headersTimeout: timeoutMs + Math.ceil(body.length / SLOWEST_LINE),
      };
      return lean(url, await post(url, upload));
    },
    get: (url, headers) => others.request({ method: 'GET', ...targetOf(url), headers }),
    async close() {
      await Promise.all([others.close(), api === others ? null : api.close()]);
    },
  };
}

type PostOptions = Pick<Dispatcher.DispatchOptions, 'headers' | 'body' | 'headersTimeout'>;

function targetOf(url: string): { origin: string; path: string } {
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search };
}

/** What a `Retry-After` says, in milliseconds; `null` where it says nothing. */
export function retryAfterMsOf(header: string | null | undefined): number | null {
  const seconds = Number.parseInt(header ?? '', 10);
  return Number.isNaN(seconds) ? null : seconds * 1000;
}

/** The `Retry-After` of an answer, or what stands in for it. */
function retryAfterIn(status: number, headers: IncomingHttpHeaders): string | undefined {
  const header = headers['retry-after'];
  if (header !== undefined) return header;
  return status === 429 ? DEFAULT_RETRY_AFTER : undefined;
}

function lean(url: string, { status, headers, text }: Answered): LeanResponse {
  const retryAfter = retryAfterIn(status, headers);
  if (retryAfter !== undefined) headers['retry-after'] = retryAfter;
  return {
    url,
    status,
    statusText: '',
    text: async () => text,
    json: async () => JSON.parse(text) as unknown,
    headers: {
      get: (name) => headers[name.toLowerCase()]?.toString() ?? null,
      *entries() {
        for (const [name, value] of Object.entries(headers)) yield [name, String(value)];
      },
    },
  };
}
