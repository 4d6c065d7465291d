import { createRequire } from 'node:module';
import type GraphemeSplitter from 'grapheme-splitter';

/** How a text goes over the air. */
export interface Segments {
  /** Segments: each of them is billed. */
  count: number;
  /** Its characters: one that is not in GSM-7 makes the whole text UCS-2. */
  encoding: 'GSM-7' | 'UCS-2';
}

/** All of GSM-7. @see 3GPP TS 23.038, 6.2.1 */
const GSM_7 =
  /^[\n\f\r -_a-~\u00A1\u00A3-\u00A5\u00A7\u00BF\u00C4-\u00C7\u00C9\u00D1\u00D6\u00D8\u00DC\u00DF\u00E0\u00E4-\u00E6\u00E8\u00E9\u00EC\u00F1\u00F2\u00F6\u00F8\u00F9\u00FC\u0393\u0394\u0398\u039B\u039E\u03A0\u03A3\u03A6\u03A8\u03A9\u20AC]*$/;
/** What of it is in its second table: two septets each. */
const TWICE = /[\f[\\\]^{|}~\u20AC]/;

/** What one segment holds, and each of several, which begin with their number. */
const SEPTETS = { alone: 160, each: 153 };
const UCS_2_UNITS = { alone: 70, each: 67 };

/**
 * What a text comes to, as Twilio's own calculator says: that one takes 200 ms for a text of 1,600
 * characters, during which nobody else is answered.
 */
export function segmentsOf(text: string): Segments {
  if (GSM_7.test(text)) {
    const { alone, each } = SEPTETS;
    if (text.length * 2 <= alone) return { count: 1, encoding: 'GSM-7' };
    if (TWICE.test(text)) return { count: countOf(septetsIn(text), SEPTETS), encoding: 'GSM-7' };
    const count = text.length <= alone ? 1 : Math.ceil(text.length / each);
    return { count, encoding: 'GSM-7' };
  }
  const isShort = text.length <= UCS_2_UNITS.alone;
  return { count: isShort ? 1 : countOf(unitsIn(text), UCS_2_UNITS), encoding: 'UCS-2' };
}

const septetsIn = (text: string): number[] =>
  Array.from(text, (character) => (TWICE.test(character) ? 2 : 1));

let splitter: GraphemeSplitter | null = null;

/** The code units of each grapheme: none is cut. By the calculator's splitter, loaded when one is needed. */
function unitsIn(text: string): number[] {
  if (splitter === null) {
    const Splitter = createRequire(import.meta.url)('grapheme-splitter') as typeof GraphemeSplitter;
    splitter = new Splitter();
  }
  const graphemes = splitter.splitGraphemes(text);
  return graphemes.flatMap((grapheme) => (grapheme === '\r\n' ? [1, 1] : grapheme.length));
}

/** How many segments characters of such sizes take. */
function countOf(sizes: readonly number[], { alone, each }: typeof SEPTETS): number {
  let used = 0;
  let end = 0;
  while (end < sizes.length && used + (sizes[end] ?? 0) <= alone) used += sizes[end++] ?? 0;
  if (end === sizes.length) return 1;
  // The first segment gets a number too: what it has no room for any more is in the second.
  let moved = sizes[end] ?? 0;
  for (let last = end - 1; used > each; last--) {
    used -= sizes[last] ?? 0;
    moved += sizes[last] ?? 0;
  }
  let count = 2;
  used = moved;
  for (const size of sizes.slice(end + 1)) {
    if (used + size > each) {
      count++;
      used = 0;
    }
    used += size;
  }
  return count;
}
