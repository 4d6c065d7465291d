import type { Clock } from '../clock.ts';
import { isJsonObject, type JsonValue } from '../message/json.ts';
import type { Address, UserMessage } from '../message/user-message.ts';
import type { KeyedLists } from '../store/contract.ts';

/** Where a user was last heard of. */
export interface LastSeen {
  /** The channel's name. */
  channel: string;
  /** The account, where the channel serves several. */
  account: string | null;
  /** What the channel's `getOutputChannel` is given. */
  address: Address;
}

const NAMESPACE = 'last-seen';

/** How long it is known where somebody was, to a tenth. */
const TTL_MS = 365 * 24 * 60 * 60 * 1000;

/** It is written when it changes, and before it is forgotten. */
interface Noted extends LastSeen {
  /** When it was written, in milliseconds since 1970. */
  at: number;
}

/**
 * The last channel that a sender was on, and the address there. Only deferred messages count: their
 * platforms have authenticated them, while anybody may post a sender id over REST.
 *
 * Kept as a list of one: lists are what the memory store bounds over all of them.
 */
export class LastSeenBook {
  readonly #lists: KeyedLists;
  readonly #clock: Clock;

  constructor(lists: KeyedLists, clock: Clock) {
    this.#lists = lists;
    this.#clock = clock;
  }

  /** Where a sender was last, or `null`. */
  async of(senderId: string): Promise<LastSeen | null> {
    const noted = await this.#find(senderId);
    if (noted === null) return null;
    const { channel, account, address } = noted;
    return { channel, account, address };
  }

  /** A message came in. */
  async note(channel: string, { senderId, account, address }: UserMessage): Promise<void> {
    if (address === null) return;
    const now = this.#clock.now();
    const known = await this.#find(senderId);
    const noted = { channel, account, address, at: known?.at ?? now };
    const isSame = known !== null && JSON.stringify(known) === JSON.stringify(noted);
    if (isSame && now - known.at < TTL_MS / 10) return;
    const items = [{ ...noted, at: now }];
    await this.#lists.append(NAMESPACE, senderId, items, { maxItems: 1, ttlMs: TTL_MS });
  }

  async #find(senderId: string): Promise<Noted | null> {
    const [value = null] = await this.#lists.last(NAMESPACE, senderId, 1);
    return isNoted(value) ? value : null;
  }
}

function isNoted(value: JsonValue): value is JsonValue & Noted {
  return isJsonObject(value) && typeof value['channel'] === 'string';
}
