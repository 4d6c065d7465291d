import type { BotMessage, ChannelOverrides } from './bot-message.ts';
import { isJsonObject, type JsonValue } from './json.ts';

type Check = readonly [isRight: (value: JsonValue) => boolean, form: string];

const TEXT: Check = [(value) => typeof value === 'string', 'must be a text'];
const BUTTONS: Check = [
  (value) => isListOf(value, (item) => typeof item['title'] === 'string'),
  'must be a list of objects with a "title"',
];
const CARDS: Check = [
  (value) => isListOf(value, (card) => BUTTONS[0](card['buttons'] ?? [])),
  'must be a list of objects, their buttons with a "title"',
];

/** What a response may say; everything else travels on to the channel. */
const PARTS: ReadonlyMap<string, Check> = new Map([
  ['text', TEXT],
  ['image', TEXT],
  ['buttons', BUTTONS],
  // Rasa's name for the same.
  ['quick_replies', BUTTONS],
  ['quickReplies', BUTTONS],
  ['elements', CARDS],
  ['channels', [isJsonObject, 'must be an object by channel']],
]);

/** What is wrong with a response that the compiler has not seen, as the part and what it must be. */
export function problemOf(response: BotMessage): { part: string; form: string } | null {
  for (const part of Object.keys(response)) {
    const check = PARTS.get(part);
    if (check === undefined) continue;
    const [isRight, form] = check;
    const value = (response[part] ?? null) as JsonValue;
    if (value !== null && !isRight(value)) return { part, form };
  }
  return response.channels ? problemOfOverrides(response.channels) : null;
}

/** The same of what is said on single channels instead. */
function problemOfOverrides(channels: ChannelOverrides): ReturnType<typeof problemOf> {
  for (const [channel, override] of Object.entries(channels)) {
    // Without a compiler it may be anything.
    const given: unknown = override ?? {};
    if (!isJsonObject(given)) return { part: `channels.${channel}`, form: 'must be an object' };
    const problem = problemOf(given);
    if (problem !== null) return { ...problem, part: `channels.${channel}.${problem.part}` };
  }
  return null;
}

/** @throws TypeError - a response is none. */
export function checkResponse(response: unknown): asserts response is BotMessage {
  if (!isJsonObject(response)) {
    throw new TypeError('a response must be an object: { text } say');
  }
  const problem = problemOf(response);
  if (problem !== null) throw new TypeError(`${problem.part} of a response ${problem.form}`);
}

function isListOf(
  value: JsonValue,
  isRight: (item: Readonly<Record<string, JsonValue>>) => boolean,
): boolean {
  return Array.isArray(value) && value.every((item) => isJsonObject(item) && isRight(item));
}
