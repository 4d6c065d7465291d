import { ConfigurationError } from '../errors.ts';
import { isTruthy } from '../channel/fallbacks.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../message/json.ts';
import type { ValuePath } from '../yaml/yaml-file.ts';
import type { CheckedVariation, SlotCondition } from './variation.ts';

/** Responses before they are checked, and how to name a place in them. */
export interface RawResponses {
  /** A response's name to its variations. */
  responses: JsonObject;
  /** Where something stands. */
  at: (path: ValuePath) => string;
}

type Check = (value: JsonValue) => string | null;

const text: Check = (value) => (typeof value === 'string' ? null : 'must be a text');
const anything: Check = () => null;
const buttons: Check = (value) => listOf(value, 'a map with a title', isTitled);
const cards: Check = (value) => listOf(value, 'a map', isJsonObject);

/** What is said. */
const PARTS: Record<string, Check> = {
  text,
  image: text,
  attachment: anything,
  buttons,
  quick_replies: buttons,
  elements: cards,
  custom: anything,
};

/** What other spellings would do here: travel on to the channel unseen. */
const MISSPELT: Record<string, string> = {
  quickReplies: 'quick_replies',
  button: 'buttons',
  channels: 'channel, in a variation of its own',
  conditions: 'condition',
};

/**
 * Checks responses of a domain.
 *
 * @throws ConfigurationError - one is malformed; with its place.
 */
export function checkResponses({ responses, at }: RawResponses): Map<string, CheckedVariation[]> {
  const checked = new Map<string, CheckedVariation[]>();
  for (const [name, variations] of Object.entries(responses)) {
    const fail = failAt(at, [name]);
    if (!Array.isArray(variations) || variations.length === 0) {
      fail([], `${name} must be a list of variations, "- text: …" say`);
      continue;
    }
    checked.set(
      name,
      variations.map((variation, i) => checkVariation(name, variation, at, [name, i])),
    );
  }
  return checked;
}

function checkVariation(
  name: string,
  variation: JsonValue,
  at: RawResponses['at'],
  path: ValuePath,
): CheckedVariation {
  const fail = failAt(at, path);
  if (!isJsonObject(variation)) return fail([], `a variation of ${name} must be a map`);
  const { channel = null, condition = null, ...said } = variation;
  const parts: JsonObject = {};
  const extra: JsonObject = {};
  for (const [key, value] of Object.entries(said)) {
    const check = Object.hasOwn(PARTS, key) ? PARTS[key] : undefined;
    if (Object.hasOwn(MISSPELT, key)) fail([key], `"${key}" of ${name}: write ${MISSPELT[key]}`);
    if (check === undefined) extra[key] = value;
    else if (value !== null && value !== undefined) {
      const problem = check(value);
      if (problem !== null) fail([key], `${key} of ${name} ${problem}`);
      parts[key] = value;
    }
  }
  if (!Object.values(parts).some((part) => isTruthy(part))) {
    fail(
      [],
      `a variation of ${name} says nothing: it has none of ${Object.keys(PARTS).join(', ')}`,
    );
  }
  if (channel !== null && (typeof channel !== 'string' || channel === '')) {
    return fail(['channel'], `channel of ${name} must be the name of a channel`);
  }
  if (channel !== null) extra['channel'] = channel;
  return {
    place: at(path),
    channel,
    condition: condition === null ? null : checkCondition(name, condition, fail),
    parts,
    extra,
  };
}

function checkCondition(name: string, condition: JsonValue, fail: Fail): SlotCondition[] | null {
  if (typeof condition === 'string') {
    return fail(
      ['condition'],
      `condition of ${name} is a predicate of Rasa Pro, which is not read here: ` +
        'write a list of "{ type: slot, name: …, value: … }", all of which must hold',
    );
  }
  if (!Array.isArray(condition)) return fail(['condition'], `condition of ${name} must be a list`);
  // As in Rasa, where an empty list counts as nothing.
  if (condition.length === 0) return null;
  return condition.map((item, i) => {
    const isComplete =
      isJsonObject(item) &&
      item['type'] === 'slot' &&
      typeof item['name'] === 'string' &&
      item['value'] !== undefined;
    if (!isComplete) {
      return fail(
        ['condition', i],
        `a condition of ${name} must be "{ type: slot, name: …, value: … }"`,
      );
    }
    // Of this shape, as was just seen.
    return item as unknown as SlotCondition;
  });
}

type Fail = (path: ValuePath, message: string) => never;

function failAt(at: RawResponses['at'], base: ValuePath): Fail {
  return (path, message) => {
    throw new ConfigurationError(`${at([...base, ...path])}: ${message}`);
  };
}

function listOf(
  value: JsonValue,
  what: string,
  isOne: (item: JsonValue) => boolean,
): string | null {
  const isList = Array.isArray(value) && value.every((item) => isOne(item));
  return isList ? null : `must be a list, each item ${what}`;
}

function isTitled(item: JsonValue): boolean {
  return isJsonObject(item) && typeof item['title'] === 'string';
}
