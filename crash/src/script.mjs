// What everybody knows: the driver who says it, the assistant that answers, the checks that compare.

/** The `n`th message of a conversation, from 0. @param {string} conversation @param {number} n */
export const idOf = (conversation, n) => `${conversation}-${n}`;

/** The `n`th message to a conversation that nobody has asked for, from 0. @param {string} conversation @param {number} n */
export const proactiveIdOf = (conversation, n) => `${conversation}+${n}`;

/** Whether a message is one that nobody has asked for. @param {string} id */
export const isProactive = (id) => id.includes('+');

/** What is said for a message: two or three responses, or the one that a proactive message is. @param {string} id */
export function textsOf(id) {
  if (isProactive(id)) return [`${id}:1`];
  const n = Number(id.slice(id.lastIndexOf('-') + 1));
  return (n % 2 === 0 ? [1, 2] : [1, 2, 3]).map((step) => `${id}:${step}`);
}

/** Whether a response is the last one to its message. @param {string} text */
export function isLast(text) {
  return textsOf(text.slice(0, text.lastIndexOf(':'))).at(-1) === text;
}

/** The machine's monotonic clock, in milliseconds: the same in every process. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

/** @param {number} ms @returns {Promise<void>} */
export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
