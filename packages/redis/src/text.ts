/** Halves of surrogate pairs, and what marks them in Redis: a code that is no character. */
const APART = /[\uFFFF\p{Surrogate}]/gu;
const MARKED = /\uFFFF([0-9a-f]{4})/g;

/**
 * Any text as Redis has it: a key, a namespace, an id, a message. UTF-8 has no halves of surrogate pairs, and what is written
 * in their place is the same for all of them. Whatever comes into the store goes through this once.
 */
export function toRedis(text: string): string {
  return text.replace(APART, (unit) => `\uFFFF${unit.charCodeAt(0).toString(16)}`);
}

/** The text that {@link toRedis} was given. */
export function fromRedis(text: string): string {
  return text.replace(MARKED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
