/**
 * Every text in a payload, however deep, in order: what a user of the platform could be shown.
 * Keys are not texts; bytes are read as UTF-8.
 */
export function textsIn(payload: unknown): string[] {
  if (typeof payload === 'string') return [payload];
  if (typeof payload === 'number') return [String(payload)];
  if (payload instanceof Uint8Array) return [Buffer.from(payload).toString()];
  if (payload instanceof URLSearchParams || payload instanceof Map) {
    return [...payload.values()].flatMap(textsIn);
  }
  if (typeof payload !== 'object' || payload === null) return [];
  return Object.values(payload).flatMap(textsIn);
}

/** The same value, which now throws wherever somebody changes it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

/** A value for an error message: not too long. */
export function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** Every list in a payload, however deep, an outer one ahead of those within. */
export function listsIn(payload: unknown): unknown[][] {
  if (typeof payload !== 'object' || payload === null || payload instanceof Uint8Array) return [];
  const within = Object.values(payload).flatMap(listsIn);
  return Array.isArray(payload) ? [payload, ...within] : within;
}
