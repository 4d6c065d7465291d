/*
 * What a channel that knows nothing but text makes of the richer parts: Rasa's default renderings,
 * letter by letter. They read their input and never change it.
 */
import type { Attachment, BotMessage, Button, Element } from '../message/bot-message.ts';
import type { JsonValue } from '../message/json.ts';
import { pythonJson, pythonStr } from './python-text.ts';

/** `Image: <url>`. */
export function imageText(image: string): string {
  return `Image: ${image}`;
}

/** `Attachment: <attachment>`, an object as Python prints it. */
export function attachmentText(attachment: Attachment): string {
  return `Attachment: ${pythonStr(attachment)}`;
}

/** JSON as Python's `json.dumps` writes it. */
export function customJsonText(json: JsonValue): string {
  return pythonJson(json);
}

/**
 * One button as a line, `1: Yes (/affirm) - {"x": 1}`: its number, title, payload, and what else
 * it carries. `index` counts from 0.
 */
export function buttonText(button: Button, index: number): string {
  const { title, payload, ...rest } = button;
  const target = payload === undefined ? '' : ` (${payload})`;
  return `${index + 1}: ${title}${target}${detailsText(rest)}`;
}

/** One element as Rasa's command line shows it: `1: <title> - <the rest as JSON>`. */
export function elementLine(element: Element, index: number): string {
  const { title, ...rest } = element;
  return `${index + 1}: ${title ?? ''} - ${pythonJson(rest as JsonValue, { sortKeys: true })}`;
}

/** One element as a text channel shows it: `<title> : <subtitle>`. Its buttons follow by themselves. */
export function elementText(element: Element): string {
  return `${element.title ?? ''} : ${element.subtitle ?? ''}`;
}

/** Everything that a response says, as the texts that a text channel would send, in order. */
export function responseTexts(response: BotMessage): string[] {
  const texts: string[] = [];
  const choices = nonEmpty(response.quickReplies) ?? nonEmpty(response.buttons);
  if (response.text) texts.push(response.text);
  if (choices) texts.push(...choices.map(buttonText));
  if (isTruthy(response.custom)) texts.push(customJsonText(response.custom));
  if (response.image) texts.push(imageText(response.image));
  if (isTruthy(response.attachment)) texts.push(attachmentText(response.attachment));
  for (const element of response.elements ?? []) {
    texts.push(elementText(element), ...(element.buttons ?? []).map(buttonText));
  }
  return texts;
}

/** The list, unless there is nothing in it. */
export function nonEmpty<T>(list: readonly T[] | null | undefined): readonly T[] | null {
  return list && list.length > 0 ? list : null;
}

/** Python's idea of truth: an empty object or list, `0` and `""` are as good as nothing. */
export function isTruthy<T extends JsonValue>(value: T | null | undefined): value is T & {} {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return Object.keys(value).length > 0;
}

function detailsText(rest: object): string {
  const details = pythonJson(rest as JsonValue, { sortKeys: true });
  return details === '{}' ? '' : ` - ${details}`;
}
