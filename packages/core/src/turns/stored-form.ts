import { isJsonObject, type JsonObject } from '../message/json.ts';

/** Whether a stored value is what is read there. */
type Check = (value: unknown) => boolean;

/**
 * What is read of a stored object, key by key. Not what is only passed on to a channel or an assistant:
 * that is whatever theirs has put there.
 */
export type Form = Readonly<Record<string, Check>>;

/** So many steps no turn has. Beyond them, a number would fill the memory with holes. */
const MAX_PLACE = 1_000_000;

export const isText: Check = (value) => typeof value === 'string';
export const isBoolean: Check = (value) => typeof value === 'boolean';
export const isList: Check = Array.isArray;

/** A time in milliseconds since 1970. JSON has numbers that are none: 1e999 is read as infinity. */
export const isTime: Check = Number.isFinite;
export const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
/** A place among the steps of a turn. */
export const isPlace: Check = (value) => isCount(value) && Number(value) <= MAX_PLACE;

/** What may be missing. */
export function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

export function orNull(check: Check): Check {
  return (value) => value === null || check(value);
}

export function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every((item) => check(item));
}

/** A list that is not empty. */
export function someOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.length > 0 && value.every((item) => check(item));
}

/** An object of a form. */
export function objectOf(form: Form): (value: unknown) => value is JsonObject {
  const checks = Object.entries(form);
  return (value): value is JsonObject =>
    isJsonObject(value) && checks.every(([key, check]) => check(value[key]));
}
