import { DeliveryError, type JsonObject } from '@trunkline/core';
import type { WebClient, WebClientOptions } from '@slack/web-api';
import type { ResolvedSlackOptions, SlackInstallation } from './credentials.ts';
import { deliveryError } from './errors.ts';
import { Gate } from './gate.ts';
import { createTransport, type Transport } from './http/transport.ts';
import { Pace } from './pace.ts';

/** Which installation a request is made for. */
export interface Team {
  team: string;
  enterprise?: string | null;
}

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

/** Slack's Web API: a client for each token, made when something is sent. */
export class Clients {
  readonly pace: Pace;
  readonly #options: ResolvedSlackOptions;
  readonly #clients = new Map<string, WebClient>();
  readonly #gate: Gate;
  #parts: Promise<{ WebClient: typeof WebClient; transport: Transport }> | null = null;

  constructor(options: ResolvedSlackOptions) {
    this.#options = options;
    this.pace = new Pace(options.name, options.clock);
    this.#gate = new Gate(options.maxRequests);
  }

  /** Calls a method. @throws DeliveryError */
  async call(team: Team, method: string, args: Record<string, unknown>): Promise<JsonObject> {
    const key = `${team.team}:${method}`;
    const isOpen = this.pace.method(key);
    if (isOpen !== null) await isOpen;
    const client = this.#known() ?? (await this.for(team));
    await this.#gate.enter();
    try {
      // Slack answers JSON.
      return (await client.apiCall(method, args)) as unknown as JsonObject;
    } catch (thrown) {
      const error = deliveryError(this.#options.name, method, thrown);
      const { retryAfterMs, platformCode } = error;
      if (retryAfterMs !== null && platformCode?.endsWith('limited') === true) {
        this.pace.close(key, retryAfterMs);
      }
      throw error;
    } finally {
      this.#gate.leave();
    }
  }

  /** The client where it need not be looked for: there is one token, and it was used before. */
  #known(): WebClient | null {
    const { token } = this.#options;
    return typeof token === 'string' ? (this.#clients.get(token) ?? null) : null;
  }

  /** The client of a workspace. @throws DeliveryError - there is no token for it. */
  async for(team: Team): Promise<WebClient> {
    const token = await this.token(team);
    const known = this.#clients.get(token);
    if (known !== undefined) {
      // The map is in the order of use only where that matters.
      if (this.#clients.size > 1) {
        this.#clients.delete(token);
        this.#clients.set(token, known);
      }
      return known;
    }
    const parts = await this.#load();
    const { apiUrl, maxRequests } = this.#options;
    const client = new parts.WebClient(token, {
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
        parts.transport.fetch(url, init)) as unknown as NonNullable<WebClientOptions['fetch']>,
    });
    this.#clients.set(token, client);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > MAX_CLIENTS && oldest !== undefined) this.#clients.delete(oldest);
    return client;
  }

  /** The token of a workspace. @throws DeliveryError - there is none. */
  async token({ team, enterprise = null }: Team): Promise<string> {
    const { token, name } = this.#options;
    if (typeof token === 'string') return token;
    const isWhole = enterprise !== null;
    const installation: SlackInstallation = {
      teamId: team === enterprise ? null : team,
      enterpriseId: enterprise,
    };
    let found: string | null;
    try {
      found = await token(isWhole ? enterprise : team, installation);
    } catch (error) {
      throw new DeliveryError('the token could not be looked up', {
        channel: name,
        retryable: true,
        cause: error,
      });
    }
    if (found) return found;
    throw new DeliveryError(`there is no token for the workspace ${team}: install the app there`, {
      channel: name,
      platformCode: 'not_authed',
    });
  }

  async transport(): Promise<Transport> {
    return (await this.#load()).transport;
  }

  async close(): Promise<void> {
    const parts = await this.#parts;
    await parts?.transport.close();
  }

  /** The SDK and undici are large, and wanted when something is sent. */
  #load(): Promise<{ WebClient: typeof WebClient; transport: Transport }> {
    this.#parts ??= (async () => {
      const [sdk, transport] = await Promise.all([
        import('@slack/web-api'),
        createTransport(this.#options),
      ]);
      return { WebClient: sdk.WebClient, transport };
    })();
    return this.#parts;
  }
}
