import type { Clock } from '../clock.ts';
import { ProactiveError } from '../errors.ts';
import { whenThere, type MaybePromise } from '../maybe-promise.ts';
import { isJsonObject, isSameJson, type JsonObject, type JsonValue } from '../message/json.ts';
import type { Address, UserMessage } from '../message/user-message.ts';
import type { KeyedLists } from '../store/contract.ts';
import { conversationKey, type ConversationParts } from './conversation-key.ts';

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
  /** When somebody was heard of there, in milliseconds since 1970. */
  at: number;
}

/** By sender id: where somebody was last. */
const LAST_SEEN = 'last-seen';
/** By channel, account and sender id: the address there that the platform vouches for, of those who were elsewhere since. */
const ADDRESS = 'address';
/** The same of sender ids that are only claimed: a claim must never take the place of an address. */
const CLAIMED = 'address-claimed';
/** By channel and sender id: the accounts of those addresses. */
const ACCOUNTS = 'address-accounts';

/** So many accounts of one sender id are told apart; with more, one has to be named anyway. */
const MAX_ACCOUNTS = 8;

/** In so many places a sender may be heard of at the same time. */
const MAX_AT_ONCE = 8;

/** How long it is known where somebody was, to a tenth. */
const TTL_MS = 365 * 24 * 60 * 60 * 1000;

