// What the readers say, what the assistant answers, and what the checks look for.

/** What is said `n`th, from 0. @param {number} n */
export const saidAt = (n) => `say ${n}`;

/** Which one was said, and by what the answer is made. @param {string} text */
export const numberOf = (text) => Number(/^say (\d+)$/.exec(text)?.[1] ?? Number.NaN);

/** How a message is answered, by turns. */
const KINDS = /** @type {const} */ (['two texts', 'a stream', 'buttons', 'a slow text']);

/** @param {number} n @returns {(typeof KINDS)[number]} */
export const kindOf = (n) => KINDS[n % KINDS.length] ?? 'two texts';

/** Pieces of one stream, without the first. */
const PIECES = 20;

/** The answers to a message, as they are to be read. @param {number} n */
export function answersTo(n) {
  const kind = kindOf(n);
  if (kind === 'two texts') return [`answer ${n}.1`, `answer ${n}.2`];
  if (kind === 'a stream') return [[...piecesOf(n)].join('')];
  return [`answer ${n}.1`];
}

/** @param {number} n */
export function* piecesOf(n) {
  yield `answer ${n}.1`;
  for (let i = 1; i <= PIECES; i++) yield ` piece ${i}`;
}
