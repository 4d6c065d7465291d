import type { Clients, Team } from './clients.ts';
import { objectAt, textAt } from './parse/fields.ts';

/**
 * The channel of a user's direct messages, which has to be opened before anything is asked about it or shared
 * there. A channel is itself. @throws DeliveryError
 */
export async function openedChannel(
  clients: Clients,
  team: Team,
  channel: string,
): Promise<string> {
  if (!/^[UW]/.test(channel)) return channel;
  const answer = await clients.call(team, 'conversations.open', { users: channel });
  return textAt(objectAt(answer, 'channel'), 'id') ?? channel;
}
