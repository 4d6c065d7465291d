import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ConfigurationError } from '../errors.ts';
import { routesAsMiddleware } from '../http/middleware.ts';
import { isJsonObject } from '../message/json.ts';
import type { Address, Metadata } from '../message/user-message.ts';
import { turnsOver, type OnNewMessage, type Turns } from '../turns/contract.ts';
import type { OutputChannel } from './output-channel.ts';

/** One HTTP route, written for Node's own request and response, so that it runs under any server. */
export interface Route {
  /** `GET`, `POST`, … in capitals. A `GET` route answers `HEAD` too. */
  method: string;
  /**
   * The path below the channel's prefix, `/webhook` say. Ends it in `/*`, it stands for everything
   * below; with a `*` as another of its parts, for anything in this place, slashes too.
   * {@link pathOf} then tells what was asked for.
   */
  path: string;
  /**
   * Answers. An error that it throws is answered for it, with the status that fits the error.
   * It MUST end the response or throw, and MUST NOT do both.
   */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void> | void;
  /**
   * Called ahead of every answer at the path, also of one that is given for the channel: to a method that
   * is not known, or after an error. Sets headers that all of them need, those of CORS say, and MUST NOT
   * answer. Routes of one path may share a function, which is then called once. Default: nothing is.
   */
  prepare?: (req: IncomingMessage, res: ServerResponse) => void;
}

/** What takes over connections (WebSocket) below a channel's prefix. */
export interface UpgradeHandler {
  /** The path below the channel's prefix, `/ws` say. */
  path: string;
  /**
   * Takes the connection over: MUST answer it, end it, or throw. What it throws is answered and logged as
   * what a route throws. The arguments of Node's `upgrade` event.
   */
  handle(req: IncomingMessage, socket: Duplex, head: Buffer): void | Promise<void>;
}

/**
 * A channel's routes as a function that Express, Connect and their like mount:
 * `app.use('/webhooks/rest', channel.blueprint(onNewMessage))`. An Express Router is one.
 */
export type Blueprint = {
  // A method's parameters are compared loosely, so that a Router over Express's own request fits.
  mount(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): unknown;
}['mount'];

/**
 * Receives users' messages from a platform and hands them on.
 *
 * An author MUST give a {@link InputChannel.name} and implement either
 * {@link InputChannel.routes} or {@link InputChannel.blueprint}, with at least `GET /` (health) and
 * `POST /webhook`. A message's metadata SHOULD come from {@link InputChannel.getMetadata}. What an
 * assistant threw MUST NOT be shown to the caller: it may hold anything.
 *
 * A channel whose platform is answered at once MUST implement
 * {@link InputChannel.getOutputChannel}, hand its messages to `turns.accept`, and answer the
 * platform only after that resolved: 503 where it resolved to `refused`, or the message is lost.
 *
 * @see Rasa's `InputChannel`
 */
export abstract class InputChannel {
  /**
   * The channel's name: its URL prefix, its key in `credentials.yml`, the value of `channel:` in a
   * response variation and of `?output_channel=`. Two instances of one class need two names.
   */
  abstract readonly name: string;

  /**
   * Where the routes are mounted, without a slash at the end: `/webhooks/slack`, or `''` for the root. A
   * line sets it before it asks for routes; `null` in a channel that is in no line. What is in front of
   * the line, Express's own prefix say, it does not know.
   */
  mountPath: string | null = null;

  /**
   * The path that the routes are mounted on below the server's `/webhooks/`. Not empty; one that
   * begins with `/` is mounted there instead. Default: the name.
   */
  urlPrefix(): string {
    return this.name;
  }

  /**
   * Further prefixes that the same routes are mounted on, for webhooks that are configured elsewhere
   * under an older name. One that another channel has as its own is left to that channel.
   */
  urlAliases(): readonly string[] {
    return [];
  }

  /** The channel's routes, below its prefix. */
  routes(_turns: Turns): Route[] {
    throw new ConfigurationError(
      'the channel needs to provide routes(turns) or blueprint(onNewMessage)',
      { channel: this.name },
    );
  }

  /**
   * The same in Rasa's form. Override this instead of {@link InputChannel.routes} where you want Express's
   * request and response: return an Express Router. Default: {@link InputChannel.routes} as a function
   * `(req, res, next)`.
   */
  blueprint(onNewMessage: OnNewMessage): Blueprint {
    return routesAsMiddleware(this.routes(turnsOver(this.name, onNewMessage)));
  }

  /** For channels that take over connections. */
  upgrade?(turns: Turns): UpgradeHandler;

  /**
   * How to reach a conversation without a request at hand: a new object a call. Needed for
   * `turns.accept` and for proactive messages.
   */
  getOutputChannel?(address: Address): OutputChannel;

  /**
   * What of a request the assistant gets as the message's metadata. Override it in a subclass to
   * pass on a header, say.
   *
   * @param request - Node's request.
   * @param body - Its parsed body, where the channel has read one.
   */
  getMetadata(_request: IncomingMessage, _body?: unknown): Metadata | null {
    return null;
  }

  /** Whether the channel can work, for `GET /ready`: rejects with the reason if not. */
  ready?(): Promise<void>;

  /** Lets go of what the channel holds. Called once, after the last turn. */
  close?(): Promise<void>;

  /**
   * Makes the channel from its section of `credentials.yml`, `null` for an empty one. Default:
   * without options, of which the section must hold none but the channel's name.
   *
   * @throws ConfigurationError - an option is missing, unknown or malformed; the error names its key.
   */
  static fromCredentials(credentials: unknown): InputChannel {
    // Called on a subclass, which is not abstract and whose options are optional.
    const channel = new (this as unknown as new () => InputChannel)();
    refuseOptions(this.name, channel.name, credentials ?? {});
    return channel;
  }
}

/** Of a class that takes none they would be lost, but for the name that its channels have anyway. */
function refuseOptions(className: string, channel: string, credentials: unknown): void {
  const fail = (what: string, at: { option?: string } = {}): never => {
    const text = `${className} has no fromCredentials(credentials) to take ${what}`;
    throw new ConfigurationError(text, { channel, ...at });
  };
  if (!isJsonObject(credentials)) return fail('what is there: write one, or leave it out');
  const { name = channel, ...others } = credentials;
  const [option] = Object.keys(others);
  if (option !== undefined) fail(`"${option}": write one, or leave it out`, { option });
  if (name !== channel)
    fail(`the name ${JSON.stringify(name)} from: write one`, { option: 'name' });
}

/** Whether a channel is written as an Express Router. */
export function hasOwnBlueprint(channel: InputChannel): boolean {
  return channel.blueprint !== InputChannel.prototype.blueprint;
}
