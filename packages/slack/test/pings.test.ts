import * as fc from 'fast-check';
import type { JsonValue } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { escapeMarkdown, escapeText, fallbackOf } from '../src/render/escape.ts';
import type { Rendered } from '../src/render/message.ts';
import { render } from '../src/render/parts.ts';
import { renderResponse } from '../src/render/response.ts';
import { nextPiece } from '../src/render/stream-text.ts';
import { PING, pingsIn, pingsOf } from './support/pings.ts';

const J = '\u2060';
const NOTHING = { extra: {} };

/** What a text that wants to ping somebody is put together from. */
const piece = fc.oneof(
  fc.constantFrom('<!channel>', '<!here|x>', '<!group>', '<@U123>', '<@W1|x>', '<!subteam^S1>'),
  fc.constantFrom('!channel', '!here', '@U123', '!subteam^S1', '\\!channel', '&#33;here'),
  fc.constantFrom('&commat;U123', '&#x21;everyone', '&lt;!channel&gt;', '&lt;', '&gt;', '&', ';'),
  fc.constantFrom('[all]', '[', ']', '(', ')', '](', ']: ', '\n[x]: ', '[all][x]', '!', '@', '|'),
  fc.constantFrom('<', '>', '\\', '`', '``', '\n```\n', '\n~~~\n', '\n> ', '**', '_', '~~', '# '),
  fc.constantFrom('https://x.y/', 'mailto:', ' ', '\n', '\t', '\n\n', ' "t"', 'word ', '😀', 'אב'),
  fc.constant('w'.repeat(1_100)),
);
const text = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''));
const MANY = { numRuns: 3_000 };
const SOME = { numRuns: 150 };

function pingsOfAll({ messages, instead }: Rendered): string[] {
  const others = [...instead.values()].flat().map(({ message }) => message);
  return pingsOf(JSON.parse(JSON.stringify([...messages, ...others])) as JsonValue);
}

describe('a text of the assistant’s (trap 25)', () => {
  // The story: nobody had looked at links. What Slack makes of such a target is its own to say, and in its own
  // mark-up <!channel|everyone> is a ping.
  it.each([
    ['[everyone](!channel)', `[everyone]${J}(!channel)`],
    ['[you]( @U123 "t")', `[you]${J}( @U123 "t")`],
    ['![us](!subteam^S1)', `![us]${J}(!subteam^S1)`],
    [String.raw`[a](\!here)`, String.raw`[a]${J}(\!here)`],
    ['[a](&#33;here)', `[a]${J}(&amp;#33;here)`],
    ['[a](<!here>)', `[a]${J}(&lt;!here&gt;)`],
    ['[a][x]\n\n[x]: !channel', `[a][x]\n\n[x]${J}: !channel`],
    ['`f[i](!here)`', `\`f[i]${J}(!here)\``],
    ['```\n[a](@U123)\n```', `\`\`\`\n[a]${J}(@U123)\n\`\`\``],
  ])('links to nobody: %j', (given, made) => {
    expect(escapeMarkdown(given)).toBe(made);
  });

  it.each([
    '[a](https://x.y/?a=1&b=2) [b](<https://x.y>) [c](mailto:a@b.c) [d](#part) [e](/x!y@z)',
    '[a][x]\n\n[x]: https://x.y/@b',
    '`if (!a[i](!b)) f[j](@c)`',
    '```rust\ntable[i](&mut a, !b);\n```',
    'in [<#C123>](https://x.y), well (!)',
  ])('keeps its links and its code: %j', (given) => {
    expect(escapeMarkdown(given)).toBe(given);
  });

  it('pings nobody, however it is put together', () => {
    const property = fc.property(text, (given) => {
      expect(pingsIn(escapeMarkdown(given))).toEqual([]);
      for (const made of [escapeText(given), fallbackOf(given)]) expect(made).not.toMatch(PING);
    });
    fc.assert(property, MANY);
  });

  it('pings nobody as it grows, wherever it is cut', () => {
    const property = fc.property(text, fc.array(fc.nat({ max: 400 })), (given, cuts) => {
      let [shown, markdown] = [0, ''];
      for (const cut of [...cuts.toSorted((a, b) => a - b), Infinity]) {
        const isLast = cut >= given.length;
        for (;;) {
          const next = nextPiece(given.slice(0, cut), shown, isLast, []);
          if (next === null) break;
          shown = next.end;
          markdown += next.markdown;
        }
      }
      expect(shown).toBe(given.length);
      expect(pingsIn(markdown)).toEqual([]);
    });
    fc.assert(property, MANY);
  });

  it('pings nobody where a long piece ends before a target', () => {
    const given = `\`\`\`\n${'w '.repeat(1_150)}[x]: @U123${'Y'.repeat(200)}`;
    const { end = 0, markdown = '' } = nextPiece(given, 0, true, []) ?? {};
    expect(end).toBeLessThan(given.length);
    expect(pingsIn(markdown + (nextPiece(given, end, true, [])?.markdown ?? ''))).toEqual([]);
  });

  it('pings nobody in whichever part of a response', { timeout: 60_000 }, () => {
    const button = fc.record(
      { title: text, payload: text, url: text },
      { requiredKeys: ['title'] },
    );
    const buttons = fc.array(button, { maxLength: 30 });
    const element = fc.record(
      { title: text, subtitle: text, imageUrl: text, url: text, buttons },
      { requiredKeys: [] },
    );
    const address = text.map((end) => `https://x.y/${end}`);
    const file = fc.record(
      { url: fc.oneof(text, address), name: text, mimeType: fc.constantFrom('image/png', 'a/b') },
      { requiredKeys: [] },
    );
    const rows = fc.array(fc.array(text, { minLength: 1, maxLength: 3 }), { minLength: 1 });
    const property = fc.property(
      fc.record({
        text,
        buttons,
        image: fc.oneof(text, address),
        attachment: fc.oneof(text, file),
        elements: fc.array(element, { maxLength: 3 }),
        other: fc.oneof(text, fc.record({ mood: text }), fc.record({ table: fc.record({ rows }) })),
        extra: fc.record({ altText: text, title: text }, { requiredKeys: [] }),
      }),
      ({ other, extra, ...parts }) => {
        const { buttons: quickReplies } = parts;
        const all = [
          render.text(parts.text, NOTHING),
          render.buttons(parts, NOTHING),
          render.quickReplies(parts, NOTHING),
          render.image(parts.image, { extra }),
          render.attachment(parts.attachment, { extra }),
          render.elements(parts.elements, NOTHING),
          render.custom(other, NOTHING),
          renderResponse('slack', { ...parts, custom: other, ...extra }),
          renderResponse('slack', { text: parts.text, quickReplies }),
        ];
        for (const made of all) expect(pingsOfAll(made)).toEqual([]);
      },
    );
    fc.assert(property, SOME);
  });

  it('mentions those whom the response names, and nobody else', () => {
    const property = fc.property(text, (given) => {
      const named = escapeMarkdown(`${given}\n\n<@U9> <!here> `, ['U9', 'here']);
      const others = named.replaceAll(/<@U9>|<!here(?:\|[^<>]*)?>/g, '');
      expect(pingsIn(others)).toEqual([]);
    });
    fc.assert(property, MANY);
  });
});
