import { ConfigurationError } from '@trunkline/core';
import type { ResolvedSmsAccount } from './credentials.ts';

/** Whom a message was sent to, and whom an answer comes from. */
export interface Sender {
  /** The account, with what it signs and sends with. */
  account: ResolvedSmsAccount;
  /** Our number or channel address, as Twilio writes it; `null` where the service picks one. */
  from: string | null;
  /** The Messaging Service that the sender is in. */
  service: string | null;
}

/** The accounts of a channel, and which of them a message concerns. */
export class Accounts {
  readonly #accounts: readonly ResolvedSmsAccount[];
  readonly #channel: string;
  /** The auth tokens of each account; those of all under `null`. */
  readonly #tokens = new Map<string | null, readonly string[]>();

  constructor(accounts: readonly ResolvedSmsAccount[], channel: string) {
    this.#accounts = accounts;
    this.#channel = channel;
    for (const sid of new Set([null, ...accounts.map(({ accountSid }) => accountSid)])) {
      const named = accounts.filter(({ accountSid }) => sid === null || accountSid === sid);
      this.#tokens.set(sid, [...new Set(named.flatMap(({ authTokens }) => authTokens))]);
    }
  }

  /** The auth tokens of an account; those of all where it is not named. */
  tokensOf(accountSid: string | null): readonly string[] {
    return this.#tokens.get(accountSid) ?? [];
  }

  /** Any entry of an account: for its tokens. `null` if there is none. */
  of(accountSid: string): ResolvedSmsAccount | null {
    return this.#accounts.find((account) => account.accountSid === accountSid) ?? null;
  }

  /**
   * Who was written to. A number that no entry names is answered from all the same: Twilio has
   * signed that it is the account's.
   *
   * @param to - As Twilio writes it, `whatsapp:+…` too; `null` where only the service is known.
   * @param service - The Messaging Service that the request names.
   */
  receiver(accountSid: string, to: string | null, service: string | null): Sender {
    const own = this.#accounts.filter((account) => account.accountSid === accountSid);
    const byService = own.find((account) => service !== null && account.service === service);
    const phone = samePhone(bare(to ?? ''));
    const byNumber = own.find(({ number }) => number !== null && samePhone(bare(number)) === phone);
    const byPool = own.find((account) => account.number === null && account.service !== null);
    const account = byService ?? byNumber ?? byPool ?? own[0];
    // The tokens that its signature was checked with are of an account that is here.
    if (account === undefined) throw new Error(`no account ${accountSid}`);
    // Twilio names the service of a number in its pool, and refuses another number by that service (21712).
    const isInService = account === byService || account === byNumber || to === null;
    return { account, from: to, service: service ?? (isInService ? account.service : null) };
  }

  /**
   * Who writes to an address that nothing was received from.
   *
   * @param accountSid - The account; `null` for the only one, or the first.
   * @throws ConfigurationError - there is no such account.
   */
  sender(accountSid: string | null, to: string): Sender {
    const account = accountSid === null ? this.#accounts[0] : this.of(accountSid);
    if (!account) {
      throw new ConfigurationError('an address names an account that is not in the options', {
        channel: this.#channel,
      });
    }
    const { number, service } = account;
    return { account, from: number === null ? null : asChannelOf(to, number), service };
  }
}

/** An address without the platform that it is on: `whatsapp:+1…` and `+1…` are one phone. */
export function bare(address: string): string {
  return address.replace(/^[a-z]+:/, '');
}

/**
 * One writing of a phone number for all that Twilio takes for it: with blanks and brackets, and of the US
 * also without the `+` or the country. What is no phone number stays as it is.
 *
 * @see https://www.twilio.com/docs/glossary/what-e164
 */
export function samePhone(address: string): string {
  // Twilio's own writing, several times a turn.
  if (/^\+\d+$/.test(address)) return address;
  const [, platform = '', number] = /^([a-z]+:)?(\+?[\d\s().-]+)$/.exec(address) ?? [];
  if (number === undefined) return address;
  const digits = number.replaceAll(/[\s().-]/g, '');
  const national = /^1?(\d{10})$/.exec(digits)?.[1];
  return platform + (national === undefined ? digits : `+1${national}`);
}

/** `whatsapp` of `whatsapp:+1…`; `null` of a phone number, which is reached by SMS and MMS. */
export function platformOf(address: string): string | null {
  return /^([a-z]+):/.exec(address)?.[1] ?? null;
}

/**
 * What a sender's opt-outs and conversations are kept under: all numbers of a service are one sender.
 * RCS and SMS of a service share their opt-outs.
 *
 * @see https://help.twilio.com/articles/223134027
 */
export function senderKey({ account, from, service }: Sender): string {
  return `${account.accountSid}/${service ?? samePhone(bare(from ?? ''))}`;
}

/** Our number on the platform of the address it writes to: both ends have to be on one. */
export function asChannelOf(to: string, number: string): string {
  const platform = platformOf(to);
  const phone = /^(?:whatsapp:)?(\+?\d+)$/.exec(number)?.[1];
  if (phone === undefined) return number;
  if (platform === 'whatsapp') return `whatsapp:${phone}`;
  return platform === null ? phone : number;
}
