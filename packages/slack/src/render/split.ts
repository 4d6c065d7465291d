import { splitText } from '@trunkline/core';
import { fencesIn, type Fence } from './fence.ts';
import { lengthOf, LIMITS } from './limits.ts';

/** Code within a line. Its signs are as many at its end as at its beginning, and others may be in it. */
const CODE = /(?<!`)(?<ticks>`+)(?!`)[^\n]*?[^`\n]\k<ticks>(?!`)/;

/** A link or an image: brackets in its label, parentheses in its address and a title behind it are of it. */
const LINK =
  /!?\[(?:[^[\]\n]|\[[^\]\n]{0,200}\]){0,500}\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:[ \t]+(?:"[^"\n]*"|'[^'\n]*'))?\)/;

/** A table: its header, the line that says how its columns are aligned, and its rows. */
const TABLE =
  /^(?=[^\n]*\|)[^\n]+\n(?=[^\n]*\|)[ \t]*(?:\|[ \t]*)?:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*(?:\|[ \t]*)?\r?(?:\n(?=[^\n]*\|)[^\n]+)*$/;

/** What is not cut in two where it fits, beside fences: tables, code, links, addresses, mentions, entities. */
const WHOLE = new RegExp(
  [TABLE, CODE, LINK, /https?:\/\/[^\s<>]+/, /<[^<>\n]+>/, /&[a-z]+;/]
    .map(({ source }) => source)
    .join('|'),
  'gm',
);

const TABLES = new RegExp(TABLE, 'gm');

/** Stand for what is not cut: one character, with as many marks on it as it takes. */
const [MASK, MARK] = ['\uE000', '\u0301'];

/**
 * Splits Markdown into parts of at most `limit` characters: at a paragraph, a line, a sentence, a word;
 * not in a code fence, a table or a link. A fence that is itself too long is closed, and opened again; a
 * table is several ones, each with the header.
 */
export function splitMarkdown(text: string, limit: number = LIMITS.markdown): string[] {
  if (text.length <= limit || lengthOf(text) <= limit) return [text];
  const source = withFences(
    text,
    (fence) =>
      fence.end - fence.start <= limit
        ? text.slice(fence.start, fence.end)
        : splitFence(text, fence, limit),
    (prose) => prose.replaceAll(TABLES, (table) => splitTable(table, limit)),
  );
  const mask = (whole: string): string =>
    whole.length <= limit ? MASK + MARK.repeat(whole.length - 1) : whole;
  const masked = withFences(
    source,
    ({ start, end }) => mask(source.slice(start, end)),
    (prose) => prose.replaceAll(WHOLE, mask),
  );
  let end = 0;
  return splitText(masked, limit, { length: lengthOf }).map((part) => {
    // Only white space lies between the parts.
    const start = masked.indexOf(part, end);
    end = start + part.length;
    return source.slice(start, end);
  });
}

/** A text with other fences, and another prose between them. */
function withFences(
  text: string,
  fenceOf: (fence: Fence) => string,
  proseOf: (prose: string) => string,
): string {
  let made = '';
  let end = 0;
  for (const fence of fencesIn(text)) {
    made += proseOf(text.slice(end, fence.start)) + fenceOf(fence);
    end = fence.end;
  }
  return made + proseOf(text.slice(end));
}

/** A long fence as several ones. */
function splitFence(text: string, fence: Fence, limit: number): string {
  const { start, end, lead, ticks, open: line } = fence;
  const open = `${line}\n`;
  // What is in an item of a list goes on below it.
  const close = `\n${lead.replaceAll(/[^>\t]/g, ' ')}${ticks}`;
  const inside = text.slice(start + open.length, end);
  const body = fence.isClosed ? inside.slice(0, Math.max(0, inside.lastIndexOf('\n'))) : inside;
  const room = limit - lengthOf(open) - lengthOf(close);
  // An info string that leaves no room is none: what is behind the signs is said, too.
  if (room < limit / 2) {
    const words = `${lead}${line.slice(lead.length + ticks.length)}\n${body}`;
    return splitText(words, limit, { length: lengthOf }).join('\n\n');
  }
  return splitText(body, room, { length: lengthOf })
    .map((part) => open + part + close)
    .join('\n\n');
}

/** A long table as several ones. */
function splitTable(table: string, limit: number): string {
  if (lengthOf(table) <= limit) return table;
  const [, head = '', rows = ''] = /^([^\n]*\n[^\n]*\n)([^]*)$/.exec(table) ?? [];
  const room = limit - lengthOf(head);
  // Of a header that leaves no room, the rows are read without it.
  if (head === '' || room < limit / 2) return table;
  return splitText(rows, room, { length: lengthOf })
    .map((part) => head + part)
    .join('\n\n');
}
