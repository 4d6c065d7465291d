/*
 * Keeps what an assistant says from pinging anybody. Slack reads `<!channel>`, `<@U123>` and the like
 * in its own mark-up and in Markdown alike.
 *
 * @see Slack: Formatting message text
 */

import { fencesIn } from './fence.ts';

/** Who may be mentioned: everybody that the text names, or those named here (`U123`, `here`). */
export type AllowedMentions = true | readonly string[];

/** Mentions of people, of groups, and of everybody. */
const MENTION =
  /<(?:@([UW][A-Z0-9]+)|!subteam\^(S[A-Z0-9]+)|!(channel|here|everyone))(?:\|[^<>]*)?>/g;

/**
 * The target of a link, or of what links refer to by its name, that is no address and may be somebody: what Slack
 * makes of `[all](!channel)` is its own to say. One that is not there yet may be anybody.
 */
const PING_TARGET = String.raw`(?=[(:]\s*(?:[!@&\\<]|(?![^])))(?<=\])(?![(:]\s*<(?:https?:\/\/|mailto:))`;

/** Code, links with their targets, addresses, channels: what is not text, or must stay as it is. */
const VERBATIM = new RegExp(
  [
    String.raw`(?<code>(?<!\`)(?<ticks>\`+)(?!\`)(?:(?!\n[ \t]*\n)[^])*?[^\`]\k<ticks>(?!\`))`,
    `(?<ping>${PING_TARGET})`,
    String.raw`(?<target>\]\((?![!@&\\])[^()\s<>]*(?:\([^()\s<>]*\)[^()\s<>]*)*\))`,
    String.raw`(?<address><(?:https?:\/\/|mailto:)[^\s<>|]+>)`,
    String.raw`(?<url>https?:\/\/(?:[^\s<>()\]]|\](?![(:]))+)`,
    '(?<channel><#[CG][A-Z0-9]+>)',
    '(?<quote>^(?: {0,3}> ?)+)',
  ].join('|'),
  'gm',
);

const QUOTE = /(?: {0,3}> ?)*/y;

/** What would ping in code, if Slack looked for it there. Signs of other meanings are code's own. */
const EVERYBODY = '!(?:channel|group|here|everyone|subteam)';
const PING_IN_CODE = new RegExp(
  [
    `(?=[@!])(?<=<)(?=@[UW]|${EVERYBODY})`,
    String.raw`(?=[(:]\s*(?=[!@&\\<])(?:[\\<]|&#?\w+;)*(?:@?[UW][A-Z0-9]|!?${EVERYBODY.slice(1)}))(?<=\])`,
  ].join('|'),
  'g',
);

/** Looks like nothing, and breaks a mention in two. */
const WORD_JOINER = '\u2060';

/** Whether there is anything to do at all. */
const SPECIAL = /[&<>]/;
const SPECIAL_IN_MARKDOWN = /[&<>]|\][(:]\s*(?:[!@\\]|$)/;

/** Which mentions of an extra `mentions` are allowed. */
export function allowedMentions(value: unknown): AllowedMentions {
  if (value === true) return true;
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/**
 * Markdown for Slack's markdown block. Code, links and block quotes are left as they are.
 *
 * @param from - Where it begins; what is before is only read, and not in the result.
 */
export function escapeMarkdown(text: string, allowed: AllowedMentions = [], from = 0): string {
  if (!SPECIAL_IN_MARKDOWN.test(text)) return text.slice(from);
  let escaped = '';
  let end = from;
  for (const fence of fencesIn(text)) {
    if (fence.end <= end) continue;
    // Whether a fence follows is not known yet where the beginning of its line is said.
    const start = Math.max(end, fence.start + fence.lead.length);
    escaped += escapeProse(text.slice(0, start), end, allowed);
    escaped += escapeCode(text.slice(0, fence.end), start);
    end = fence.end;
  }
  return escaped + escapeProse(text, end, allowed);
}

/** Markdown without fences, from a place on. */
function escapeProse(text: string, from: number, allowed: AllowedMentions): string {
  let end = quoteEnd(text, from);
  let escaped = text.slice(from, end);
  for (const match of matchesFrom(text, end, VERBATIM)) {
    const { code, ping } = match.groups ?? {};
    const { index } = match;
    const [whole] = match;
    escaped += escapeText(text.slice(end, index), allowed);
    end = index + whole.length;
    if (ping !== undefined) escaped += WORD_JOINER;
    else if (code !== undefined) escaped += escapeCode(text.slice(0, end), index);
    else escaped += whole;
  }
  return escaped + escapeText(text.slice(end), allowed);
}

/** Where the signs of a block quote end that a place is among; the place, if it is among none. */
function quoteEnd(text: string, place: number): number {
  QUOTE.lastIndex = text.lastIndexOf('\n', place - 1) + 1;
  QUOTE.test(text);
  return Math.max(place, QUOTE.lastIndex);
}

/** Code, from a place on. */
function escapeCode(text: string, from: number): string {
  let escaped = '';
  let end = from;
  for (const { index } of matchesFrom(text, from, PING_IN_CODE)) {
    escaped += text.slice(end, index) + WORD_JOINER;
    end = index;
  }
  return escaped + text.slice(end);
}

/** What is before the place is looked at all the same. */
function matchesFrom(text: string, from: number, pattern: RegExp): Iterable<RegExpExecArray> {
  pattern.lastIndex = from;
  return text.matchAll(pattern);
}

/** A text for Slack's own mark-up. */
export function escapeText(text: string, allowed: AllowedMentions = []): string {
  if (!SPECIAL.test(text)) return text;
  if (allowed !== true && allowed.length === 0) return escapeAll(text);
  let escaped = '';
  let end = 0;
  for (const match of text.matchAll(MENTION)) {
    const [token, user, group, everybody] = match;
    const name = user ?? group ?? everybody ?? '';
    escaped += escapeAll(text.slice(end, match.index));
    escaped += allowed === true || allowed.includes(name) ? token : escapeAll(token);
    end = match.index + token.length;
  }
  return escaped + escapeAll(text.slice(end));
}

function escapeAll(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Markdown as a notification says it: without its signs, and without a ping. */
export function fallbackOf(text: string, allowed: AllowedMentions = []): string {
  return escapeText(withoutMarkdown(text), allowed);
}

function withoutMarkdown(text: string): string {
  if (!/[*_~`#[\]>|]/.test(text)) return text;
  return text
    .replaceAll(/^[ \t]*(?:`{3,}(?!`)(?!.*`)|~{3,}).*$\n?/gm, '')
    .replaceAll(/!?\[([^\]]{0,500})\]\(([^()\s]*)(?:\s[^()]*)?\)/g, '$1')
    .replaceAll(/^ {0,3}#{1,6} +/gm, '')
    .replaceAll(/(\*\*|__|~~)(?=\S)([^]{0,1000}?\S)\1/g, '$2')
    .replaceAll(/(?<!`)`+([^`\n]+)`+/g, '$1')
    .trim();
}
