/*
 * Responses as the JSON that Rasa's collecting channels produce. This is the wire format of REST
 * and callback: the order of keys included.
 */
import type { Attachment, Button } from '../message/bot-message.ts';
import type { JsonValue } from '../message/json.ts';

/** One collected message. Rasa's keys; absent ones are left out. */
export interface CollectedMessage {
  /** The sender id of the conversation. */
  recipient_id: string;
  /** A text, or the text above the buttons. */
  text?: string;
  /** An image's URL. */
  image?: string;
  /** Buttons or quick replies, as they were given. */
  buttons?: Button[];
  /** A file, as it was given. */
  attachment?: Attachment;
  /** Custom JSON, as it was given. */
  custom?: JsonValue;
}

/** A text is one message a paragraph: split at blank lines, parts neither trimmed nor dropped. */
export function collectText(recipientId: string, text: string): CollectedMessage[] {
  return text
    .trim()
    .split('\n\n')
    .map((part) => ({ recipient_id: recipientId, text: part }));
}

/** A text with buttons stays one message. */
export function collectButtons(
  recipientId: string,
  text: string,
  buttons: Button[],
): CollectedMessage {
  return { recipient_id: recipientId, text, buttons: asSent(buttons) };
}

/** An image. */
export function collectImage(recipientId: string, image: string): CollectedMessage {
  return { recipient_id: recipientId, image };
}

/** An attachment, of any JSON type. */
export function collectAttachment(recipientId: string, attachment: Attachment): CollectedMessage {
  return { recipient_id: recipientId, attachment: asSent(attachment) };
}

/** Custom JSON. */
export function collectCustomJson(recipientId: string, json: JsonValue): CollectedMessage {
  return { recipient_id: recipientId, custom: asSent(json) };
}

/**
 * A value as it is now: what was said is no more to be changed. What is no JSON fails here, with what
 * says it, and not later with all that was said.
 */
function asSent<T>(value: T): T {
  // A value of JSON comes back as it went.
  return typeof value === 'string' ? value : (JSON.parse(JSON.stringify(value)) as T);
}
