import type { RequestListener } from 'node:http';
import type { InputChannel } from '../channel/input-channel.ts';
import type { Clock } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { Responses } from '../responses/responses.ts';
import { isJsonObject } from '../message/json.ts';
import { assertKnownOptions } from '../names.ts';
import type { Store } from '../store/contract.ts';
import type { Hooks } from '../telemetry.ts';
import type { Apology } from '../turns/apology.ts';
import type { Assistant } from '../turns/assistant.ts';
import type { DeliveryOptions } from '../turns/delivery-options.ts';
import type { HistoryOptions } from '../turns/history.ts';
import type { TurnLimits } from '../turns/limits.ts';
import type { Overlap, OverlapOptions } from '../turns/overlap.ts';
import type { SessionOptions } from '../turns/sessions.ts';
import type { ApiOptions } from './api/options.ts';

/** What a `Trunkline` is made of. */
export interface TrunklineOptions extends Hooks {
  /** The channels that users are on. Two of them never have the same name. */
  channels: readonly InputChannel[];
  /** Whatever answers. */
  assistant: Assistant;
  /** What `reply.utter` says. @defaultValue none */
  responses?: Responses;
  /** Where turns, locks and values live; closed with the line. @defaultValue a new `MemoryStore` */
  store?: Store;
  /** Where log lines go. @defaultValue nowhere */
  logger?: Logger;
  /** What the channels are mounted below; `null` for nothing. @defaultValue `/webhooks/` */
  route?: string | null;
  /** The bounds that turns keep. */
  turns?: TurnLimits;
  /** What happens to messages that arrive while one of their conversation is handled. @defaultValue `queue` */
  overlap?: Overlap | OverlapOptions;
  /** How deferred turns deal with a platform that cannot be reached, and with crashes. */
  delivery?: DeliveryOptions;
  /** When a conversation counts as begun anew. */
  session?: SessionOptions;
  /**
   * What is said to the user where the assistant has failed. It counts as the answer; without one, a
   * live turn fails and a deferred turn becomes a dead letter.
   */
  apology?: Apology;
  /** How much of what was said `reply.history` knows. */
  history?: HistoryOptions;
  /**
   * Links one user over several channels on purpose: messages with the same key are one
   * conversation. `undefined` keeps the usual key. Link only what the platforms have authenticated.
   *
   * It MUST go by the channel, the account and the sender id alone: an event, or a user who stops an
   * answer, comes as a message that has nothing else, and belongs to the same conversation.
   */
  conversationKey?: (message: UserMessage, channel: string) => string | undefined;
  /**
   * Opens `POST /conversations/<id>/messages` and `POST /conversations/<id>/trigger_intent` to those
   * who have a token. @defaultValue nobody: they are not there
   */
  api?: ApiOptions;
  /** Time. @defaultValue the machine's */
  clock?: Clock;
}

/** Options of `Trunkline.listen`. */
export interface ListenOptions {
  /** The address to listen on. @defaultValue all */
  host?: string;
  /** Answers everything that is not ours: an Express application, say. @defaultValue 404 */
  fallback?: RequestListener;
}

const NAMES: Record<keyof TrunklineOptions, true> = {
  channels: true,
  assistant: true,
  responses: true,
  store: true,
  logger: true,
  route: true,
  turns: true,
  overlap: true,
  delivery: true,
  session: true,
  apology: true,
  history: true,
  conversationKey: true,
  api: true,
  clock: true,
  onError: true,
  onTurn: true,
  onSend: true,
};

/**
 * Checks what the compiler cannot where nobody uses it.
 *
 * @throws ConfigurationError - an option is unknown, or the channels are none.
 */
export function checkOptions(options: TrunklineOptions): void {
  assertKnownOptions(options, Object.keys(NAMES));
  for (const [name, check] of Object.entries(SHAPES)) {
    const value: unknown = Reflect.get(options, name);
    if (value === undefined || check.fits(value)) continue;
    throw new ConfigurationError(`${name} must be ${check.what}, and is ${shown(value)}`);
  }
  if (!Array.isArray(options.channels)) {
    throw new ConfigurationError('channels must be a list of channels: [new RestInput()] say');
  }
  for (const channel of options.channels as unknown[]) checkChannel(channel);
  if (typeof options.overlap !== 'object') return;
  for (const name of Object.keys(options.overlap.channels ?? {})) {
    if (options.channels.some((channel) => channel.name === name)) continue;
    throw new ConfigurationError(`overlap.channels names "${name}", and no channel has this name`);
  }
}

/** What some options must be, by their shape: with two copies of this package, there are two classes of a name. */
const SHAPES: Record<string, { what: string; fits: (value: unknown) => boolean }> = {
  turns: { what: 'an object of options', fits: isJsonObject },
  overlap: {
    what: 'a mode or an object of options',
    fits: (value) => typeof value === 'string' || isJsonObject(value),
  },
  delivery: { what: 'an object of options', fits: isJsonObject },
  history: { what: 'an object of options', fits: isJsonObject },
  session: { what: 'an object of options', fits: isJsonObject },
  conversationKey: {
    what: 'a function (message, channel) => key',
    fits: (value) => value === null || typeof value === 'function',
  },
  route: {
    what: 'a path, or null',
    fits: (value) => value === null || typeof value === 'string',
  },
  store: {
    what: 'a store, new SqliteStore({ file }) say',
    fits: hasAll('lock', 'turns', 'values'),
  },
  clock: { what: 'a clock', fits: hasAll('now', 'after') },
};

/** Whether something that is given has all of these members. */
function hasAll(...names: string[]): (value: unknown) => boolean {
  return (value) => value === null || names.every((name) => Reflect.has(Object(value), name));
}

function shown(value: unknown): string {
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `of type ${typeof value}`;
}

/** By its shape: with two copies of this package installed, there are two classes of this name. */
function checkChannel(channel: unknown): void {
  if (typeof channel === 'function') {
    throw new ConfigurationError(
      `channels holds the class ${channel.name}: make a channel of it, new ${channel.name}()`,
    );
  }
  const { name, urlPrefix, routes, constructor } = Object(channel) as Partial<InputChannel>;
  if (typeof urlPrefix !== 'function' || typeof routes !== 'function') {
    throw new ConfigurationError('channels holds something that does not extend InputChannel');
  }
  if (typeof name !== 'string' || name === '') {
    throw new ConfigurationError(`a channel of class ${constructor?.name ?? '?'} has no name`);
  }
}
