import type { KeyedValues } from '@trunkline/core';
import { bare, platformOf, senderKey, type Sender } from './accounts.ts';

/** What a user asked for with one of Twilio's keywords. */
export type Wish = 'opted_out' | 'opted_in' | 'help';

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
}

/**
 * What a message asks for, beside any conversation; `null` where it asks for nothing of the kind.
 *
 * @param optOutType - Advanced Opt-Out's word on it.
 * @param advanced - Whether that word is the only one.
 * @param isOptedOut - Looked up where it matters.
 */
export async function askedFor(
  { text, optOutType, sender }: { text: string | null; optOutType: string | null; sender: Sender },
  advanced: boolean,
  isOptedOut: () => Promise<boolean>,
): Promise<Asked | null> {
  const keyword = (text ?? '').trim().toUpperCase();
  const byType = optOutType === null ? undefined : BY_TYPE[optOutType];
  if (byType !== undefined) return { wish: byType, keyword, isAnswered: true };
  if (advanced) return null;
  const wish = KEYWORDS.get(keyword) ?? null;
  if (wish !== null) return { wish, keyword, isAnswered: answersByItself(sender) };
  if (keyword !== YES || !(await isOptedOut())) return null;
  return { wish: 'opted_in', keyword, isAnswered: answersByItself(sender) };
}

/**
 * Whether Twilio handles the keywords of a sender without Advanced Opt-Out: not those of WhatsApp
 * and its like, nor of a short code outside a service.
 *
 * @see https://help.twilio.com/articles/223181748
 */
function answersByItself({ from, service }: Sender): boolean {
  const isPhone = from === null || platformOf(from) === null || platformOf(from) === 'rcs';
  const isShortCode = /^\d{3,8}$/.test(from ?? '');
  return isPhone && !(isShortCode && service === null);
}

const NAMESPACE = 'opted-out';

/** Who has opted out of what. Kept until they opt in again. */
export class Consent {
  readonly #values: KeyedValues;

  constructor(values: KeyedValues) {
    this.#values = values;
  }

  /** Whether nothing may be sent to the address by this sender. */
  async isOptedOut(sender: Sender, to: string): Promise<boolean> {
    return (await this.#values.get(NAMESPACE, keyOf(sender, to))) !== null;
  }

  /** Notes that somebody has opted out. */
  async optOut(sender: Sender, to: string, because: string): Promise<void> {
    await this.#values.set(NAMESPACE, keyOf(sender, to), { because });
  }

  /** Notes that somebody has opted in again. */
  async optIn(sender: Sender, to: string): Promise<void> {
    await this.#values.delete(NAMESPACE, keyOf(sender, to));
  }
}

/** SMS, MMS and RCS share their opt-outs since March 2026; WhatsApp has its own. */
function keyOf(sender: Sender, to: string): string {
  return `${senderKey(sender)} ${platformOf(to) === 'rcs' ? bare(to) : to}`;
}

function wordsFor(wish: Wish, words: string): [string, Wish][] {
  return words.split(' ').map((word) => [word, wish]);
}
