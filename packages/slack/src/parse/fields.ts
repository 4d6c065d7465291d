import { isJsonObject, type JsonObject } from '@trunkline/core';

/** A text in a payload; `null` if it is none, or empty. */
export function textAt(object: JsonObject | null | undefined, key: string): string | null {
  const value = object?.[key];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** An object in a payload; `null` if it is none. */
export function objectAt(object: JsonObject | null | undefined, key: string): JsonObject | null {
  const value = object?.[key];
  return isJsonObject(value) ? value : null;
}

/** The objects of a list in a payload; empty if there is none. */
export function objectsAt(object: JsonObject | null | undefined, key: string): JsonObject[] {
  const value = object?.[key];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** An id that some payloads have as `{ id }` and others as the text itself. */
export function idAt(object: JsonObject | null | undefined, key: string): string | null {
  return textAt(object, key) ?? textAt(objectAt(object, key), 'id');
}

/** The same object without keys of `null`. */
export function withoutNulls(object: JsonObject): JsonObject {
  const rest: JsonObject = {};
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value !== null && value !== undefined) rest[key] = value;
  }
  return rest;
}
