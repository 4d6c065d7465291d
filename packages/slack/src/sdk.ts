import type { WebClient, WebClientOptions } from '@slack/web-api';
import type { ResolvedSlackOptions } from './credentials.ts';
import type { Transport } from './http/transport.ts';

/** Tokens are replaced, and workspaces many: clients that were not used for long are made again. */
const MAX_CLIENTS = 200;

/** The SDK's own log would repeat what was sent. */
const QUIET = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  setName() {},
  getLevel: () => 'error',
};

/** Slack's own clients, one for each token: for whatever has no method of ours. */
export class SdkClients {
  readonly #options: ResolvedSlackOptions;
  readonly #transport: () => Promise<Transport>;
  readonly #clients = new Map<string, WebClient>();

  constructor(options: ResolvedSlackOptions, transport: () => Promise<Transport>) {
    this.#options = options;
    this.#transport = transport;
  }

  /** The client of a token. */
  async for(token: string): Promise<WebClient> {
    const known = this.#clients.get(token);
    if (known !== undefined) {
      // The map is in the order of use.
      this.#clients.delete(token);
      this.#clients.set(token, known);
      return known;
    }
    // Large, and most servers never need it.
    const [sdk, transport] = await Promise.all([import('@slack/web-api'), this.#transport()]);
    const { apiUrl, maxRequests } = this.#options;
    const client = new sdk.WebClient(token, {
      slackApiUrl: apiUrl,
      // The transport's time-outs cost less than a signal for each request.
      timeout: 0,
      maxRequestConcurrency: maxRequests,
      // What may be repeated is the turn engine's to say: the SDK would post twice after a time-out,
      // and one 429 would hold up every conversation.
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      // Its level is one of an enumeration, and never looked at.
      logger: QUIET as unknown as NonNullable<WebClientOptions['logger']>,
      // As much of a response as the client looks at.
      fetch: ((url: string, init: RequestInit) =>
        transport.fetch(url, init)) as unknown as NonNullable<WebClientOptions['fetch']>,
    });
    this.#clients.set(token, client);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > MAX_CLIENTS && oldest !== undefined) this.#clients.delete(oldest);
    return client;
  }
}
