import * as fc from 'fast-check';
import { isJsonObject, type JsonValue } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { renderResponse } from '../src/render/response.ts';

/** Markdown as models write it. */
const piece = fc.oneof(
  fc.constantFrom(
    '\n- one\n  - two\n    1. three\n',
    '\n| a | b |\n|---|---|\n| c & d | `e < f` |\n',
    '\n```\nif (a < b && c) {\n    return "x";\n}\n```\n',
    '\n> quote\n> > deeper\n',
    '\n# Heading\n\n',
    ' **bold** _it_ ~~del~~ ',
    ' [a label](https://en.wikipedia.org/wiki/A_(b) "a title") ',
    ' https://x.y/?a=1&b=2 ',
    ' 👩‍👩‍👧 🇨🇭 שלום עולם مرحبا ',
    ' <b>html</b> & <@U123> <!here> ',
    ' ``` ',
    ' ` ',
  ),
  fc.lorem({ maxCount: 30 }),
  fc.string({ unit: 'grapheme' }),
  fc.constant('long words of a text. '.repeat(250)),
);
const markdown = fc.array(piece, { maxLength: 12, size: 'max' }).map((pieces) => pieces.join(''));
/** What is not cut: a button has room for 75 characters. */
const short = fc.lorem({ maxCount: 4, mode: 'words' });
const url = fc.webUrl({ withQueryParameters: true });
const button = fc.record(
  { title: short, payload: fc.string(), url: fc.oneof(url, short) },
  { requiredKeys: ['title'] },
);
const buttons = fc.array(button, { maxLength: 40 });
const element = fc.record(
  { title: markdown, subtitle: markdown, imageUrl: fc.oneof(url, short), url, buttons },
  { requiredKeys: [] },
);
const rows = fc.array(fc.array(short, { minLength: 1, maxLength: 25 }), {
  minLength: 1,
  maxLength: 120,
});
const parts = {
  text: markdown,
  image: url,
  attachment: fc.record({ url, name: short }),
  elements: fc.array(element, { maxLength: 12 }),
  custom: fc.record({ table: fc.record({ rows }) }),
};
const response = fc.oneof(
  fc.record({ ...parts, buttons }, { requiredKeys: [] }),
  fc.record({ ...parts, quickReplies: buttons }, { requiredKeys: [] }),
);

/** Slack's keys and ours whose texts are read. */
const READ = ['text', 'image_url', 'alt_text', 'title', 'subtitle', 'imageUrl', 'image', 'name'];

function readIn(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(readIn);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    if (key === 'rows') return (part as JsonValue[][]).flat().flatMap(cellIn);
    return typeof part === 'string' ? (READ.includes(key) ? [part] : []) : readIn(part);
  });
}

function cellIn(cell: JsonValue): string[] {
  return typeof cell === 'string' ? [cell] : readIn(cell);
}

/** Nothing but the letters and digits: no signs of Markdown, no white space, no entities. */
function lettersOf(text: string): string {
  const decoded = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return decoded.replaceAll(/[^\p{L}\p{N}]+/gu, '');
}

describe('a response of several parts', () => {
  it('loses no letter of any of them', { timeout: 60_000 }, () => {
    const property = fc.property(response, (said) => {
      const { messages } = renderResponse('slack', said);
      const blocks = JSON.parse(JSON.stringify(messages.map((one) => one.blocks))) as JsonValue;
      const shown = lettersOf(readIn(blocks).join(''));
      for (const text of readIn(said)) expect(shown).toContain(lettersOf(text));
    });
    fc.assert(property, { numRuns: 60 });
  });
});
