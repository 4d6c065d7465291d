import type { Clock } from '../clock.ts';
import type { ChannelEvent } from '../message/event.ts';
import { isJsonObject } from '../message/json.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { KeyedValues } from '../store/contract.ts';
import { wholeNumbers } from './limits.ts';

/** When a conversation counts as begun anew. */
export interface SessionOptions {
  /**
   * How long a conversation may be silent before its next message begins a session, in
   * milliseconds, to a tenth. @defaultValue 1 hour, as in Rasa
   */
  expiryMs?: number;
}

const NAMESPACE = 'session';

/** Sessions: when a conversation begins, and begins again after a silence. */
export class Sessions {
  readonly #values: KeyedValues;
  readonly #clock: Clock;
  readonly #expiryMs: number;

  constructor(values: KeyedValues, clock: Clock, options: SessionOptions = {}) {
    this.#values = values;
    this.#clock = clock;
    this.#expiryMs = wholeNumbers('session', { expiryMs: 60 * 60 * 1000 }, options).expiryMs;
  }

  /** Whether a conversation has none under way: its next message begins one. */
  async isOver(key: string): Promise<boolean> {
    return (await this.#values.get(NAMESPACE, key)) === null;
  }

  /** A message came in. */
  async note(key: string): Promise<void> {
    const now = this.#clock.now();
    const session = (await this.#values.get(NAMESPACE, key))?.value ?? null;
    const isKnown = isJsonObject(session);
    // To be written at every message would cost every turn a commit.
    if (isKnown && now - Number(session['seenAt']) < this.#expiryMs / 10) return;
    const startedAt = isKnown ? Number(session['startedAt']) : now;
    await this.#values.set(NAMESPACE, key, { startedAt, seenAt: now }, { ttlMs: this.#expiryMs });
  }
}

/**
 * The event of a session that begins with a message.
 *
 * @see Rasa's `session_started_metadata`
 */
export function sessionStarted(message: UserMessage): ChannelEvent {
  const { senderId, account, address, metadata } = message;
  return { type: 'session_started', senderId, account, address, data: { metadata } };
}