/**
 * Where senders are reached: on the last channel that they were on, and on each that they ever were
 * on. Only deferred messages count: anybody may post a sender id over REST. A sender id that is only
 * claimed is kept apart for those who name its account, and is nobody's last channel.
 *
 * Most senders are only ever in one place: that is written once. Who comes from another one has both
 * written down by channel as well.
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
    const found =
      account === undefined
        ? await this.#onAny(channel, senderId)
        : await this.#onOne({ channel, account, senderId });
    return placeOf(found);
  }

  async #onOne(parts: ConversationParts): Promise<Noted | null> {
    const name = conversationKey(parts);
    const [last, kept] = await Promise.all([
      this.#find(LAST_SEEN, parts.senderId),
      this.#find(ADDRESS, name),
    ]);
    if (last !== null && isOn(last, parts)) return last;
    return kept ?? (await this.#find(CLAIMED, name));
  }

  async #onAny(channel: string, senderId: string): Promise<Noted | null> {
    const [last, accounts] = await Promise.all([
      this.#find(LAST_SEEN, senderId),
      this.#accounts(channel, senderId),
    ]);
    const isHere = last?.channel === channel;
    const others = isHere ? accounts.filter((account) => account !== last.account) : accounts;
    const kept = await Promise.all(
      others.map(
        async (account) =>
          await this.#find(ADDRESS, conversationKey({ channel, account, senderId })),
      ),
    );
    // The address of an account may be forgotten before the account is.
    const places = [...kept, isHere ? last : null].filter((place) => place !== null);
    if (places.length > 1) throw ambiguous(channel, places);
    return places[0] ?? null;
  }

  /** A message came in. */
  note(channel: string, key: string, message: UserMessage): MaybePromise<void> {
    const { senderId, account, address, authenticated } = message;
    if (address === null) return;
    const place: Noted = { at: this.#clock.now(), channel, account, address, key };
    const [book, name] = authenticated
      ? [LAST_SEEN, senderId]
      : [CLAIMED, conversationKey({ channel, account, senderId })];
    return whenThere(this.#find(book, name), (known) => {
      if (known !== null && isNoted(known, place)) return;
      if (!authenticated) return whenThere(this.#write(book, name, place), () => {});
      if (known === null) return this.#writeFirst(senderId, place);
      if (!isOn(known, place)) return this.#move(senderId, known, place);
      return whenThere(this.#write(book, name, place), () => {});
    });
  }

  /** Nobody knew the sender. */
  #writeFirst(senderId: string, place: Noted): MaybePromise<void> {
    return whenThere(this.#write(LAST_SEEN, senderId, place, MAX_AT_ONCE), (number) =>
      number === 1 ? undefined : this.#keepOvertaken(senderId),
    );
  }

  /** The sender was in another place before. */
  async #move(senderId: string, from: Noted, to: Noted): Promise<void> {
    await this.#keep(senderId, from);
    await this.#keep(senderId, to);
    await this.#write(LAST_SEEN, senderId, to, MAX_AT_ONCE);
    await this.#keepOvertaken(senderId);
  }

  /** Writes down what came between: the sender was heard of in several places at the same time. */
  async #keepOvertaken(senderId: string): Promise<void> {
    const places = await this.#lists.last(LAST_SEEN, senderId, MAX_AT_ONCE);
    for (const place of places) if (isPlace(place)) await this.#keep(senderId, place);
  }

  /** Writes a place down by its channel and account. */
  async #keep(senderId: string, place: Noted): Promise<void> {
    const { channel, account } = place;
    const name = conversationKey({ channel, account, senderId });
    const [known, accounts] = await Promise.all([
      this.#find(ADDRESS, name),
      this.#accounts(channel, senderId),
    ]);
    const isKnown = known !== null && (this.#isLater(known, place) || isNoted(known, place));
    if (isKnown && accounts.includes(account)) return;
    if (!isKnown) await this.#write(ADDRESS, name, place);
    // All of them again: an address that changes often must not push the other accounts out.
    const items = [...accounts.filter((other) => other !== account), account];
    const accountsName = conversationKey({ channel, account: null, senderId });
    await this.#lists.append(ACCOUNTS, accountsName, items, {
      maxItems: MAX_ACCOUNTS,
      ttlMs: TTL_MS,
    });
  }

  /** Whether somebody was heard of there later. What is to come is of a clock that was set. */
  #isLater(known: Noted, place: Noted): boolean {
    return known.at >= place.at && known.at <= this.#clock.now();
  }

  async #accounts(channel: string, senderId: string): Promise<(string | null)[]> {
    const name = conversationKey({ channel, account: null, senderId });
    const items = await this.#lists.last(ACCOUNTS, name, MAX_ACCOUNTS);
    return [...new Set(items.map((item) => (typeof item === 'string' ? item : null)))];
  }

  /** Resolves to the number of the item. */
  #write(book: string, name: string, place: Noted, maxItems = 1): MaybePromise<number> {
    const item: JsonObject = { ...place };
    return this.#lists.append(book, name, [item], { maxItems, ttlMs: TTL_MS });
  }

  #find(book: string, name: string): MaybePromise<Noted | null> {
    return whenThere(this.#lists.last(book, name, 1), ([value = null]) =>
      isPlace(value) ? value : null,
    );
  }
}

function placeOf(noted: Noted | null): Place | null {
  if (noted === null) return null;
  const { channel, account, address, key } = noted;
  return { channel, account, address, key };
}

function isOn(place: Place, { channel, account }: Pick<Place, 'channel' | 'account'>): boolean {
  return place.channel === channel && place.account === account;
}

function isSamePlace(one: Place, other: Place): boolean {
  return isOn(one, other) && one.key === other.key && isSameJson(one.address, other.address);
}

/** Whether a place is written down already, and not to be forgotten soon. */
function isNoted(known: Noted, place: Noted): boolean {
  return place.at - known.at < TTL_MS / 10 && isSamePlace(known, place);
}

function isPlace(value: JsonValue): value is JsonValue & Noted {
  return isJsonObject(value) && typeof value['channel'] === 'string';
}

function ambiguous(channel: string, places: readonly Place[]): ProactiveError {
  const names = places.map(({ account }) => account ?? '(none)').join(', ');
  return new ProactiveError(
    `the conversation is known on several accounts of the channel: name one of ${names}`,
    { channel, status: 409, code: 'ambiguous' },
  );
}
