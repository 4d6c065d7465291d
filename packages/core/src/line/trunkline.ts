import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Blueprint, InputChannel } from '../channel/input-channel.ts';
import { awake, systemClock, within, type Clock } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import { sendProblem } from '../http/problem.ts';
import { guardLogger, silentLogger } from '../logger.ts';
import type { BotMessage } from '../message/bot-message.ts';
import type { Responses } from '../responses/responses.ts';
import type { Store } from '../store/contract.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { createTelemetry, type Telemetry } from '../telemetry.ts';
import {
  toAssistant,
  type Assistant,
  type AssistantObject,
  type Middleware,
} from '../turns/assistant.ts';
import type { DeadLetters } from '../turns/dead-letters.ts';
import type { Posted, ProactiveOptions } from '../turns/proactive.ts';
import type { LastSeen } from '../turns/address-book.ts';
import type { Transform, TransformEntry, TransformOptions } from '../turns/reply.ts';
import type { IntentOptions } from '../turns/triggered-intent.ts';
import { TurnEngine } from '../turns/turn-engine.ts';
import { resolveApi } from './api/options.ts';
import { apiRoutes } from './api/routes.ts';
import { ChannelDirectory } from './channel-directory.ts';
import { healthRoutes } from './health.ts';
import { Mounts } from './mounts.ts';
import { checkOptions, type ListenOptions, type TrunklineOptions } from './options.ts';
import { connectionsOf, listenOn, stopServer } from './server.ts';

/** How long a channel or the assistant may take to let go of what it holds, in milliseconds. */
const CLOSE_MS = 5_000;

/**
 * One assistant and the channels its users are on.
 *
 * ```ts
 * import { Trunkline } from '@trunkline/core';
 * import { RestInput } from '@trunkline/rest';
 *
 * const line = new Trunkline({
 *   channels: [new RestInput()],
 *   assistant: async (message, reply) => {
 *     await reply.text(`You said: ${message.text}`);
 *   },
 * });
 * await line.listen(5005);
 * ```
 */
export class Trunkline {
  /** The channels, in the order they were given. */
  readonly channels: readonly InputChannel[];

  /** What `reply.utter` says. Can be replaced; turns that run already keep theirs. */
  responses: Responses | null;

  /** Deferred turns that were given up. */
  readonly deadLetters: DeadLetters;

  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #store: Store;
  readonly #engine: TurnEngine;
  readonly #mounts: Mounts;
  readonly #middleware: Middleware[] = [];
  readonly #transforms: TransformEntry[] = [];
  /** Those that are ours, with their connections. */
  readonly #servers = new Map<Server, ReadonlySet<Socket>>();
  #assistant: AssistantObject;
  #closed: Promise<void> | null = null;

