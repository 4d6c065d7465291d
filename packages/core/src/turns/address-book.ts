import type { Clock } from '../clock.ts';
import { ProactiveError } from '../errors.ts';
import { whenThere, type MaybePromise } from '../maybe-promise.ts';
import { isJsonObject, isSameJson, type JsonValue } from '../message/json.ts';
import type { Address, UserMessage } from '../message/user-message.ts';
import type { KeyedLists } from '../store/contract.ts';
import { conversationKey } from './conversation-key.ts';

/** Where a user was last heard of. */
export interface LastSeen {
  /** The channel's name. */
  channel: string;
  /** The account, where the channel serves several. */
  account: string | null;
  /** What the channel's `getOutputChannel` is given. */
  address: Address;
}

/** Where somebody is reached, and the conversation's key there. */
export interface Place extends LastSeen {
  /** What the conversation was known by when it was last heard of. */
  key: string;
}

/** It is written when it changes, and before it is forgotten. */
interface Noted extends Place {
  /** When it was written, in milliseconds since 1970. */
  at: number;
}

/** By sender id: where somebody was last. */
const LAST_SEEN = 'last-seen';
/** By channel, account and sender id: the address there that the platform vouches for. */
const ADDRESS = 'address';
/** The same of sender ids that are only claimed: a claim must never take the place of an address. */
const CLAIMED = 'address-claimed';
/** By channel and sender id: the accounts that the platform vouches for the sender id on. */
const ACCOUNTS = 'address-accounts';

/** So many accounts of one sender id are told apart; with more, one has to be named anyway. */
const MAX_ACCOUNTS = 8;

/** How long it is known where somebody was, to a tenth. */
const TTL_MS = 365 * 24 * 60 * 60 * 1000;

/**
 * Where senders are reached: on the last channel that they were on, and on each that they ever were
 * on. Only deferred messages count: anybody may post a sender id over REST. A sender id that is only
 * claimed is kept apart for those who name its account, and is nobody's last channel.
 *
 * Kept as lists of one: lists are what the memory store bounds over all of them.
 */
export class AddressBook {
  readonly #lists: KeyedLists;
  readonly #clock: Clock;

  constructor(lists: KeyedLists, clock: Clock) {
    this.#lists = lists;
    this.#clock = clock;
  }

  /** Where a sender was last, or `null`. */
  async latest(senderId: string): Promise<Place | null> {
    return placeOf(await this.#find(LAST_SEEN, senderId));
  }

  /**
   * Where a sender is reached on a channel, or `null`: what is only claimed counts where nothing else is
   * known, and the account is named.
   *
   * @param account - `undefined` for the only one that the sender was on.
   * @throws ProactiveError - there are several.
   */
  async on(channel: string, senderId: string, account?: string | null): Promise<Place | null> {
    if (account === undefined) {
      const accounts = await this.#accounts(channel, senderId);
      if (accounts.length > 1) throw ambiguous(channel, accounts);
      const [only] = accounts;
      if (only === undefined) return null;
      const name = conversationKey({ channel, account: only, senderId });
      return placeOf(await this.#find(ADDRESS, name));
    }
    const name = conversationKey({ channel, account, senderId });
    return placeOf((await this.#find(ADDRESS, name)) ?? (await this.#find(CLAIMED, name)));
  }

  /** A message came in. */
  note(channel: string, key: string, message: UserMessage): MaybePromise<void> {
    const { senderId, account, address, authenticated } = message;
    if (address === null) return;
    const place: Place = { channel, account, address, key };
    const name = conversationKey({ channel, account, senderId });
    if (!authenticated) {
      return whenThere(this.#isNoted(CLAIMED, name, place), (isKnown) =>
        isKnown ? undefined : this.#write(CLAIMED, name, place),
      );
    }
    // One look is enough: this is written after all else.
    return whenThere(this.#isNoted(LAST_SEEN, senderId, place), (isKnown) =>
      isKnown ? undefined : this.#writeAll(senderId, name, place),
    );
  }

  async #writeAll(senderId: string, name: string, place: Place): Promise<void> {
    const { channel, account } = place;
    // An account that is known has an address.
    await this.#write(ADDRESS, name, place);
    await this.#noteAccount(channel, senderId, account);
    // Last: where this is known, the rest is.
    await this.#write(LAST_SEEN, senderId, place);
  }

  /** Whether a place is written down already, and not to be forgotten soon. */
  #isNoted(book: string, name: string, place: Place): MaybePromise<boolean> {
    return whenThere(this.#find(book, name), (known) => {
      if (known === null || this.#clock.now() - known.at >= TTL_MS / 10) return false;
      return isSamePlace(known, place);
    });
  }

  async #accounts(channel: string, senderId: string): Promise<(string | null)[]> {
    const name = conversationKey({ channel, account: null, senderId });
    const items = await this.#lists.last(ACCOUNTS, name, MAX_ACCOUNTS);
    return [...new Set(items.map((item) => (typeof item === 'string' ? item : null)))];
  }

  async #noteAccount(channel: string, senderId: string, account: string | null): Promise<void> {
    const name = conversationKey({ channel, account: null, senderId });
    const others = (await this.#accounts(channel, senderId)).filter((other) => other !== account);
    // All of them again: an address that changes often must not push the other accounts out.
    const items = [...others, account];
    await this.#lists.append(ACCOUNTS, name, items, { maxItems: MAX_ACCOUNTS, ttlMs: TTL_MS });
  }

  async #write(book: string, name: string, place: Place): Promise<void> {
    const noted = { at: this.#clock.now(), ...place };
    await this.#lists.append(book, name, [noted], { maxItems: 1, ttlMs: TTL_MS });
  }

  #find(book: string, name: string): MaybePromise<Noted | null> {
    return whenThere(this.#lists.last(book, name, 1), ([value = null]) =>
      isNoted(value) ? value : null,
    );
  }
}

function placeOf(noted: Noted | null): Place | null {
  if (noted === null) return null;
  const { channel, account, address, key } = noted;
  return { channel, account, address, key };
}

function isSamePlace(one: Place, { channel, account, address, key }: Place): boolean {
  const isThere = one.channel === channel && one.account === account && one.key === key;
  return isThere && isSameJson(one.address, address);
}

function isNoted(value: JsonValue): value is JsonValue & Noted {
  return isJsonObject(value) && typeof value['channel'] === 'string';
}

function ambiguous(channel: string, accounts: readonly (string | null)[]): ProactiveError {
  const names = accounts.map((account) => account ?? '(none)').join(', ');
  return new ProactiveError(
    `the conversation is known on several accounts of the channel: name one of ${names}`,
    { channel, status: 409, code: 'ambiguous' },
  );
}
