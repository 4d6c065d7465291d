/** Code between fences: where it is in a text. */
export interface Fence {
  /** Where its first line begins. */
  start: number;
  /** Behind the signs that close it; the end of the text where nothing does. */
  end: number;
  /** What stands before the signs: a list's number and indentation, say. */
  lead: string;
  /** The signs, three backticks or tildes at least. */
  ticks: string;
  /** The line that opens it. */
  open: string;
  isClosed: boolean;
}

/** What may stand before a fence: it is in a quote, or in an item of a list. */
const LEAD = String.raw`(?:[ \t>]|(?:[-*+]|\d{1,9}[.)])[ \t])*`;

/** The info string of a fence of backticks holds none: that would be code within a line. */
const OPENING = new RegExp(`^(${LEAD})(\`{3,}(?!\`)(?!.*\`)|~{3,})`);
const CLOSING = /^([ \t>]*)(`{3,}|~{3,})/;

/** One behind words, which Slack's own mark-up takes for a fence, and Markdown for words. */
const BEHIND_WORDS = /(?<!`)(`{3,})\w*$/;

/** The end of a text that may become the opening of a fence. */
export const UNFINISHED_FENCE: RegExp = new RegExp(`(?:^|\\n)${LEAD}[\`~]+[^\\n]*$`);

/** How much further in than it was opened a fence may be closed. Beyond that it is a line of the code. */
const INDENT = 3;

/** The fences of a text, in order: those in lists and quotes as well. */
export function fencesIn(text: string): Fence[] {
  const fences: Fence[] = [];
  if (!text.includes('```') && !text.includes('~~~')) return fences;
  let open: Fence | null = null;
  let start = 0;
  for (const line of text.split('\n')) {
    if (open === null) {
      open = openingOf(line, start, text.length);
      if (open !== null) fences.push(open);
    } else {
      const [all = '', lead = '', ticks = ''] = CLOSING.exec(line) ?? [];
      if (ticks.startsWith(open.ticks) && lead.length <= open.lead.length + INDENT) {
        open.end = start + all.length;
        open.isClosed = true;
        open = null;
      }
    }
    start += line.length + 1;
  }
  // Nothing closes it, and so it is words as well.
  if (open !== null && ![undefined, '\n'].includes(text[open.start - 1])) fences.pop();
  return fences;
}

function openingOf(line: string, start: number, end: number): Fence | null {
  const [, lead, ticks] = OPENING.exec(line) ?? [];
  const isClosed = false;
  if (lead !== undefined && ticks !== undefined) {
    return { start, end, lead, ticks, open: line, isClosed };
  }
  const behind = BEHIND_WORDS.exec(line);
  const isPaired = (line.match(/`{3,}/g)?.length ?? 0) % 2 === 0;
  if (behind === null || isPaired) return null;
  const [open, signs = ''] = behind;
  return { start: start + behind.index, end, lead: '', ticks: signs, open, isClosed };
}

/** A text from a place on. A fence that the place is in is opened again. */
export function textFrom(text: string, place: number): string {
  const rest = text.slice(place);
  const open = rest === '' ? null : openFence(text.slice(0, place));
  return open === null ? rest : `${open}\n${rest}`;
}

/** The line that has opened the fence which a text ends in; `null` if it ends in none. */
export function openFence(text: string): string | null {
  const last = fencesIn(text).at(-1);
  return last === undefined || last.isClosed ? null : last.open;
}
