import { isJsonObject, type JsonValue, type KeyedValues } from '@trunkline/core';
import { bare, platformOf, samePhone, senderKey, type Sender } from './accounts.ts';

/** What a user asked for with one of Twilio's keywords. */
type Wish = 'opted_out' | 'opted_in' | 'help';

/**
 * The words that Twilio takes for a wish, where nothing else is configured: alone, in any case.
 *
 * @see https://help.twilio.com/articles/223134027
 */
const KEYWORDS: ReadonlyMap<string, Wish> = new Map([
  ...wordsFor('opted_out', 'STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT'),
  ...wordsFor('opted_in', 'START UNSTOP'),
  ...wordsFor('help', 'HELP INFO'),
]);
/** Opts in, but only who has opted out: else it is an answer like any other. */
const YES = 'YES';
/**
 * Numbers whose network keeps the opt-outs, and knows no YES.
 *
 * @see https://help.twilio.com/articles/360058144374
 */
const TOLL_FREE = /^\+18(?:00|33|44|55|66|77|88)\d{7}$/;
/** What means nothing else, also where no network asks for the others: "cancel" may be a choice. */
const PLAIN_STOPS: ReadonlySet<string> = new Set(['STOP', 'STOPALL', 'UNSUBSCRIBE', 'OPTOUT']);

const BY_TYPE: Readonly<Record<string, Wish>> = {
  STOP: 'opted_out',
  START: 'opted_in',
  HELP: 'help',
};

/** A wish, and whether Twilio has answered it: then nobody else should. */
export interface Asked {
  wish: Wish;
  /** The word that was said. */
  keyword: string;
  isAnswered: boolean;
  /** Whether it is a wish only of somebody who has opted out; else a message for the assistant. */
  needsOptOut: boolean;
}

/**
 * What a message asks for, beside any conversation; `null` where it is one for the assistant.
 *
 * @param optOutType - Advanced Opt-Out's word on it.
 * @param advanced - Whether that word is the only one.
 */
export function askedFor(
  { text, optOutType, sender }: { text: string | null; optOutType: string | null; sender: Sender },
  advanced: boolean,
): Asked | null {
  const keyword = (text ?? '').trim().toUpperCase();
  const byType = optOutType === null ? undefined : BY_TYPE[optOutType];
  const needsOptOut = false;
  if (byType !== undefined) return { wish: byType, keyword, isAnswered: true, needsOptOut };
  if (advanced) return null;
  const isYes = keyword === YES && !TOLL_FREE.test(sender.from ?? '');
  const wish = KEYWORDS.get(keyword) ?? (isYes ? 'opted_in' : null);
  if (wish === null) return null;
  const isAnswered = answersByItself(sender);
  const asked: Asked = { wish, keyword, isAnswered, needsOptOut };
  if (wish === 'opted_out')
    return isAnswered || isShortCode(sender) || PLAIN_STOPS.has(keyword) ? asked : null;
  // What Twilio has not answered is for the assistant, as is a "Yes" of somebody who is in already.
  if (wish === 'opted_in' && (isYes || !isAnswered)) return { ...asked, needsOptOut: true };
  return isAnswered ? asked : null;
}

/**
 * Whether Twilio handles the keywords of a sender without Advanced Opt-Out: not those of WhatsApp
 * and its like, nor of a short code outside a service.
 *
 * @see https://help.twilio.com/articles/223181748
 */
function answersByItself(sender: Sender): boolean {
  const platform = platformOf(sender.from ?? '');
  const isPhone = platform === null || platform === 'rcs';
  return isPhone && !(isShortCode(sender) && sender.service === null);
}

const isShortCode = ({ from }: Sender): boolean => /^\d{3,8}$/.test(from ?? '');

const NAMESPACE = 'opted-out';

/** Who has opted out of what. Kept until they opt in again. */
export class Consent {
  readonly #values: KeyedValues;
  #changes = 0;

  constructor(values: KeyedValues) {
    this.#values = values;
  }

  /** Whether nothing may be sent to the address by this sender. */
  async isOptedOut(sender: Sender, to: string): Promise<boolean> {
    const [key, ...others] = keysOf(sender, to);
    const own = this.#values.get(NAMESPACE, key);
    if (others.length === 0) return await this.#counts(await own);
    const more = others.map((other) => this.#values.get(NAMESPACE, other));
    for (const noted of await Promise.all([own, ...more])) {
      if (await this.#counts(noted)) return true;
    }
    return false;
  }

  /** What was noted of a number as one of a service counts while it does for the service. */
  async #counts(noted: { value: JsonValue } | null): Promise<boolean> {
    if (noted === null) return false;
    const service = isJsonObject(noted.value) ? noted.value['service'] : undefined;
    return typeof service !== 'string' || (await this.#values.get(NAMESPACE, service)) !== null;
  }

  /** How often this process has noted something: what was read before may not be so any more. */
  get changes(): number {
    return this.#changes;
  }

  /** Notes that somebody has opted out. */
  async optOut(sender: Sender, to: string, because: string): Promise<void> {
    const [key, ...others] = keysOf(sender, to);
    try {
      await this.#values.set(NAMESPACE, key, { because });
      // Somebody opts in again by another sender of the service, who knows nothing of this one.
      for (const other of others) {
        await this.#values.set(NAMESPACE, other, { because, service: key });
      }
    } finally {
      // Also where one of them failed: the other may be there.
      this.#changes++;
    }
  }

  /** Notes that somebody has opted in again. */
  async optIn(sender: Sender, to: string): Promise<void> {
    for (const key of keysOf(sender, to)) await this.#values.delete(NAMESPACE, key);
    this.#changes++;
  }
}

/**
 * What opt-outs are kept under: the service and the number, as far as each is known. One request or
 * address names both, another only one of them.
 *
 * SMS, MMS and RCS share their opt-outs since March 2026; WhatsApp has its own.
 */
function keysOf(sender: Sender, to: string): [string, ...string[]] {
  const user = samePhone(platformOf(to) === 'rcs' ? bare(to) : to);
  const own = `${senderKey(sender)} ${user}`;
  if (sender.service === null || sender.from === null) return [own];
  return [own, `${senderKey({ ...sender, service: null })} ${user}`];
}

function wordsFor(wish: Wish, words: string): [string, Wish][] {
  return words.split(' ').map((word) => [word, wish]);
}
