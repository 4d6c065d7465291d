import type { ActionsBlock, StaticSelect, TableBlock } from '@slack/types';
import * as fc from 'fast-check';
import type { JsonValue } from '@trunkline/core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Rendered, SlackMessage } from '../src/render/message.ts';
import { render } from '../src/render/parts.ts';
import { blocksSchema, problemsOf } from './support/block-kit.ts';
import { pingsOf } from './support/pings.ts';

const NOTHING = { extra: {} };

/** Texts as people and models write them, and as nobody should. */
const written = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.lorem({ maxCount: 40 }),
  fc
    .array(
      fc.constantFrom(
        '<!channel>',
        '<!here|x>',
        '<@U123>',
        '<!subteam^S1>',
        '**bold** ',
        '`code`',
        '\n```js\n',
        '\n```\n',
        '[a](https://x.y/?a=1&b=<2>)',
        '<https://x.y|z>',
        '& ',
        '> ',
        '\n\n',
        '👩‍👩‍👧 ',
        'word '.repeat(300),
        'w'.repeat(4_000),
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join('')),
);
const long = fc.oneof(
  written,
  fc.nat({ max: 4_000 }).map((length) => 'é😀x'.repeat(length)),
);
const button = fc.record(
  {
    title: long,
    payload: long,
    url: fc.oneof(fc.webUrl(), long),
    style: fc.constantFrom('primary', 'danger', 'odd'),
  },
  { requiredKeys: ['title'] },
);
const buttons = fc.array(button, { maxLength: 140, size: 'max' });
const element = fc.record(
  {
    title: long,
    subtitle: long,
    imageUrl: fc.oneof(fc.webUrl(), long),
    url: fc.oneof(fc.webUrl(), long),
    buttons: fc.array(button, { maxLength: 5 }),
  },
  { requiredKeys: [] },
);
const cell = fc.oneof(long, fc.integer(), fc.constant(null));

function expectTaken(made: Rendered): void {
  const all: SlackMessage[] = [
    ...made.messages,
    ...[...made.instead.values()].flat().map(({ message }) => message),
  ];
  for (const message of all) {
    expect(problemsOf(message)).toEqual([]);
    expect(pingsOf(JSON.parse(JSON.stringify(message)) as JsonValue)).toEqual([]);
  }
}

const RUNS = { numRuns: 60 };
const SLOW = { timeout: 60_000 };

beforeAll(() => void blocksSchema(), 60_000);

