import { ConfigurationError, type Address, type JsonObject, type Receipt } from '@trunkline/core';
import type { Team } from './clients.ts';
import { textAt } from './parse/fields.ts';

/** Where a conversation is reached on Slack. */
export interface SlackAddress extends Team {
  /** The channel, or the user whose direct messages are meant. */
  channel: string;
  /** The thread, by the time of its first message. */
  thread: string | null;
  /** Who is answered. */
  user: string | null;
  /** Their workspace. */
  userTeam: string | null;
  /** Whether the user is written to directly if the bot is not in the channel. */
  orDirect: boolean;
}

/** What stands in for what an address does not name. */
export interface AddressDefaults {
  /** The channel's name, for errors. */
  name: string;
  channel: string | null;
  team: string | null;
}

/**
 * Reads an address: `{ team, channel }` or `{ team, user }`, with `thread` if need be.
 *
 * @throws ConfigurationError - it leads nowhere.
 */
export function readAddress(address: Address, defaults: AddressDefaults): SlackAddress {
  const { name } = defaults;
  const user = textAt(address, 'user');
  const channel = textAt(address, 'channel') ?? user ?? defaults.channel;
  const team = textAt(address, 'team') ?? defaults.team;
  if (channel === null) {
    throw new ConfigurationError(
      'an address must name a channel or a user: { team, channel } or { team, user }',
      { channel: name },
    );
  }
  if (team === null) {
    throw new ConfigurationError('an address must name the workspace, its token is found by it', {
      channel: name,
    });
  }
  return {
    team,
    enterprise: textAt(address, 'enterprise'),
    channel,
    thread: textAt(address, 'thread'),
    user,
    userTeam: textAt(address, 'userTeam'),
    orDirect: address['orDirect'] === true,
  };
}

/** Whether an address is one of direct messages. */
export function isDirect({ channel }: Pick<SlackAddress, 'channel'>): boolean {
  return /^[DUW]/.test(channel);
}

/** What in a receipt, or in a file, names its installation. */
export function teamFields({ team, enterprise = null }: Team): Receipt {
  return enterprise === null ? { team } : { team, enterprise };
}

/** The installation that {@link teamFields} have named. */
export function teamOf(fields: JsonObject): Team {
  return { team: textAt(fields, 'team') ?? '', enterprise: textAt(fields, 'enterprise') };
}
