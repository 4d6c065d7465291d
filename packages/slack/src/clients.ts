import { DeliveryError, type JsonObject } from '@trunkline/core';
import type { WebClient } from '@slack/web-api';
import { answerOf } from './answer.ts';
import type { ResolvedSlackOptions } from './credentials.ts';
import { deliveryError, httpError, refusal } from './errors.ts';
import { Gate } from './gate.ts';
import { formOf } from './http/form.ts';
import { createTransport, retryAfterMsOf, type Transport } from './http/transport.ts';
import { Pace } from './pace.ts';
import { SdkClients } from './sdk.ts';
import type { SlackInstallation } from './token.ts';

/** Which installation a request is made for. */
export interface Team {
  team: string;
  enterprise?: string | null;
}

/** A token that somebody has read from a file may have a line break behind it. */
const IN_A_HEADER = /^[!-~]+$/;

/**
 * Slack's Web API. What the channel itself calls goes straight over the transport; Slack's own client is
 * for the rest.
 */
export class Clients {
  readonly pace: Pace;
  readonly #options: ResolvedSlackOptions;
  readonly #sdk: SdkClients;
  readonly #gate: Gate;
  #transport: Transport | null = null;
  #opening: Promise<Transport> | null = null;

  constructor(options: ResolvedSlackOptions) {
    this.#options = options;
    this.pace = new Pace(options.name, options.clock);
    this.#gate = new Gate(options.maxRequests);
    this.#sdk = new SdkClients(options, () => this.transport());
  }

  /** Calls a method. @throws DeliveryError */
  async call(team: Team, method: string, args: Record<string, unknown>): Promise<JsonObject> {
    const { token: known } = this.#options;
    const isOpen = this.pace.method(team.team, method);
    if (isOpen !== null) await isOpen;
    if (typeof known === 'string') return await this.#ask(team, method, args, known);
    const token = await this.token(team);
    try {
      return await this.#ask(team, method, args, token);
    } catch (error) {
      if ((error as DeliveryError).platformCode !== 'token_expired') throw error;
      // It may have been replaced meanwhile, and Slack has done nothing.
      const next = await this.token(team);
      if (next === token) throw error;
      return await this.#ask(team, method, args, next);
    }
  }

  async #ask(
    team: Team,
    method: string,
    args: Record<string, unknown>,
    token: string,
  ): Promise<JsonObject> {
    const { name, logger } = this.#options;
    const transport = this.#transport ?? (await this.transport());
    const form = formOf(args);
    const isFree = this.#gate.enter();
    if (isFree !== null) await isFree;
    try {
      const response = await transport.post(method, token, form);
      return answerOf({ channel: name, method, logger }, response);
    } catch (thrown) {
      const error = deliveryError(name, method, thrown);
      const { retryAfterMs, platformCode } = error;
      if (retryAfterMs !== null && platformCode?.endsWith('limited') === true) {
        this.pace.close(team.team, method, retryAfterMs);
      }
      throw error;
    } finally {
      this.#gate.leave();
    }
  }

  /** Answers an interaction at its `response_url`, which is secret and wants no token. @throws DeliveryError */
  async respond(url: string, message: JsonObject): Promise<void> {
    await this.#postTo(url, 'response_url', 'application/json', JSON.stringify(message));
  }

  /** Uploads bytes to the address that Slack has given for them, which wants no token. @throws DeliveryError */
  async upload(url: string, bytes: Buffer<ArrayBuffer>): Promise<void> {
    await this.#postTo(url, 'an upload', 'application/octet-stream', bytes);
  }

  /** Slack's own client for a workspace. @throws DeliveryError - there is no token for it. */
  async for(team: Team): Promise<WebClient> {
    return await this.#sdk.for(await this.token(team));
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
    if (found && IN_A_HEADER.test(found)) return found;
    if (found) {
      throw new DeliveryError(
        `the token for the workspace ${team} is malformed: it has a blank in it`,
        {
          channel: name,
          platformCode: 'not_authed',
        },
      );
    }
    throw new DeliveryError(`there is no token for the workspace ${team}: install the app there`, {
      channel: name,
      platformCode: 'not_authed',
    });
  }

  /** @param what - The address in words: it is secret itself. */
  async #postTo(
    url: string,
    what: string,
    type: string,
    body: string | Buffer<ArrayBuffer>,
  ): Promise<void> {
    const { name } = this.#options;
    try {
      const transport = await this.transport();
      const { status, headers } = await transport.fetch(url, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      if (status === 429) {
        const retryAfterMs = retryAfterMsOf(headers.get('retry-after'));
        throw refusal(name, what, 'ratelimited', { retryAfterMs });
      }
      if (status !== 200) throw httpError(name, what, status);
    } catch (thrown) {
      throw deliveryError(name, what, thrown);
    }
  }

  /** undici is large, and wanted when something is sent. */
  async transport(): Promise<Transport> {
    this.#opening ??= createTransport(this.#options);
    this.#transport = await this.#opening;
    return this.#transport;
  }

  async close(): Promise<void> {
    const transport = await this.#opening;
    await transport?.close();
  }
}
