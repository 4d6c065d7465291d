import type { Clock } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import type { ChannelEvent } from '../message/event.ts';
import { whenThere, type MaybePromise } from '../maybe-promise.ts';
import { isJsonObject, type JsonValue } from '../message/json.ts';
import type { Metadata, UserMessage } from '../message/user-message.ts';
import type { KeyedValues } from '../store/contract.ts';

/** When a conversation counts as begun anew. */
export interface SessionOptions {
  /**
   * How long a conversation may be silent before its next message begins a session, in minutes, to
   * a tenth. 0: it never begins again. @defaultValue 60
   *
   * @see Rasa's `session_expiration_time`
   */
  expiryMinutes?: number;
}

/** A conversation's session. */
export interface Session {
  /** When it began, in milliseconds since 1970. */
  startedAt: number;
  /** When it was last written that the user is there. */
  seenAt: number;
  /** The metadata of the message that it began with. */
  metadata: Metadata | null;
}

const NAMESPACE = 'session';

const MINUTE_MS = 60_000;

/** How long one that never ends is kept after its last message. */
const FOREVER_MS = 365 * 24 * 60 * MINUTE_MS;

/** Sessions: when a conversation begins, and begins again after a silence. */
export class Sessions {
  readonly #values: KeyedValues;
  readonly #clock: Clock;
  readonly #expiryMs: number;

  constructor(values: KeyedValues, clock: Clock, options: SessionOptions = {}) {
    this.#values = values;
    this.#clock = clock;
    this.#expiryMs = Math.round(expiryOf(options) * MINUTE_MS) || FOREVER_MS;
  }

  /** The session that is under way; `null` where the next message begins one. */
  find(key: string): MaybePromise<Session | null> {
    return whenThere(this.#values.get(NAMESPACE, key), (stored) => sessionOf(stored?.value));
  }

  /** A message came in: goes on with the session that was found, or begins one with its metadata. */
  note(key: string, found: Session | null, metadata: Metadata | null): MaybePromise<void> {
    const seenAt = this.#clock.now();
    // To be written at every message would cost every turn a commit. A clock may have been set back.
    if (found !== null && Math.abs(seenAt - found.seenAt) < this.#expiryMs / 10) return;
    const session = found ?? { startedAt: seenAt, metadata };
    const keep = { ttlMs: this.#expiryMs };
    return whenThere(this.#values.set(NAMESPACE, key, { ...session, seenAt }, keep), () => {});
  }

  /** There is no session: the next message begins one. */
  forget(key: string): MaybePromise<void> {
    return whenThere(this.#values.delete(NAMESPACE, key), () => {});
  }
}

function sessionOf(value: JsonValue | undefined): Session | null {
  if (!isJsonObject(value)) return null;
  const { startedAt, seenAt, metadata } = value;
  return {
    startedAt: Number(startedAt),
    seenAt: Number(seenAt),
    metadata: isJsonObject(metadata) ? metadata : null,
  };
}

/** @throws ConfigurationError */
function expiryOf({ expiryMinutes = 60, ...others }: SessionOptions): number {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new ConfigurationError(`unknown option session.${unknown}: there is expiryMinutes`);
  }
  if (!Number.isFinite(expiryMinutes) || expiryMinutes < 0) {
    throw new ConfigurationError(
      'session.expiryMinutes must be a number of minutes, or 0 for a session that never ends',
    );
  }
  return expiryMinutes;
}

/**
 * The event of a session that begins with a message.
 *
 * @see Rasa's `session_started_metadata`
 */
export function sessionStarted(message: UserMessage, metadata: Metadata | null): ChannelEvent {
  const { senderId, account, address } = message;
  return { type: 'session_started', senderId, account, address, data: { metadata } };
}
