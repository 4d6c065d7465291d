import type { BotMessage, Element } from '../message/bot-message.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../message/json.ts';

/**
 * What Rasa says, in the keys of a {@link BotMessage}: `quick_replies`, and the `image_url` and
 * `default_action` of elements. Its values were checked.
 */
export function toBotMessage({ quick_replies, elements, ...parts }: JsonObject): BotMessage {
  const message: JsonObject = { ...parts };
  if (quick_replies !== undefined) message['quickReplies'] = quick_replies;
  if (Array.isArray(elements)) message['elements'] = elements.map(toElement);
  return message;
}

/** A card. `default_action` is where a press on it leads, as Messenger has it. */
function toElement(card: JsonValue): JsonValue {
  if (!isJsonObject(card)) return card;
  const { image_url, default_action, ...rest } = card;
  const element = { ...rest } as Element & JsonObject;
  if (typeof image_url === 'string') element.imageUrl = image_url;
  const url = isJsonObject(default_action ?? null) ? Object(default_action).url : undefined;
  if (typeof url === 'string') element.url = url;
  return element;
}
