import { ConfigurationError, type Address } from '@trunkline/core';
import { senderKey, type Accounts, type Sender } from './accounts.ts';

/** Where a conversation is reached: whom to write to, and who writes. */
export interface Destination {
  sender: Sender;
  /** The user's number or address, as Twilio writes it. */
  to: string;
}

/** A destination as a message's address. What is not known is left out. */
export function addressOf({ sender, to }: Destination): Address {
  const { account, from, service } = sender;
  const address: Address = { account: account.accountSid, to };
  if (from !== null) address['from'] = from;
  if (service !== null) address['service'] = service;
  return address;
}

/**
 * Reads what {@link addressOf} has written, or what somebody wrote who begins a conversation: `to` is
 * enough where there is one account.
 *
 * @throws ConfigurationError - it names nobody to write to, or an account that is not there.
 */
export function destinationOf(channel: string, accounts: Accounts, address: Address): Destination {
  const { account = null, to, from, service } = address;
  if (typeof to !== 'string' || to === '') {
    throw new ConfigurationError('an address must name whom to write to: { to: "+15550001111" }', {
      channel,
    });
  }
  const own = accounts.sender(typeof account === 'string' ? account : null, to);
  const sender =
    typeof from === 'string' || typeof service === 'string'
      ? accounts.receiver(own.account.accountSid, textOr(from), textOr(service))
      : own;
  return { sender, to };
}

const textOr = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The account of a conversation: each sender has conversations of its own. */
export function accountOf({ sender }: Pick<Destination, 'sender'>): string {
  return senderKey(sender);
}
