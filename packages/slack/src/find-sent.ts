import { DeliveryError, isJsonObject, type Receipt } from '@trunkline/core';
import { teamFields, type SlackAddress } from './address.ts';
import type { Clients } from './clients.ts';
import { openedChannel } from './direct.ts';
import { objectAt, objectsAt, textAt } from './parse/fields.ts';
import { MAX_SKEW_S } from './verify.ts';

/** The type of the metadata that a message is found by. */
export const STEP_EVENT = 'trunkline_step';

/** Pages of messages that are looked through at most. */
const MAX_PAGES = 5;

/**
 * Looks for the message of a step.
 *
 * @param since - When its turn was taken over, in milliseconds since 1970.
 * @returns What names it; `null` if it is not there.
 * @throws DeliveryError - so much was said since that it may be further on.
 */
export async function findSent(
  clients: Clients,
  address: SlackAddress,
  key: string,
  since: number,
): Promise<Receipt | null> {
  const { thread } = address;
  const channel = await openedChannel(clients, address, address.channel);
  const oldest = Math.max(0, since / 1000 - MAX_SKEW_S).toFixed(6);
  const method = thread === null ? 'conversations.history' : 'conversations.replies';
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await clients.call(address, method, {
      channel,
      include_all_metadata: true,
      limit: 200,
      ...(thread === null ? {} : { ts: thread }),
      oldest,
      ...(cursor === null ? {} : { cursor }),
    });
    for (const message of objectsAt(answer, 'messages')) {
      const metadata = objectAt(message, 'metadata');
      const payload = metadata?.['event_payload'];
      const isIt = textAt(metadata, 'event_type') === STEP_EVENT;
      if (!isIt || !isJsonObject(payload) || payload['key'] !== key) continue;
      return { ...teamFields(address), channel, ts: textAt(message, 'ts') ?? '' };
    }
    cursor = textAt(objectAt(answer, 'response_metadata'), 'next_cursor');
    if (cursor === null) return null;
  }
  throw new DeliveryError('a message is not among the first that were posted since its turn began');
}