describe(
  'every message that can be rendered is one that Slack takes, and pings nobody',
  SLOW,
  () => {
    it('a text', () => {
      fc.assert(
        fc.property(long, (value) => expectTaken(render.text(value, NOTHING))),
        RUNS,
      );
    });

    it('buttons and quick replies', () => {
      const property = fc.property(long, buttons, (value, list) => {
        expectTaken(render.buttons({ text: value, buttons: list }, NOTHING));
        expectTaken(render.quickReplies({ text: value, buttons: list }, NOTHING));
      });
      fc.assert(property, RUNS);
    });

    it('images', () => {
      const property = fc.property(fc.oneof(fc.webUrl(), long), long, (image, altText) =>
        expectTaken(render.image(image, { extra: { altText } })),
      );
      fc.assert(property, RUNS);
    });

    it('attachments', () => {
      const attachment = fc.oneof(
        long,
        fc.record({
          url: fc.oneof(fc.webUrl(), long),
          name: long,
          mimeType: fc.constantFrom('image/png', 'x'),
        }),
        fc.record({
          type: fc.constantFrom('image', 'file'),
          payload: fc.record({ src: fc.webUrl() }),
        }),
        fc.jsonValue().filter((value) => value !== null),
      );
      const property = fc.property(attachment, (value) =>
        expectTaken(render.attachment(value as never, NOTHING)),
      );
      fc.assert(property, RUNS);
    });

    it('elements', () => {
      const property = fc.property(fc.array(element, { maxLength: 24 }), (elements) =>
        expectTaken(render.elements(elements, NOTHING)),
      );
      fc.assert(property, RUNS);
    });

    it('a table of long headings', () => {
      const header = Array.from({ length: 5 }, () => 'h'.repeat(3_000));
      expectTaken(render.custom({ table: { header, rows: [['a', 'b', 'c', 'd', 'e']] } }, NOTHING));
    });

    it('a table of one long cell', () => {
      expectTaken(render.custom({ table: { rows: [['é😀x'.repeat(1_400)]] } }, NOTHING));
    });

    // The story: a table of twenty columns had one cell with an address of 300 characters. It was cut at 250, in a
    // table that had room for ten thousand.
    it('a table with a long cell among short ones, whole', () => {
      const row = Array.from({ length: 20 }, (_, index) => (index === 3 ? 'x'.repeat(2_900) : 'y'));
      const cellsOf = (header: string[] | null, cells: string[]): string[] => {
        const made = render.custom(
          { table: { rows: [cells], ...(header && { header }) } },
          NOTHING,
        );
        expectTaken(made);
        const [block] = made.messages[0]?.blocks ?? [];
        return (
          (block as TableBlock).rows.at(-1)?.map((shown) => (shown as { text: string }).text) ?? []
        );
      };
      expect(cellsOf(null, row)).toEqual(row);
      expect(cellsOf(Array.from({ length: 20 }, String), row)).toEqual(row);
      // Only what is longer than the others is cut, where a row is over the limit.
      const cut = row.map((text, index) => (index < 6 ? 'z'.repeat(2_900) : text));
      const lengths = cellsOf(row, cut).map((text) => text.length);
      expect(lengths.slice(6)).toEqual(cut.slice(6).map(({ length }) => length));
      expect(Math.min(...lengths.slice(0, 6))).toBeGreaterThan(1_100);
    });

    it('tables of many short rows, with all of them (trap 15)', () => {
      const rows = Array.from({ length: 250 }, (_, index) => [index]);
      const pages = (header?: string[]): unknown[] => {
        const made = render.custom({ table: { rows, ...(header && { header }) } }, NOTHING);
        expectTaken(made);
        return made.messages.map(({ blocks = [] }) => (blocks[0] as TableBlock).rows.length);
      };
      expect(pages()).toEqual([100, 100, 50]);
      expect(pages(['n'])).toEqual([100, 100, 53]);
    });

    it('a table of many columns, with all of them (trap 15)', () => {
      const rows = [Array.from({ length: 45 }, (_, index) => index)];
      const made = render.custom({ table: { rows } }, NOTHING);
      expectTaken(made);
      const shown = made.messages.map(({ blocks = [] }) => (blocks[0] as TableBlock).rows[0] ?? []);
      expect(shown.map((row) => row.length)).toEqual([20, 20, 5]);
      expect(shown.flat().map((one) => (one as { text: string }).text)).toEqual(
        rows.flat().map(String),
      );
    });

    it('tables (trap 15)', () => {
      const rows = fc.array(fc.array(cell, { maxLength: 45 }), {
        minLength: 1,
        maxLength: 230,
        size: 'max',
      });
      const property = fc.property(
        rows,
        fc.option(fc.array(fc.string(), { maxLength: 30 })),
        (list, header) =>
          expectTaken(
            render.custom({ table: { rows: list, ...(header ? { header } : {}) } }, NOTHING),
          ),
      );
      fc.assert(property, { numRuns: 15 });
    });

    it('blocks of Slack’s own, links and long cards, fifty a message (trap 15)', () => {
      const blocks = Array.from({ length: 101 }, () => ({ type: 'divider' as const }));
      const links = Array.from({ length: 251 }, () => ({ title: 'a', url: 'https://x.y' }));
      const card = { title: 'a', subtitle: 'word '.repeat(31_000) };
      const countsOf = (made: Rendered): unknown[] => {
        expectTaken(made);
        return made.messages.map((message) => message.blocks?.length);
      };
      expect(countsOf(render.custom(blocks, NOTHING))).toEqual([50, 50, 1]);
      expect(countsOf(render.text('a', { extra: { blocks } }))).toEqual([50, 50, 1]);
      // A text, and rows of five.
      const withText = { text: 'a', buttons: links };
      expect(countsOf(render.buttons(withText, NOTHING))).toEqual([50, 2]);
      expect(countsOf(render.buttons({ ...withText, text: '' }, NOTHING))).toEqual([50, 1]);
      expect(countsOf(render.elements([card], NOTHING))).toEqual([50, 2]);
    });

    it('menus of a hundred options, 25 in a row (trap 15)', () => {
      const list = Array.from({ length: 2_501 }, (_, index) => ({ title: `${index}` }));
      const made = render.buttons({ text: '', buttons: list }, NOTHING);
      expectTaken(made);
      const rows = made.messages.flatMap(({ blocks = [] }) => blocks as ActionsBlock[]);
      expect(rows.map(({ elements }) => elements.length)).toEqual([25, 1]);
      const options = rows.flatMap(({ elements }) =>
        elements.flatMap((menu) => (menu as StaticSelect).options ?? []),
      );
      expect(options.map(({ value }) => value)).toEqual(list.map(({ title }) => title));
    });

    // Random texts are seldom one character over.
    it('titles and addresses that are one character over a limit', () => {
      const address = 'https://x.y/'.padEnd(3_001, 'x');
      expectTaken(render.elements([{ title: 'x'.repeat(151) }], NOTHING));
      expectTaken(render.image(address, NOTHING));
      expectTaken(render.buttons({ text: 'a', buttons: [{ title: 'a', url: address }] }, NOTHING));
      expectTaken(render.elements([{ title: 'a', imageUrl: address }], NOTHING));
    });

    it('any other JSON', () => {
      const json = fc.jsonValue().filter((value) => {
        const keys = JSON.stringify(value);
        return !/"(?:type|blocks|attachments|text|markdown_text|table)"/.test(keys);
      });
      fc.assert(
        fc.property(json, (value) => expectTaken(render.custom(value as never, NOTHING))),
        RUNS,
      );
    });
  },
);

describe('the validator sees what Slack refuses (traps 13 to 16)', () => {
  const section = { type: 'section', text: { type: 'mrkdwn', text: 'x' } };
  const of = (blocks: object[], more: object = {}): string[] =>
    problemsOf({ text: 'x', blocks: blocks as never, ...more });

  it.each([
    ['an alert', [{ type: 'alert', text: { type: 'mrkdwn', text: 'x' } }]],
    ['a pending task', [{ type: 'task_card', task_id: '1', title: 'x', status: 'pending' }]],
    ['51 blocks', Array.from({ length: 51 }, () => section)],
    ['a long section', [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3_001) } }]],
    ['an empty text', [{ type: 'section', text: { type: 'mrkdwn', text: '' } }]],
    ['an unknown field', [{ ...section, colour: 'red' }]],
    ['no elements', [{ type: 'actions', elements: [] }]],
  ])('%s', (_name, blocks) => {
    expect(of([section])).toEqual([]);
    expect(of(blocks)).not.toEqual([]);
  });

  it('markdown_text beside blocks', () => {
    expect(of([section], { markdown_text: 'x' })).toContain('markdown_text_conflict');
  });
});
