import { isJsonObject, type JsonValue } from '@trunkline/core';

/** What pings somebody in Slack's own mark-up. */
export const PING: RegExp = /<(?:!(?:channel|group|here|everyone|subteam)|@[UW])/;

/** The targets of links, and of what links by a name refer to. */
const TARGET = /(?<=\][(:]\s*)\S+/g;

/**
 * What would ping somebody if Slack read a text as badly for us as it could: it made `<!channel|a>` of
 * `[a](!channel)`, say, in code as well, and whichever way the target is written.
 */
export function pingsIn(text: string): string[] {
  const targets = [...text.matchAll(TARGET)].map(([target]) => `<${decoded(target)}`);
  const pings = targets.filter((target) => target.search(PING) === 0);
  return PING.test(text) ? [text, ...pings] : pings;
}

/** The same, of all texts of a message that Slack looks for mentions in: not of buttons, cells, and values. */
export function pingsOf(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(pingsOf);
  if (!isJsonObject(value)) return [];
  const { type = 'mrkdwn', text } = value;
  const inside = Object.values(value).flatMap(pingsOf);
  if (typeof text !== 'string') return inside;
  if (type === 'markdown') return [...inside, ...pingsIn(text)];
  // Its own mark-up knows no links but those in angle brackets.
  return type === 'mrkdwn' && PING.test(text) ? [...inside, text] : inside;
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', excl: '!', commat: '@' };

/** Entities, signs behind a backslash, and what stands around an address. */
function decoded(target: string): string {
  return target
    .replaceAll(/&#(\d+);?/g, (_, code: string) => String.fromCodePoint(Number(code) % 0x11_00_00))
    .replaceAll(/&#x([0-9a-f]+);?/gi, (_, code: string) =>
      String.fromCodePoint(Number.parseInt(code, 16) % 0x11_00_00),
    )
    .replaceAll(/&([a-z]+);?/gi, (all, name: string) => ENTITIES[name.toLowerCase()] ?? all)
    .replaceAll(/\\(?=[!-/:-@[-`{-~])/g, '')
    .replace(/^[<\s]+/, '');
}
