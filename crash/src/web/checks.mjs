import { answersTo, saidAt } from './script.mjs';

/** @typedef {import('@trunkline/webchat/client').Entry} Entry */

/**
 * What is wrong with what a reader sees, one sentence each: everything that was said stands there, and
 * every answer once, whole and in order. A stream may have been cut, and is said once more then.
 * @param {number} said - How much the reader has said.
 * @param {readonly Entry[]} entries
 * @returns {string[]}
 */
export function checkTranscript(said, entries) {
  const texts = Array.from({ length: said }, (_, n) => saidAt(n));
  const answers = texts.flatMap((_, n) => answersTo(n));
  const heard = entries.filter(({ kind }) => kind === 'user');
  return [
    ...difference('what was said', texts, heard.map(textOf)),
    ...difference('the answers', answers, entries.filter(isAnswer).map(textOf)),
    ...heard.filter(isUnsent).map((entry) => `not sent: ${textOf(entry)}`),
    ...entries
      .filter(isOdd)
      .map((entry) => `there is an entry that should not be: ${stateOf(entry)}`),
  ];
}

/** Whether everything is there; what is too much, the checks say. @param {number} said @param {readonly Entry[]} entries */
export function isComplete(said, entries) {
  const seen = new Set(entries.filter(isAnswer).map(textOf));
  const isAnswered = (/** @type {number} */ n) => answersTo(n).every((answer) => seen.has(answer));
  return Array.from({ length: said }, (_, n) => n).every(isAnswered) && !entries.some(isOpen);
}

/** @param {string} what @param {readonly string[]} expected @param {readonly string[]} seen */
function difference(what, expected, seen) {
  const at = expected.findIndex((text, i) => text !== seen[i]);
  if (at >= 0) return [`of ${what}, "${expected[at]}" has to come, and there is "${seen[at]}"`];
  return seen.length > expected.length
    ? [`of ${what}, "${seen[expected.length]}" is too much`]
    : [];
}

/** @param {Entry} entry */
function isAnswer(entry) {
  return entry.kind === 'message' || (entry.kind === 'stream' && entry.state === 'done');
}

/** @param {Entry} entry */
function isOpen(entry) {
  return entry.kind === 'stream' && entry.state === 'open';
}

/** @param {Entry} entry */
function isUnsent(entry) {
  return entry.kind === 'user' && entry.status !== 'sent';
}

/** @param {Entry} entry */
function isOdd(entry) {
  if (entry.kind === 'stream') return entry.state === 'open' || entry.state === 'stopped';
  return entry.kind === 'gap' || entry.kind === 'anew';
}

/** @param {Entry} entry */
function stateOf(entry) {
  return entry.kind === 'stream' ? `${entry.state} stream` : entry.kind;
}

/** @param {Entry} entry */
function textOf(entry) {
  if (entry.kind === 'user' || entry.kind === 'stream') return entry.text;
  return entry.kind === 'message' && 'text' in entry.frame ? entry.frame.text : entry.kind;
}
