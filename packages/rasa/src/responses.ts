import {
  isJsonObject,
  type BotMessage,
  type Button,
  type Element,
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
  const { recipient_id: _, text, image, attachment, custom, buttons, ...rest } = message;
  const { quick_replies: quickReplies, elements, ...extra } = rest;
  const response: BotMessage = {
    ...extra,
    ...present('text', toText('text', text)),
    ...present('image', toText('image', image)),
    ...present('attachment', attachment ?? null),
    ...present('custom', custom ?? null),
    ...present('buttons', toList('buttons', buttons, toButton)),
    ...present('quickReplies', toList('quick_replies', quickReplies, toButton)),
    ...present('elements', toList('elements', elements, toElement)),
  };
  return PARTS.some((part) => part in response) ? response : null;
}

const PARTS = ['text', 'image', 'attachment', 'custom', 'buttons', 'quickReplies', 'elements'];

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
function present<K extends string, V>(key: K, value: V | null): { [key in K]?: V } {
  const isEmpty = value === null || value === '' || (Array.isArray(value) && value.length === 0);
  // The one key is K, which TypeScript widens to string.
  return (isEmpty ? {} : { [key]: value }) as { [key in K]?: V };
}

function toText(part: string, value: JsonValue | undefined): string | null {
  if (value === undefined || value === null || typeof value === 'string') return value ?? null;
  throw garbageError(`a message whose ${part} is no text`);
}

function toList<T>(
  part: string,
  value: JsonValue | undefined,
  convert: (item: JsonObject) => T,
): T[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every(isJsonObject)) return value.map(convert);
  throw garbageError(`a message whose ${part} are no list of objects`);
}

/** Rasa hands buttons through as the domain has them: a payload may be any JSON, a title missing. */
function toButton({ title, payload, url, ...rest }: JsonObject): Button {
  const target = payload === undefined || payload === null ? {} : { payload: asText(payload) };
  const page = typeof url === 'string' ? { url } : {};
  return { ...rest, title: asText(title ?? payload ?? ''), ...target, ...page };
}

function toElement(element: JsonObject): Element {
  const {
    title,
    subtitle,
    image_url: imageUrl,
    default_action: action,
    buttons,
    ...rest
  } = element;
  const page = isJsonObject(action) ? action['url'] : undefined;
  return {
    ...rest,
    ...present('title', asText(title ?? '')),
    ...present('subtitle', asText(subtitle ?? '')),
    ...present('imageUrl', asText(imageUrl ?? '')),
    ...present('url', asText(page ?? '')),
    ...present('buttons', toList('buttons', buttons, toButton)),
  };
}

function asText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
