import type { BotMessage, Button, Element } from '../message/bot-message.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../message/json.ts';

/**
 * What Rasa says, in the keys of a {@link BotMessage}: `quick_replies`, and the `image_url` and
 * `default_action` of elements. Its values were checked.
 */
export function toBotMessage({ quick_replies, elements, ...parts }: JsonObject): BotMessage {
  const message: JsonObject = { ...parts };
  if (Array.isArray(message['buttons'])) message['buttons'] = message['buttons'].map(toButton);
  if (quick_replies !== undefined) {
    const isList = Array.isArray(quick_replies);
    message['quickReplies'] = isList ? quick_replies.map(toButton) : quick_replies;
  }
  if (Array.isArray(elements)) message['elements'] = elements.map(toElement);
  return message;
}

/** A payload that is a number in YAML, or any other JSON, is a text to whoever gets it back. */
function toButton(button: JsonValue): JsonValue {
  const payload = isJsonObject(button) ? button['payload'] : undefined;
  if (payload === undefined || payload === null || typeof payload === 'string') return button;
  return { ...(button as JsonObject), payload: JSON.stringify(payload) };
}

/** A card. `default_action` is where a press on it leads, as Messenger has it. */
function toElement(card: JsonValue): JsonValue {
  if (!isJsonObject(card)) return card;
  const { image_url, default_action, ...rest } = card;
  const element = { ...rest } as Element & JsonObject;
  if (typeof image_url === 'string') element.imageUrl = image_url;
  const url = isJsonObject(default_action ?? null) ? Object(default_action).url : undefined;
  if (typeof url === 'string') element.url = url;
  const { buttons } = card;
  // Of the shape of buttons, as was checked.
  if (Array.isArray(buttons)) element.buttons = buttons.map(toButton) as Button[];
  return element;
}
