import type { BotMessage, ChannelOverrides } from './bot-message.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** What a value must be that it is not; `null` where nothing is wrong with it. */
type Check = (value: JsonValue) => string | null;

const text: Check = (value) => (isText(value) ? null : 'must be a text');

const buttons: Check = (value) => {
  if (!isListOf(value, ({ title = null }) => isText(title))) {
    return 'must be a list of objects with a "title"';
  }
  const isSendable = isListOf(value, ({ payload = null }) => payload === null || isText(payload));
  return isSendable ? null : 'must have texts as their "payload"';
};

const cards: Check = (value) => {
  if (!isListOf(value, () => true)) return 'must be a list of objects';
  // Rasa's name for a picture would travel on, and nobody would see it.
  if (!isListOf(value, (card) => !('image_url' in card))) {
    return 'must have their picture as "imageUrl", and not as "image_url"';
  }
  const problems = value.map((card) => buttons(card['buttons'] ?? []));
  const problem = problems.find((found) => found !== null);
  return problem === undefined ? null : `must be cards, whose buttons ${problem}`;
};

/** What a response may say; everything else travels on to the channel. */
const PARTS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['text', text],
  ['image', text],
  ['buttons', buttons],
  ['quickReplies', buttons],
  // Rasa's name for the same would travel on, and nobody would see them.
  ['quick_replies', () => 'must be written quickReplies'],
  ['elements', cards],
  ['channels', (value) => (isJsonObject(value) ? null : 'must be an object by channel')],
]);

/** What is wrong with a response that the compiler has not seen, as the part and what it must be. */
export function problemOf(response: BotMessage): { part: string; form: string } | null {
  for (const part of Object.keys(response)) {
    const check = PARTS.get(part);
    if (check === undefined) continue;
    const value = (response[part] ?? null) as JsonValue;
    const form = value === null ? null : check(value);
    if (form !== null) return { part, form };
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

function isText(value: JsonValue): boolean {
  return typeof value === 'string';
}

function isListOf(value: JsonValue, isRight: (item: JsonObject) => boolean): value is JsonObject[] {
  return Array.isArray(value) && value.every((item) => isJsonObject(item) && isRight(item));
}
