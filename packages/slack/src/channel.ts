import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  ConfigurationError,
  InputChannel,
  queryOf,
  sendJson,
  sendProblem,
  sendText,
  type Address,
  type OutputChannel,
  type ResponseParts,
  type Route,
  type Sent,
  type Turns,
  type UserAttachment,
} from '@trunkline/core';
import type { KnownBlock } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import { readAddress } from './address.ts';
import {
  optionsFromCredentials,
  resolveOptions,
  type ResolvedSlackOptions,
  type SlackOptions,
} from './credentials.ts';
import { download, type DownloadOptions } from './downloads.ts';
import { Entrance } from './entrance.ts';
import { SlackOutput } from './output.ts';
import { Posted, receiptOf, type PostedMessage } from './posted.ts';
import { createServices, type Services } from './services.ts';

/** What a response carries for Slack alone. */
export interface SlackParts extends ResponseParts {
  /** Blocks in the place of the text and its buttons; the text is then the notification. */
  blocks?: readonly KnownBlock[];
  /** Who may be mentioned by the text: everybody that it names, or these (`U123`, `here`). */
  mentions?: true | readonly string[];
  /** Shown to one user only: the one who is answered, or this one. */
  ephemeral?: true | string;
  /** Posted then, in seconds since 1970. */
  postAt?: number;
  /** The alternative text of an image. */
  altText?: string;
  /** Other arguments of `chat.postMessage`: `username`, `unfurl_links`, … */
  [argument: string]: unknown;
}

declare module '@trunkline/core' {
  interface ChannelOverrides {
    /** What is said on Slack instead. */
    slack?: SlackParts;
  }
}

/**
 * Conversations on Slack.
 *
 * - `POST /webhooks/slack/webhook`: events, interactions and slash commands
 * - `GET /webhooks/slack/`: `{"status":"ok"}`
 */
export class SlackInput extends InputChannel {
  override readonly name: string;
  readonly #options: ResolvedSlackOptions;
  #services: Services | null = null;

  /** @throws ConfigurationError - an option is missing, unknown or malformed. */
  constructor(options: SlackOptions) {
    super();
    this.#options = resolveOptions(options);
    this.name = this.#options.name;
  }

  /** Takes Rasa's names (`slack_token`, `slack_signing_secret`, …) or those of the options. */
  static override fromCredentials(credentials: unknown): SlackInput {
    return new SlackInput(optionsFromCredentials(credentials));
  }

  override routes(turns: Turns): Route[] {
    const services = createServices(this.#options, turns);
    this.#services = services;
    services.identity.start();
    const entrance = new Entrance(services, (req, body) => this.getMetadata(req, body));
    const handle: Route['handle'] = (req, res) => entrance.handle(req, res);
    const { events, interactivity, commands } = this.#options.paths;
    return [
      { method: 'GET', path: '/', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
      ...[...new Set([events, interactivity, commands])].flatMap((path) => [
        { method: 'POST', path, handle },
        { method: 'GET', path, handle: answerGet },
      ]),
    ];
  }

  /**
   * @param address - `{ team, channel }` or `{ team, user }`, with `thread` if need be. Without `team`
   *   where there is one token, without a place where there is the option `channel`.
   */
  override getOutputChannel(address: Address): OutputChannel {
    const services = this.#inLine();
    const { channel, token } = this.#options;
    const team = services.identity.teamId ?? (typeof token === 'string' ? '' : null);
    return new SlackOutput(services, readAddress(address, { name: this.name, channel, team }));
  }

  /**
   * A handle on what was sent: `const posted = slack.posted(await reply.text('…'))`. `null` for what waits
   * in the store, and was not sent yet.
   *
   * @param sent - What `reply` resolved to. Of several messages, the last one is meant.
   */
  posted({ receipts }: Pick<Sent, 'receipts'>): PostedMessage | null {
    const receipt = receiptOf(receipts);
    return receipt === null ? null : new Posted(this.#inLine(), receipt);
  }

  /**
   * Fetches a file that came with a message. Needs the scope `files:read`.
   *
   * @throws DeliveryError - it is larger than the limit, gone, or not for the bot to read.
   */
  async download(attachment: UserAttachment, options?: DownloadOptions): Promise<Buffer> {
    const { clients } = this.#inLine();
    const { apiUrl } = this.#options;
    return await download({ clients, name: this.name, apiUrl }, attachment, options);
  }

  /**
   * Slack's client for a workspace, for what has no method here.
   *
   * @param enterpriseId - The organisation, where the app is installed for a whole one.
   */
  async client(teamId?: string, enterpriseId?: string): Promise<WebClient> {
    const team = teamId ?? enterpriseId ?? '';
    return await this.#inLine().clients.for({ team, enterprise: enterpriseId ?? null });
  }

  /** Whether Slack takes the token. */
  override async ready(): Promise<void> {
    await this.#services?.identity.known();
  }

  /** Lets the connections go. */
  override async close(): Promise<void> {
    this.#services?.identity.stop();
    await this.#services?.background.settled();
    await this.#services?.clients.close();
  }

  #inLine(): Services {
    if (this.#services !== null) return this.#services;
    throw new ConfigurationError('the channel is in no line yet: new Trunkline({ channels })', {
      channel: this.name,
    });
  }
}

/** Slack checks certificates with a GET. */
function answerGet(req: IncomingMessage, res: ServerResponse): void {
  if (queryOf(req).get('ssl_check') === '1') return sendText(res, 200, 'text/plain', '');
  const detail = 'Slack posts its events here';
  sendProblem(res, { status: 405, code: 'method_not_allowed', detail }, { allow: 'POST' });
}
