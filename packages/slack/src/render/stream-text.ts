import { escapeMarkdown, type AllowedMentions } from './escape.ts';
import { UNFINISHED_FENCE } from './fence.ts';
import { LIMITS } from './limits.ts';

/** A piece of a text that is being made. */
export interface Piece {
  /** Where in the text it ends. */
  end: number;
  /** As it is sent. */
  markdown: string;
}

/** What is held back until the rest of it is there, up to so many characters. */
const MAX_HELD = 1_000;

/** Raw characters of a piece: escaped, each may be five. */
const MAX_RAW = Math.floor(LIMITS.markdown / 5);

/**
 * Ends of a text that may go on to be something else: an address, a link, code, a mention, a fence. What
 * is in them is escaped otherwise, or not at all.
 */
const UNFINISHED = [
  /(?<![A-Za-z])(?:https?:\/{0,2}[^\s<>()]*|h(?:t(?:tp?)?)?|https)$/,
  /\[[^\]\n]*(?:\](?:\([^)\n]*)?)?$/,
  /<[^<>\n]*$/,
  /\][(:]\s*[^\s)]{0,20}$/,
  /`[^\n]*$/,
  UNFINISHED_FENCE,
];

/** Code within a line. Signs behind which nothing is yet may be the first of more, which close nothing. */
const CODE = /(?<!`)(`+)(?!`)[^\n]*?[^`\n]\1(?=[^`])/g;

/** A text with other signs for its code, which is finished. */
function withoutCode(text: string): string {
  return text.replaceAll(CODE, (code) => 'x'.repeat(code.length));
}

/**
 * The next piece of a text from a place on; `null` while there is none that can be said yet.
 *
 * @param isLast - Whether the text is complete.
 */
export function nextPiece(
  text: string,
  from: number,
  isLast: boolean,
  allowed: AllowedMentions,
): Piece | null {
  const end = isLast ? text.length : safeEnd(text, from);
  const cut = between(text, end - from > MAX_RAW ? roomEnd(text, from) : end, isLast);
  if (cut <= from) return null;
  return { end: cut, markdown: escapeMarkdown(text.slice(0, cut), allowed, from) };
}

/** Where what is finished ends. */
function safeEnd(text: string, from: number): number {
  const recent = Math.max(from, text.length - MAX_HELD);
  const tail = withoutCode(text.slice(recent));
  const starts = UNFINISHED.map((pattern) => tail.search(pattern)).filter((start) => start !== -1);
  const start = starts.length === 0 ? tail.length : Math.min(...starts);
  // Held back for so long, it is what it looks like.
  return start === 0 && recent > from ? text.length : recent + start;
}

/**
 * Where a piece ends that is as long as one may be: the message may have no more room, and what follows then
 * is said in another one. Before a line, else a word, and before a link that would be cut in two.
 */
function roomEnd(text: string, from: number): number {
  const end = safeEnd(text.slice(0, from + MAX_RAW), from);
  const piece = withoutCode(text.slice(from, end));
  const cut = piece.search(/(?<!\][(:]\s*)(?:(?<=\n)[^\n]{1,200}|(?<=\s)\S{1,100})$/);
  return from + (cut === -1 ? piece.length : cut);
}

/** A place that does not split a character in two. */
function between(text: string, end: number, isLast: boolean): number {
  const mayGoOn = end === text.length ? !isLast : /[\uDC00-\uDFFF]/.test(text.charAt(end));
  return mayGoOn && /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) ? end - 1 : end;
}
