import { splitText } from '@trunkline/core';
import { lengthOf, LIMITS } from './limits.ts';

/** What is not cut in two where it fits: code, links, addresses, mentions, entities. */
const WHOLE =
  /^(`{3,}(?!.*`)|~{3,}).*(?:\n(?!\1).*)*(?:\n\1[`~]*|$(?![^]))|`+[^`\n]+`+|!?\[[^\]\n]{0,500}\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)|https?:\/\/[^\s<>]+|<[^<>\n]+>|&[a-z]+;/gm;

/** The info string of a fence of backticks holds none: that would be code within a line. */
const FENCE = /^(`{3,}(?!.*`)|~{3,})(.*)((?:\n(?!\1).*)*)(?:\n\1[`~]*|$(?![^]))/gm;

/** Stands for a character of what is not cut: nothing that a text is cut after. */
const MASK = '\uE000';

/**
 * Splits Markdown into parts of at most `limit` characters: at a paragraph, a line, a sentence, a word;
 * not in a code fence or a link. A fence that is itself too long is closed, and opened again.
 */
export function splitMarkdown(text: string, limit: number = LIMITS.markdown): string[] {
  if (text.length <= limit || lengthOf(text) <= limit) return [text];
  const source = text.replaceAll(
    FENCE,
    (fence: string, ticks: string, info: string, body: string) =>
      fence.length <= limit ? fence : splitFence(ticks, info, body.slice(1), limit),
  );
  const masked = source.replaceAll(WHOLE, (whole) =>
    whole.length <= limit ? MASK.repeat(whole.length) : whole,
  );
  let end = 0;
  return splitText(masked, limit, { length: lengthOf }).map((part) => {
    // Only white space lies between the parts.
    const start = masked.indexOf(part, end);
    end = start + part.length;
    return source.slice(start, end);
  });
}

/** A long fence as several ones. */
function splitFence(ticks: string, info: string, body: string, limit: number): string {
  const open = `${ticks}${info}\n`;
  const close = `\n${ticks}`;
  const room = limit - lengthOf(open) - lengthOf(close);
  // An info string that leaves no room is none.
  if (room < limit / 2) return splitText(body, limit, { length: lengthOf }).join('\n\n');
  return splitText(body, room, { length: lengthOf })
    .map((part) => open + part + close)
    .join('\n\n');
}

/** The line that has opened the fence which a text ends in; `null` if it ends in none. */
export function openFence(text: string): string | null {
  let open: string | null = null;
  for (const line of text.split('\n')) {
    const ticks = /^(?:`{3,}|~{3,})/.exec(line)?.[0];
    if (ticks === undefined) continue;
    // Backticks further on in the line: it is code in a line of its own.
    const opens = !ticks.startsWith('`') || !line.slice(ticks.length).includes('`');
    if (open === null) open = opens ? line : null;
    else if (ticks.startsWith(/^(?:`{3,}|~{3,})/.exec(open)?.[0] ?? ticks)) open = null;
  }
  return open;
}
