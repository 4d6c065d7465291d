import { CollectingOutputChannel, isJsonObject, type JsonObject } from '@trunkline/core';
import { MESSAGE_ID_KEY } from './requests.ts';
import { botEventMessage, toResponse } from './responses.ts';

/**
 * What Rasa has answered to a message, in the form of its REST channel; `null` if its tracker does
 * not know the message.
 *
 * @param tracker - Rasa's tracker state, with events.
 */
export async function answersIn(
  tracker: JsonObject,
  messageId: string,
): Promise<JsonObject[] | null> {
  const events = Array.isArray(tracker['events']) ? tracker['events'].filter(isJsonObject) : [];
  const at = events.findLastIndex(({ event, metadata }) => {
    return event === 'user' && isJsonObject(metadata) && metadata[MESSAGE_ID_KEY] === messageId;
  });
  if (at === -1) return null;
  const later = events.slice(at + 1);
  const end = later.findIndex(({ event }) => event === 'user');
  const collector = new CollectingOutputChannel();
  for (const event of end === -1 ? later : later.slice(0, end)) {
    const response = event['event'] === 'bot' ? toResponse(botEventMessage(event)) : null;
    if (response !== null) await collector.sendResponse('', response);
  }
  // What was collected is the JSON that it was made of.
  return collector.messages as unknown as JsonObject[];
}
