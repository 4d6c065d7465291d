/*
 * What Slack takes. It counts code points.
 *
 * @see Slack: Block Kit reference
 */
export const LIMITS = {
  blocks: 50,
  /** Of all markdown blocks of a message together. */
  markdown: 12_000,
  /** `text` beside blocks: what notifications and screen readers say. */
  fallback: 3_000,
  /** `text` of `chat.update`. */
  updatedText: 4_000,
  sectionText: 3_000,
  buttonText: 75,
  buttonValue: 2_000,
  url: 3_000,
  optionText: 75,
  optionValue: 150,
  options: 100,
  actionElements: 25,
  altText: 2_000,
  cards: 10,
  cardButtons: 3,
  cardTitle: 150,
  cardSubtitle: 150,
  tableRows: 100,
  tableColumns: 20,
  tableText: 10_000,
  /** Of one text, as of every other one in a block. */
  cellText: 3_000,
} as const;

const SURROGATES = /[\uD800-\uDFFF]/;
const PAIRS = /[\uD800-\uDBFF][\uDC00-\uDFFF]/g;

/** The length of a text as Slack counts it. */
export function lengthOf(text: string): number {
  if (!SURROGATES.test(text)) return text.length;
  // A surrogate pair is one character.
  return text.length - (text.match(PAIRS)?.length ?? 0);
}

/** A text of at most so many characters, an ellipsis at its end if some were left out. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit || lengthOf(text) <= limit) return text;
  return `${Array.from(text)
    .slice(0, limit - 1)
    .join('')}…`;
}

/** A list in pieces of at most so many. */
export function chunksOf<T>(list: readonly T[], size: number): T[][] {
  const count = Math.ceil(list.length / size);
  return Array.from({ length: count }, (_, index) => list.slice(index * size, (index + 1) * size));
}
