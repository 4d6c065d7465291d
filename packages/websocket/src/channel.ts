import {
  ConfigurationError,
  InputChannel,
  isJsonObject,
  sendJson,
  sendProblem,
  type Address,
  type OutputChannel,
  type ResponseParts,
  type Route,
  type Turns,
  type UpgradeHandler,
} from '@trunkline/core';
import { CLOSE } from './close-codes.ts';
import {
  resolveOptions,
  type ResolvedWebSocketOptions,
  type WebSocketOptions,
} from './credentials.ts';
import { Entrance } from './entrance.ts';
import { Hub } from './hub.ts';
import { WebSocketOutput } from './output.ts';

declare module '@trunkline/core' {
  interface ChannelOverrides {
    /** What is said over a WebSocket instead. */
    websocket?: ResponseParts;
  }
}

/** How long clients may take to go when the server does, in milliseconds. */
const LEAVE_MS = 1_000;

/**
 * Conversations over WebSockets, of which Rasa's reference custom channel is a part.
 *
 * - `GET /webhooks/websocket/ws`, upgraded: the socket; README.md and asyncapi.yaml have its protocol
 * - `GET /webhooks/websocket/`: `{"status":"ok"}`
 * - `POST /webhooks/websocket/webhook`: 426, since messages come over the socket
 */
export class WebSocketInput extends InputChannel {
  override readonly name: string;
  readonly #options: ResolvedWebSocketOptions;
  #hub: Hub | null = null;

  /** @throws ConfigurationError - an option is unknown or malformed. */
  constructor(options: WebSocketOptions = {}) {
    super();
    this.#options = resolveOptions(options);
    this.name = this.#options.name;
  }

  /**
   * Takes the options as they are, or `null` for none. Instead of `auth`, Rasa's `jwt_key` and
   * `jwt_method` may be given.
   */
  static override fromCredentials(credentials: unknown): WebSocketInput {
    if (credentials === null || credentials === undefined) return new WebSocketInput();
    if (!isJsonObject(credentials)) {
      throw new ConfigurationError('its section in the credentials must hold options, or nothing', {
        channel: 'websocket',
      });
    }
    return new WebSocketInput(fromRasa(credentials));
  }

  override routes(turns: Turns): Route[] {
    this.#hubOver(turns);
    return [
      { method: 'GET', path: '/', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
      {
        method: 'POST',
        path: '/webhook',
        handle(_req, res) {
          const detail = 'messages come over a WebSocket: connect to ws beside this path';
          const problem = { status: 426, code: 'upgrade_required', detail };
          sendProblem(res, problem, { upgrade: 'websocket' });
        },
      },
    ];
  }

  override upgrade(turns: Turns): UpgradeHandler {
    const hub = this.#hubOver(turns);
    const entrance = new Entrance({
      channel: this.name,
      hub,
      turns,
      metadataOf: () =>
        this.getMetadata === InputChannel.prototype.getMetadata
          ? null
          : (req, body) => this.getMetadata(req, body),
    });
    return { path: '/ws', handle: (req, socket, head) => entrance.handle(req, socket, head) };
  }

  /** @param address - `{ session }`, as a message's address has it. */
  override getOutputChannel(address: Address): OutputChannel {
    const { session } = address;
    if (this.#hub === null) {
      throw new ConfigurationError('the channel is in no line yet: new Trunkline({ channels })', {
        channel: this.name,
      });
    }
    if (typeof session !== 'string' || session === '') {
      throw new ConfigurationError('an address must name the session: { session }', {
        channel: this.name,
      });
    }
    return new WebSocketOutput(this.name, this.#hub, session);
  }

  /** Tells every client to come back later, and waits a moment for them to go. */
  override async close(): Promise<void> {
    const hub = this.#hub;
    if (hub === null) return;
    hub.isClosed = true;
    const gone = [...hub.connections].map(({ socket }) => {
      if (socket.readyState === socket.CLOSED) return Promise.resolve();
      return new Promise<void>((resolve) => socket.once('close', () => resolve()));
    });
    for (const connection of hub.connections) {
      connection.close(CLOSE.restart, 'the server restarts: connect again and resume');
    }
    const cancel = hub.clock.after(LEAVE_MS, () => {
      for (const { socket } of hub.connections) socket.terminate();
    });
    await Promise.all(gone);
    cancel();
  }

  #hubOver(turns: Turns): Hub {
    this.#hub ??= new Hub(turns, this.#options);
    return this.#hub;
  }
}

/** Rasa's names of what is `auth` here. The rest is checked by `resolveOptions`, key by key. */
function fromRasa(credentials: Readonly<Record<string, unknown>>): WebSocketOptions {
  const { jwt_key: key, jwt_method: method, ...options } = credentials;
  if (key === undefined && method === undefined) return options;
  const isMethod = method === undefined || typeof method === 'string';
  if (options['auth'] !== undefined || typeof key !== 'string' || !isMethod) {
    throw new ConfigurationError('give jwt_key (a text) with jwt_method, or auth', {
      channel: 'websocket',
    });
  }
  const algorithms = method === undefined ? {} : { algorithms: [method] };
  return { ...options, auth: { type: 'jwt', key, ...algorithms } };
}