  constructor(options: TrunklineOptions) {
    checkOptions(options);
    this.channels = [...options.channels];
    const directory = new ChannelDirectory(this.channels);
    const route = options.route === undefined ? '/webhooks/' : options.route;
    const clock = options.clock ?? systemClock;
    const logger = guardLogger(options.logger ?? silentLogger);
    this.#assistant = this.#introduce(options.assistant);
    this.responses = options.responses ?? null;
    this.#telemetry = createTelemetry(logger, options);
    this.#store = options.store ?? new MemoryStore({ clock });
    this.#clock = clock;
    this.#mounts = new Mounts(route, this.#telemetry);
    this.#engine = new TurnEngine({
      store: this.#store,
      clock,
      telemetry: this.#telemetry,
      limits: options.turns,
      history: options.history,
      overlap: options.overlap,
      delivery: options.delivery,
      session: options.session,
      apology: options.apology,
      assistant: () => this.#assistant,
      responses: () => this.responses,
      middleware: this.#middleware,
      transforms: this.#transforms,
      conversationKey: options.conversationKey,
      outputFor: (channel, address) => directory.outputFor(channel, address),
      canContact: (channel) => directory.canContact(channel),
    });
    const { channels } = this;
    const isClosing = (): boolean => this.#closed !== null;
    const health = { channels, store: this.#store, clock, logger, isClosing };
    this.#mounts.addRoutes(healthRoutes(health));
    if (options.api !== undefined) {
      const context = { engine: this.#engine, telemetry: this.#telemetry };
      this.#mounts.addRoutes(apiRoutes({ ...context, api: resolveApi(options.api) }));
    }
    this.#mounts.addChannels(channels, (channel) => this.#engine.for(channel));
    const { deadLetters } = this.#engine;
    this.deadLetters = {
      list: () => deadLetters.list(),
      get: (id) => deadLetters.get(id),
      replay: (id) => this.#engine.replay(id),
      discard: (id) => deadLetters.discard(id),
    };
  }

  /** Whoever answers. Can be replaced; turns that run already keep theirs. */
  get assistant(): AssistantObject {
    return this.#assistant;
  }

  set assistant(assistant: Assistant) {
    this.#assistant = this.#introduce(assistant);
  }

  /** Wraps every turn: `line.use(async (message, reply, next) => { …; await next(); … })`. */
  use(middleware: Middleware): this {
    this.#middleware.push(middleware);
    return this;
  }

  /** Sees every response before it is sent: returns it, another one, or `null` to drop it. */
  transform(transform: Transform, options: TransformOptions = {}): this {
    this.#transforms.push({ transform, passStreams: options.passStreams ?? false });
    return this;
  }

  /**
   * Takes up the deferred turns that an earlier process has left, and from then on those of other
   * processes that die. What makes a handler calls this; call it yourself in a process that has none.
   */
  start(): void {
    if (this.#closed === null) this.#engine.start();
  }

  /**
   * The last channel that a user was on and the address there, or `null`. Channels whose senders
   * nobody vouches for, such as REST, do not count.
   */
  lastSeen(senderId: string): Promise<LastSeen | null> {
    return this.#engine.lastSeen(senderId);
  }

  /**
   * Says something in a conversation without having been asked. Once this resolves the response is
   * stored, as far as the store survives: it is delivered after what is under way there, retried, never
   * said twice, and a dead letter in the end. Await one call before the next to keep their order.
   *
   * ```ts
   * import type { Trunkline } from '@trunkline/core';
   *
   * async function onShipped(line: Trunkline, userId: string, parcel: string): Promise<void> {
   *   const text = `Your parcel ${parcel} is on its way.`;
   *   await line.send(userId, { text }, { idempotencyKey: `shipped:${parcel}` });
   * }
   * ```
   *
   * @param conversationId - The sender id, as the assistant knows it.
   * @param response - What is said; the transforms see it.
   * @param options - The channel; the last one that vouched for the user by default.
   * @throws ProactiveError - there is no such channel, or the conversation cannot be reached on it.
   * @throws OverloadedError - too much waits, in the conversation or in the process.
   * @throws Whatever the store threw: it may be stored. Repeat it with its idempotency key.
   */
  send(conversationId: string, response: BotMessage, options?: ProactiveOptions): Promise<Posted> {
    return this.#engine.proactive.send(conversationId, response, options);
  }

  /**
   * Has the assistant answer an intent as if the user had expressed it: a reminder, say. The same
   * promises as {@link Trunkline.send}.
   *
   * @throws ProactiveError - there is no such intent or channel, or nobody is reached there.
   * @throws What {@link Trunkline.send} throws.
   */
  async triggerIntent(
    conversationId: string,
    intent: IntentOptions,
    options?: ProactiveOptions,
  ): Promise<Posted> {
    return (await this.#engine.proactive.trigger(conversationId, intent, options)).posted;
  }

  /**
   * A listener for Node's HTTP server. Ours are found by a look-up in a map, everything else goes
   * to `fallback`, an Express application say; without one it is answered 404. Channels with sockets
   * need {@link Trunkline.attach} as well.
   */
  handler(fallback: RequestListener = notFound): RequestListener {
    this.start();
    return this.#handler(fallback);
  }

  #handler(fallback: RequestListener = notFound): RequestListener {
    const middleware = this.#mounts.middleware();
    return (req, res) =>
      middleware(req, res, (error) => {
        if (error) this.#mounts.answerError(error, req, res);
        else fallback(req, res);
      });
  }

  /** The same as a function `(req, res, next)`, for Connect and its like. */
  middleware(): Blueprint {
    this.start();
    return this.#mounts.middleware();
  }

  /** Lets channels take over connections of a server that you made yourself. */
  attach(server: Server): void {
    this.#mounts.upgrades.attach(server);
  }

  /**
   * Starts a server on a port and resolves to it; port 0 picks a free one.
   *
   * @param port - The port.
   * @param options - The host, or the host and a fallback; all addresses and 404 by default.
   * @throws ConfigurationError - the port is taken, or may not be used.
   */
  async listen(port: number, options: string | ListenOptions = {}): Promise<Server> {
    if (this.#closed !== null) throw new ConfigurationError('the line was closed: make a new one');
    const { host, fallback }: ListenOptions =
      typeof options === 'string' ? { host: options } : options;
    const server = createServer(this.#handler(fallback));
    const connections = connectionsOf(server);
    this.attach(server);
    await listenOn(server, port, host);
    if (this.#closed !== null) {
      server.close();
      throw new ConfigurationError('the line was closed while it began to listen');
    }
    this.#servers.set(server, connections);
    // Not before: a server that cannot listen ends, and would end turns that it has taken up.
    this.start();
    return server;
  }

  /**
   * Ends: takes nothing more (503), finishes what runs, and lets go of servers that
   * {@link Trunkline.listen} started, of the channels, the assistant and the store. What still runs after `graceMs` is
   * aborted. Called twice, it ends once.
   *
   * @param graceMs - Milliseconds. 10,000 by default.
   */
  close(graceMs = 10_000): Promise<void> {
    this.#closed ??= awake(() => this.#close(graceMs));
    return this.#closed;
  }

  #introduce(given: Assistant): AssistantObject {
    const assistant = toAssistant(given);
    assistant.onChannels?.(this.channels);
    return assistant;
  }

  async #close(graceMs: number): Promise<void> {
    const stopped = [...this.#servers].map((server) => stopServer(...server));
    this.#mounts.upgrades.detach();
    await this.#engine.close(graceMs);
    // Ahead of the servers, which wait for the connections that channels have taken over.
    for (const channel of this.channels) await this.#letGo(channel, channel.name);
    await this.#letGo(this.#assistant, null);
    await Promise.all(stopped.map((stop) => stop()));
    await this.#store.close();
  }

  /** A part that fails to end, or does not, keeps nothing else from ending. */
  async #letGo(part: { close?(): unknown }, channel: string | null): Promise<void> {
    try {
      await within(this.#clock, CLOSE_MS, (async () => part.close?.())());
    } catch (error) {
      this.#telemetry.error(error, { channel, stage: 'close' });
    }
  }
}

const notFound: RequestListener = (_req, res) =>
  sendProblem(res, { status: 404, code: 'not_found', detail: 'nothing is served at this path' });
