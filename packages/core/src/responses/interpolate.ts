import { pythonStr } from '../channel/python-text.ts';
import { isJsonObject, type JsonValue } from '../message/json.ts';
import type { Slots } from './variation.ts';

/** Braces that are doubled stand for themselves; a variable has neither braces nor line breaks in it. */
const VARIABLE = /\{\{|\}\}|\{([^\n{}]+)\}/g;

/**
 * A copy with the variables of all its texts filled in, the keys of maps left as they are. Names of
 * variables that have no value are added to `missing`.
 */
export function interpolate<T extends JsonValue>(value: T, slots: Slots, missing: Set<string>): T;
export function interpolate(value: JsonValue, slots: Slots, missing: Set<string>): JsonValue {
  if (typeof value === 'string') return interpolateText(value, slots, missing);
  if (Array.isArray(value)) return value.map((item) => interpolate(item, slots, missing));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, interpolate(item, slots, missing)]),
  );
}

function interpolateText(text: string, slots: Slots, missing: Set<string>): string {
  return text.replaceAll(VARIABLE, (match, name: string | undefined) => {
    if (name === undefined) return match.slice(1);
    const value = Object.hasOwn(slots, name) ? slots[name] : undefined;
    if (value !== undefined && value !== null) return pythonStr(value);
    missing.add(name);
    return match;
  });
}
