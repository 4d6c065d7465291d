import type { BotMessage } from '../message/bot-message.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../message/json.ts';

/**
 * What Rasa says, in the keys of a {@link BotMessage}: `quick_replies`, and the `image_url` and
 * `default_action` of elements, also on single channels. What has another form stays as it is.
 */
export function toBotMessage({ channels, ...parts }: JsonObject): BotMessage {
  const message = toParts(parts);
  if (isJsonObject(channels)) {
    const overrides = Object.entries(channels).map(([channel, own]) => {
      return [channel, isJsonObject(own) ? toParts(own) : own];
    });
    message['channels'] = Object.fromEntries(overrides) as JsonObject;
  } else if (channels !== undefined) message['channels'] = channels;
  return message;
}

function toParts({ quick_replies: quickReplies, ...parts }: JsonObject): JsonObject {
  const message: JsonObject =
    quickReplies === undefined ? { ...parts } : { ...parts, quickReplies };
  for (const [part, convert] of LISTS) {
    const list = message[part];
    if (Array.isArray(list)) message[part] = list.map(convert);
  }
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
  const element: JsonObject = { ...rest };
  if (typeof image_url === 'string') element['imageUrl'] = image_url;
  const url = isJsonObject(default_action ?? null) ? Object(default_action).url : undefined;
  if (typeof url === 'string') element['url'] = url;
  const { buttons } = card;
  if (Array.isArray(buttons)) element['buttons'] = buttons.map(toButton);
  return element;
}

const LISTS: readonly (readonly [part: string, convert: (item: JsonValue) => JsonValue])[] = [
  ['buttons', toButton],
  ['quickReplies', toButton],
  ['elements', toElement],
];
