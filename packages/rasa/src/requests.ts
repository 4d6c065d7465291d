import type { JsonObject, Metadata, UserMessage } from '@trunkline/core';

/** The key of a message's metadata that tells Rasa's tracker which message it was. */
export const MESSAGE_ID_KEY = 'trunkline_message_id';

/** What a message is for Rasa's `rest` channel. */
export function restBody(
  id: string,
  message: UserMessage,
  options: { channel: string; namesMessage: boolean },
): JsonObject {
  const metadata = metadataOf(message, options.namesMessage);
  return {
    ...callbackBody(id, message),
    input_channel: message.inputChannel ?? options.channel,
    ...(metadata === null ? {} : { metadata }),
  };
}

/** What a message is for Rasa's `callback` channel, which reads nothing else. */
export function callbackBody(id: string, { text }: UserMessage): JsonObject {
  // Rasa's parser fails on a message without a text, and its stream then never ends.
  return { sender: id, message: text ?? '' };
}

/** Files travel as Rasa's own `botframework` channel has them travel. */
function metadataOf(
  { metadata, attachments, messageId }: UserMessage,
  namesMessage: boolean,
): Metadata | null {
  const added: JsonObject = {};
  if (attachments.length > 0) {
    // What is undefined is no JSON, and is gone when it is sent.
    added['attachments'] = attachments as unknown as JsonObject[];
  }
  if (namesMessage) added[MESSAGE_ID_KEY] = messageId;
  if (Object.keys(added).length === 0) return metadata;
  // REST passes on any JSON. To what is no object nothing can be added.
  const isObject = metadata === null || (typeof metadata === 'object' && !Array.isArray(metadata));
  return isObject ? { ...added, ...metadata } : metadata;
}

/**
 * Where Rasa's API has a conversation. It takes whatever stands there as the id, slashes included, and
 * may not decode it.
 */
export function conversationPath(id: string): string {
  const path = id.replaceAll(/[^A-Za-z0-9_.~!$&'()*+,;=:@/-]/gu, (character) =>
    // Half of a character has no encoding.
    encodeURIComponent(/[\ud800-\udfff]/u.test(character) ? '\ufffd' : character),
  );
  return `/conversations/${path}`;
}
