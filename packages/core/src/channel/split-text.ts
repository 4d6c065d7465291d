/** How {@link splitText} measures. */
export interface SplitOptions {
  /**
   * The length of a text, in the unit of the limit. MUST NOT shrink when the text grows.
   * @defaultValue UTF-16 code units
   */
  length?: (text: string) => number;
}

/*
 * Where a part may end, the best place first, as patterns that match up to it. A sentence ends before
 * white space, or with a full stop of a script that uses none.
 */
const PARAGRAPH = /\n[^\S\n]*(?=\n)/g;
const LINE = /\S(?=\s*\n)/g;
const SENTENCE = /[.!?…]["'”’)\]]*(?=\s)|[。！？]["'”’」』）]*/g;
const WORD = /\S(?=\s)/g;

/** A place is good enough where the part is at least this full; between words any place is. */
const FULL_ENOUGH = 0.5;

/**
 * Splits a text into parts of at most `limit`: after a paragraph, else a line, else a sentence, else
 * a word, and where a word is longer than the limit between two graphemes.
 *
 * Nothing is lost but the white space at the joints; the indentation of a line stays. One grapheme
 * over the limit is cut between code points.
 *
 * @param limit - The longest a part may be, in UTF-16 code units unless `options.length` says other.
 * @returns At least one part. A text within the limit comes back as it is.
 * @throws RangeError where not even one code point fits.
 */
export function splitText(text: string, limit: number, options: SplitOptions = {}): string[] {
  const { length } = options;
  const parts: string[] = [];
  let graphemes: Intl.Segments | null = null;
  let rest = text;
  let most = longestFit(rest, limit, length);
  while (most < rest.length) {
    graphemes ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text);
    const start = text.length - rest.length;
    const end =
      goodEnd(rest, most) ?? graphemeEnd(graphemes, start, most) ?? codePointEnd(rest, most);
    if (end === 0) throw new RangeError(`A limit of ${limit} is too small for one character.`);
    const part = rest.slice(0, end).trimEnd();
    if (part !== '') parts.push(part);
    rest = afterJoint(rest.slice(end));
    most = longestFit(rest, limit, length);
  }
  if (rest.trim() !== '' || parts.length === 0) parts.push(rest);
  return parts;
}

/** How many code units of the text fit at most. */
function longestFit(text: string, limit: number, length: SplitOptions['length']): number {
  if (!length) return Math.min(Math.floor(limit), text.length);
  const fits = (end: number): boolean => length(text.slice(0, end)) <= limit;
  // Doubled first, so that a long text is not measured as a whole for each of its parts.
  let tooMany = 1;
  while (tooMany <= text.length && fits(tooMany)) tooMany *= 2;
  let most = tooMany >> 1;
  tooMany = Math.min(tooMany, text.length + 1);
  while (most + 1 < tooMany) {
    const middle = (most + tooMany) >> 1;
    if (fits(middle)) most = middle;
    else tooMany = middle;
  }
  return most;
}

/** The best place to end a part of at most so many code units; `null` where there is none. */
function goodEnd(text: string, most: number): number | null {
  const least = most * FULL_ENOUGH;
  for (const pattern of [PARAGRAPH, LINE, SENTENCE]) {
    const end = lastEnd(text, pattern, most);
    if (end !== null && end >= least) return end;
  }
  return lastEnd(text, WORD, most);
}

/** Where the last match that ends within so many code units ends. */
function lastEnd(text: string, pattern: RegExp, most: number): number | null {
  let last: number | null = null;
  // One code unit more: what a pattern looks ahead at may be outside.
  for (const match of text.slice(0, most + 1).matchAll(pattern)) {
    const end = match.index + match[0].length;
    if (end <= most) last = end;
  }
  return last;
}

function graphemeEnd(graphemes: Intl.Segments, start: number, most: number): number | null {
  // A text that is longer than what fits goes on here.
  const at = graphemes.containing(start + most)?.index ?? start + most;
  return at > start ? at - start : null;
}

function codePointEnd(text: string, most: number): number {
  const splitsPair =
    /[\uD800-\uDBFF]/.test(text.charAt(most - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(most));
  return splitsPair ? most - 1 : most;
}

/** The text without the white space that it begins with, up to the indentation of its first line. */
function afterJoint(text: string): string {
  const blank = /^\s*/.exec(text)?.[0] ?? '';
  const lineStart = blank.lastIndexOf('\n') + 1;
  return text.slice(lineStart > 0 ? lineStart : blank.length);
}
