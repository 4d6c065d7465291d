import {
  isJsonObject,
  toBotMessage,
  type BotMessage,
  type JsonObject,
  type JsonValue,
} from '@trunkline/core';
import { garbageError } from './errors.ts';

/**
 * One of Rasa's messages as a response: the lines of its REST channel, the bodies of its `callback`
 * channel, the `messages` of `trigger_intent`. `null` if it says nothing. Keys that are not Rasa's
 * own travel on.
 *
 * @throws RasaError - a part has a form that Rasa never gives it.
 */
export function toResponse(message: JsonObject): BotMessage | null {
  const { recipient_id: _, text, image, attachment, custom, ...choices } = message;
  const { buttons, quick_replies: replies, elements, ...extra } = choices;
  const parts: JsonObject = {
    ...present('text', toText('text', text)),
    ...present('image', toText('image', image)),
    ...present('attachment', attachment),
    ...present('custom', custom),
    ...present('buttons', toList('buttons', buttons, toButton)),
    ...present('quick_replies', toList('quick_replies', replies, toButton)),
    ...present('elements', toList('elements', elements, toElement)),
  };
  return Object.keys(parts).length === 0 ? null : toBotMessage({ ...extra, ...parts });
}

/**
 * A bot event of Rasa's tracker as the message that its channels were given.
 *
 * @see Rasa's `BotUttered.message()`
 */
export function botEventMessage(event: JsonObject): JsonObject {
  const data = isJsonObject(event['data']) ? event['data'] : {};
  const metadata = isJsonObject(event['metadata']) ? event['metadata'] : {};
  const message: JsonObject = { ...data, text: event['text'] ?? null, ...metadata };
  // An image is kept as an attachment too, and is said once.
  const isTwice = message['image'] && message['image'] === message['attachment'];
  return isTwice ? { ...message, attachment: null } : message;
}

/** A key with its value, or nothing where there is no value: neither `null` nor empty. */
function present(key: string, value: JsonValue | undefined): JsonObject {
  const isEmpty = value === '' || (Array.isArray(value) && value.length === 0);
  return value === undefined || value === null || isEmpty ? {} : { [key]: value };
}

function toText(part: string, value: JsonValue | undefined): JsonValue | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value;
  throw garbageError(`a message whose ${part} is no text`);
}

function toList(
  part: string,
  value: JsonValue | undefined,
  convert: (item: JsonObject) => JsonObject,
): JsonObject[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every(isJsonObject)) return value.map(convert);
  throw garbageError(`a message whose ${part} are no list of objects`);
}

/** Rasa hands buttons through as the domain has them: a payload may be any JSON, a title missing. */
function toButton({ title, payload, ...rest }: JsonObject): JsonObject {
  const target = payload === undefined || payload === null ? {} : { payload: asText(payload) };
  return { ...rest, title: asText(title ?? payload ?? ''), ...target };
}

function toElement({ title, subtitle, buttons, ...rest }: JsonObject): JsonObject {
  return {
    ...rest,
    ...present('title', asText(title ?? '')),
    ...present('subtitle', asText(subtitle ?? '')),
    ...present('buttons', toList('buttons', buttons, toButton)),
  };
}

function asText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
