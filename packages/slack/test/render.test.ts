import type { Element } from '@trunkline/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeMarkdown, escapeText, fallbackOf } from '../src/render/escape.ts';
import { openFence } from '../src/render/fence.ts';
import { lengthOf, LIMITS } from '../src/render/limits.ts';
import { render } from '../src/render/parts.ts';
import { renderResponse, withOwnBlocks } from '../src/render/response.ts';
import { splitMarkdown } from '../src/render/split.ts';
import { nextPiece } from '../src/render/stream-text.ts';

const NOTHING = { extra: {} };
const J = '\u2060';

describe('Markdown for Slack (trap 25)', () => {
  it.each([
    ['1 < 2 & 3 > 2', '1 &lt; 2 &amp; 3 &gt; 2'],
    [
      '<!channel> <!here|here> <@U123> <!subteam^S1>',
      '&lt;!channel&gt; &lt;!here|here&gt; &lt;@U123&gt; &lt;!subteam^S1&gt;',
    ],
    ['> a quote\n> > and more, 2 > 1', '> a quote\n> > and more, 2 &gt; 1'],
    ['[a & b](https://x.y/?a=1&b=2)', '[a &amp; b](https://x.y/?a=1&b=2)'],
    ['see https://x.y/?a=1&b=2 & more', 'see https://x.y/?a=1&b=2 &amp; more'],
    ['<https://x.y> and <https://x.y|safe>', '<https://x.y> and &lt;https://x.y|safe&gt;'],
    ['`a && b < c` & <d>', '`a && b < c` &amp; &lt;d&gt;'],
    // Code ends with its paragraph, as in Markdown.
    ['the ` key\n\n<b> & so\n\nand ` too', 'the ` key\n\n&lt;b&gt; &amp; so\n\nand ` too'],
    ['`a &\nb` & so', '`a &\nb` &amp; so'],
    ['```js\nif (a < b && c) {}\n```\n& so', '```js\nif (a < b && c) {}\n```\n&amp; so'],
    ['`<!channel>` and ```\n<@U1>\n```', `\`<${J}!channel>\` and \`\`\`\n<${J}@U1>\n\`\`\``],
    ['```\n<!here>', `\`\`\`\n<${J}!here>`],
    ['in <#C123>', 'in <#C123>'],
    ['plain', 'plain'],
  ])('is escaped where Slack would read it: %s', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  it('lets those be mentioned that the response names', () => {
    const text = '<@U1> <@U2> <!here> <!channel> <!subteam^S1>';
    expect(escapeMarkdown(text, ['U1', 'here', 'S1'])).toBe(
      '<@U1> &lt;@U2&gt; <!here> &lt;!channel&gt; <!subteam^S1>',
    );
    expect(escapeMarkdown(text, true)).toBe(text);
    expect(escapeMarkdown('<@W1> <@W2>', ['W1'])).toBe('<@W1> &lt;@W2&gt;');
    const { messages } = render.text(text, { extra: { mentions: ['U2'] } });
    expect(messages[0]?.text).toBe(
      '&lt;@U1&gt; <@U2> &lt;!here&gt; &lt;!channel&gt; &lt;!subteam^S1&gt;',
    );
  });

  it('never leaves a mention, wherever it stands', () => {
    const part = fc.constantFrom(
      '<!channel>',
      '<!here>',
      '<!everyone|all>',
      '<!subteam^S1>',
      '<@U1>',
      '<@W1|x>',
      '`',
      '```',
      '\n',
      '[',
      '](',
      ')',
      '<',
      '> ',
      'https://',
      'a ',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const text = parts.join('');
        for (const made of [escapeMarkdown(text), escapeText(text), fallbackOf(text)]) {
          expect(made).not.toMatch(/<(?:![cehs]|@[UW])/);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  // The story: a text of 40,000 backticks, which a user had asked to be repeated, held up all conversations for ten
  // seconds.
  it.each([
    ['backticks that nothing closes', (n: number) => `x ${'`'.repeat(n)} < ${'a '.repeat(n / 2)}`],
    ['backticks at the beginning of a line', (n: number) => `${'`'.repeat(n)}${'a'.repeat(n)}\``],
    ['signs of a quote', (n: number) => '>'.repeat(n)],
    ['a link that nothing closes', (n: number) => `[a](${'x'.repeat(n)}`],
    ['bold words that nothing closes', (n: number) => '**x '.repeat(n / 4)],
  ])('takes no longer than others of its length: %s', (_, textOf) => {
    const text = textOf(60_000);
    const before = process.cpuUsage();
    escapeMarkdown(text);
    fallbackOf(text);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000);
  });

  it('is said by notifications without its signs', () => {
    expect(fallbackOf('# Title\n**bold** and `code` & [a link](https://x.y)')).toBe(
      'Title\nbold and code &amp; a link',
    );
  });
});

describe('long Markdown', () => {
  it('is split at paragraphs, and not within code, links and addresses', () => {
    const text = 'One two three.\n\n```\na b\nc d\n```\nSee [a long label](https://x.y/z) there.';
    const parts = splitMarkdown(text, 29);
    expect(parts).toEqual([
      'One two three.',
      '```\na b\nc d\n```',
      'See',
      '[a long label](https://x.y/z)',
      'there.',
    ]);
  });

  // The story: a long answer was cut within a link that has a title, and readers saw its signs in two messages.
  it.each([
    '[a label](https://x.y/z_(w) "of a title")',
    "![a picture](https://x.y/z.png 'of a title')",
    '[a label [and more] of it](https://x.y)',
    '``code with ` of its own``',
    '<!subteam^S1|the whole team>',
  ])('is not split within %s', (whole) => {
    for (let words = 0; words < 40; words++) {
      const text = `${'x'.repeat(words)} ${whole} and more words, so that it is split somewhere`;
      const parts = splitMarkdown(text, 45);
      expect(parts.some((part) => part.includes(whole))).toBe(true);
    }
  });

  it('takes no line that begins with code for a fence', () => {
    const text = '```code``` is said <!here>\nand more';
    expect(openFence(text)).toBeNull();
    expect(render.text(text, NOTHING).messages).toMatchObject([
      {
        text: 'code is said &lt;!here&gt;\nand more',
        blocks: [{ text: text.replace('<!here>', '&lt;!here&gt;') }],
      },
    ]);
    const long = `\`\`\`code\`\`\` ${'word '.repeat(40)}`.trim();
    const parts = splitMarkdown(long, 60);
    expect(parts.join(' ')).toBe(long);
  });

  // The story: an assistant put code into the steps of a list. The fence was not seen, since it does not
  // begin its line: a long answer was cut within the code, and the rest of it read as text.
  it.each(['   ', '> ', '\t'])('is not split within code in a list or a quote (%j)', (lead) => {
    const code = ['```js', ...Array.from({ length: 4 }, (_, at) => `a${at} < b;`), '```'];
    const fenced = code.map((line) => lead + line).join('\n');
    const text = `1. First:\n\n${fenced}\n\n2. Then this & that`;
    expect(splitMarkdown(text, fenced.length + 5)).toEqual([
      '1. First:',
      fenced,
      '2. Then this & that',
    ]);
    for (const part of splitMarkdown(text, 50)) {
      expect(openFence(part)).toBeNull();
      expect(lengthOf(part)).toBeLessThanOrEqual(50);
    }
    expect(
      splitMarkdown(text, 50)
        .join('\n')
        .match(/a\d < b;/g),
    ).toHaveLength(4);
    expect(escapeMarkdown(`${text} <!here>`)).toBe(
      `1. First:\n\n${fenced}\n\n2. Then this &amp; that &lt;!here&gt;`,
    );
  });

  it('takes what is further in than a fence for a line of its code', () => {
    const text = '```md\nUse:\n    ```\n    a < b\n    ```\n```\n1 < 2';
    expect(escapeMarkdown(text)).toBe(text.replace('1 < 2', '1 &lt; 2'));
    expect(escapeMarkdown('```\na < b\n  ```\n1 < 2')).toBe('```\na < b\n  ```\n1 &lt; 2');
  });

  it('closes a fence that is too long, and opens it again', () => {
    const lines = Array.from({ length: 9 }, (_, index) => `line ${index}`).join('\n');
    const parts = splitMarkdown(`Look:\n\`\`\`js\n${lines}\n\`\`\`\nDone.`, 40);
    for (const part of parts) expect(openFence(part)).toBeNull();
    expect(parts[1]).toMatch(/^```js\nline 0\n/);
    expect(parts.join('\n').match(/line \d/g)).toHaveLength(9);
  });

  // The story: the rows of a long table that came in a second message were shown as lines with bars, since
  // nothing said there that they are a table.
  it('cuts no table that fits, and repeats the header of one that does not', () => {
    const head = '| name | price |\n|:-----|------:|';
    const rows = Array.from({ length: 9 }, (_, index) => `| tea ${index} | ${index} & up |`);
    const short = [head, ...rows.slice(0, 3)].join('\n');
    expect(splitMarkdown(`Here it is:\n${short}\nThat is all.`, 100)).toEqual([
      'Here it is:',
      short,
      'That is all.',
    ]);
    const parts = splitMarkdown(`Our teas:\n\n${[head, ...rows].join('\n')}\n\nThat is all.`, 100);
    expect(parts.filter((part) => part.includes('tea ')).length).toBeGreaterThan(2);
    for (const part of parts) {
      expect(lengthOf(part)).toBeLessThanOrEqual(100);
      if (part.includes('tea ')) expect(part.startsWith(`${head}\n| tea`)).toBe(true);
    }
    expect(parts.join('\n').match(/^\| tea \d \| \d & up \|$/gm)).toEqual(rows);
  });

  // The story: a table came from a file of Windows's, and only its first message had a header.
  it('knows a table by its lines, however they end', () => {
    const rows = Array.from({ length: 9 }, (_, index) => `| tea ${index} | ${index} |`);
    const parts = splitMarkdown(['Teas:', '', '| a | b |', '|---|---|', ...rows].join('\r\n'), 100);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts.filter((one) => one.includes('tea '))) {
      expect(part).toMatch(/\| a \| b \|\r\n\|---\|---\|\r\n\| tea/);
    }
  });

  it('takes no line with bars for a table where none is below it', () => {
    for (const line of ['---', '--- or so | more']) {
      const text = ['a | b', line, ...Array<string>(20).fill('c | d.')].join('\n');
      expect(splitMarkdown(text, 60).join('\n')).toBe(text);
    }
  });

  it('says the rows of a table whose header has no room', () => {
    const head = `| ${'wide '.repeat(20)}|\n|---|`;
    const rows = Array.from({ length: 9 }, (_, index) => `| tea ${index} |`);
    const said = splitMarkdown([head, ...rows].join('\n'), 60).join('\n');
    expect(said.match(/tea \d/g)).toHaveLength(9);
    expect(said.match(/wide/g)).toHaveLength(20);
  });

  // The story: what is escaped in a long text without spaces was cut in two, and read as `&l` and `t;`.
  it('cuts nothing in two where there is no white space either', () => {
    for (const whole of ['&lt;', '`a b`', '[a b](https://x.y)']) {
      const text = `字${`字${whole}`.repeat(20)}`;
      const parts = splitMarkdown(text, 45);
      expect(parts.join('')).toBe(text);
      for (const part of parts) expect(part.replaceAll(whole, '')).toMatch(/^字*$/);
    }
  });

  // The story: a long answer in one line began with the signs of a fence. All of it was taken for the name of a
  // language, and nothing was said.
  it.each(['``` ', '1. ~~~ ', '> ```'])(
    'says a long line behind the signs of a fence: %j',
    (signs) => {
      const words = 'word '.repeat(40).trim();
      for (const rest of ['', '\nmore', '\nmore\n```', '\nmore\n> ~~~']) {
        const said = splitMarkdown(`${signs}${words}${rest}`, 60).join(' ');
        expect(said.match(/word|more|1/g)).toEqual(`${signs}${words}${rest}`.match(/word|more|1/g));
      }
    },
  );

  it('loses nothing but white space, and no part is over the limit', () => {
    const part = fc.constantFrom(
      'word ',
      'sentence. ',
      '\n\n',
      '`code x`',
      '[l](https://x.y)',
      '😀',
      '\n```\nx y\n```\n',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 60 }),
        fc.integer({ min: 40, max: 90 }),
        (list, limit) => {
          const text = list.join('');
          const parts = splitMarkdown(text, limit);
          for (const one of parts) expect(lengthOf(one)).toBeLessThanOrEqual(limit);
          const bare = (value: string): string => value.replaceAll(/\s+/g, '');
          expect(bare(parts.join(''))).toBe(bare(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has its buttons on the last part', () => {
    const text = 'A sentence. '.repeat(2_500);
    const { messages } = render.buttons({ text, buttons: [{ title: 'Yes' }] }, NOTHING);
    expect(messages.map(({ blocks }) => blocks?.map(({ type }) => type))).toEqual([
      ['markdown'],
      ['markdown'],
      ['markdown', 'actions'],
    ]);
  });
});

describe('a text that is being made', () => {
  const whole = (text: string, cuts: number[]): string => {
    let [shown, markdown] = [0, ''];
    for (const cut of [...cuts.map((at) => Math.min(at, text.length)), text.length]) {
      for (;;) {
        const piece = nextPiece(text.slice(0, cut), shown, cut === text.length, []);
        if (piece === null) break;
        expect(piece.end).toBeGreaterThan(shown);
        shown = piece.end;
        markdown += piece.markdown;
      }
    }
    expect(shown).toBe(text.length);
    return markdown;
  };

  it('is said in pieces that are together what is said at once', () => {
    const text =
      'Is 1 < 2 & so? `a & b` See [this & that](https://x.y/?a=1&b=2).\n```js\nif (a < b) {}\n```\nand <!channel>, https://x.y/?c=1&d=2 end';
    for (let at = 1; at < text.length; at++) {
      expect(whole(text, [at])).toBe(escapeMarkdown(text));
    }
  });

  // The story: behind the code of `a && b` in the middle of a line there was a pause. What closed it was taken for
  // the beginning of other code, and the user read `a &amp;&amp; b`.
  it.each(['Is `a && b` so', 'Is ``a && `b` `` so', 'Then ```a < b``` or `c && d`'])(
    'keeps code within a line, wherever it is cut: %j',
    (text) => {
      for (let at = 1; at < text.length; at++) {
        for (const also of [at, at + 1, at + 3]) {
          expect(whole(text, [at, also])).toBe(escapeMarkdown(text));
        }
      }
    },
  );

  it('is said in pieces that are together what is said at once, however it is put together', () => {
    const part = fc.oneof(
      fc.constantFrom('a & b', ' < ', ' > ', ' `a & b` ', ' ``c < `d`` ', '**b** ', 'word ', '😀'),
      fc.constantFrom(
        '\n```js\n',
        '\n```\n',
        '\n> ',
        '\n- ',
        '\n',
        ' ',
        ']',
        '(',
        ')',
        '[',
        '[x]: ',
      ),
      fc.constantFrom(
        '[x](https://a.b/?c=1&d=2)',
        ' https://a.b/?c=1&d=2 ',
        '<https://x.y>',
        '&amp; ',
      ),
    );
    const property = fc.property(
      fc.array(part, { maxLength: 14 }),
      fc.array(fc.nat({ max: 150 }), { maxLength: 6 }),
      (parts, cuts) => {
        const text = parts.join('');
        const said = whole(
          text,
          cuts.toSorted((a, b) => a - b),
        );
        // Where a link ends that is not there yet, a sign that nobody sees may be said to be safe.
        expect(said.replaceAll(J, '')).toBe(escapeMarkdown(text).replaceAll(J, ''));
      },
    );
    fc.assert(property, { numRuns: 2_000 });
  });

  // The story: of code in a list all but the first line was escaped, and `<` was read as `&lt;`.
  it.each([
    '1. Do:\n   ```js\n   if (a < b && c) {}\n   ```\n2. So & so',
    '10. ```js\n    if (a < b && c) {}\n    ```\n    so & so',
    '> ~~~\n> a < b\n> ~~~\n\nso & so',
  ])('keeps code in lists and quotes, wherever it is cut: %j', (text) => {
    for (let at = 1; at < text.length; at++) {
      for (const also of [at, at + 1, at + 7]) {
        expect(whole(text, [at, also])).toBe(escapeMarkdown(text));
      }
    }
    expect(escapeMarkdown(text)).toMatch(/a < b[^]*so &amp; so$/i);
  });

  it('never says a mention, wherever it is cut', () => {
    const part = fc.constantFrom(
      '<!channel>',
      '<@U1> ',
      '`',
      '\n```\n',
      ' a ',
      '[x',
      '](https://x.y)',
      '&',
      '😀',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 20 }),
        fc.array(fc.nat({ max: 200 })),
        (parts, cuts) => {
          const markdown = whole(
            parts.join(''),
            cuts.toSorted((a, b) => a - b),
          );
          expect(markdown).not.toMatch(/<(?:!channel|@U1)/);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('is not cut within code where its words are long', () => {
    const text = `${'w '.repeat(1_150)}\`a && b\`${'y'.repeat(300)}`;
    const { end = 0, markdown = '' } = nextPiece(text, 0, true, []) ?? {};
    expect(end).toBeLessThan(text.length);
    expect(markdown + (nextPiece(text, end, true, [])?.markdown ?? '')).toBe(text);
  });

  it('is in pieces that Slack takes, however much is escaped', () => {
    for (const text of ['&'.repeat(30_000), '& '.repeat(15_000), '](!'.repeat(10_000)]) {
      for (let shown = 0; shown < text.length;) {
        const { end = 0, markdown = '' } = nextPiece(text, shown, true, []) ?? {};
        expect(markdown.length).toBeLessThanOrEqual(LIMITS.markdown);
        expect(end).toBeGreaterThan(shown);
        shown = end;
      }
    }
  });

  it('is never cut within a character', () => {
    // Of an odd length, and with no place to cut at.
    const text = `w${'😀'.repeat(2_000)}`;
    const ends = (length: number): number[] => {
      const list: number[] = [];
      for (let shown = 0; ;) {
        const piece = nextPiece(text.slice(0, length), shown, length === text.length, []);
        if (piece === null) return list;
        expect(piece.markdown).toBe(text.slice(shown, piece.end));
        list.push((shown = piece.end));
      }
    };
    for (const length of [2, 3, 4, 3_000, text.length]) {
      for (const end of ends(length)) expect(end % 2).toBe(1);
    }
    // Half of a character is said in the end, where nothing more comes.
    expect(nextPiece('w\ud83d', 1, true, [])).toMatchObject({ end: 2 });
  });

  it('is cut between lines where a piece is as long as one may be', () => {
    const lines = Array.from({ length: 200 }, (_, index) => `  const a${index} = b + c;\n`);
    const code = '```js\n' + lines.join('') + '```\nDone.';
    for (let shown = 0; shown < code.length;) {
      const { end = code.length } = nextPiece(code, shown, true, []) ?? {};
      if (end < code.length) expect(code[end - 1]).toBe('\n');
      expect(end).toBeGreaterThan(shown + (end < code.length ? 2_000 : 0));
      shown = end;
    }
  });

  it('is cut between words where its lines are long', () => {
    const words = 'longer '.repeat(1_000);
    const { end = 0 } = nextPiece(words, 0, true, []) ?? {};
    expect([words[end - 1], end > 2_000]).toEqual([' ', true]);
  });

  it('holds back nothing for ever', () => {
    expect(nextPiece('`'.padEnd(1_500, 'x'), 0, false, [])).not.toBeNull();
    expect(nextPiece('an unfinished `code', 0, false, [])).toEqual({
      end: 14,
      markdown: 'an unfinished ',
    });
  });
});

describe('buttons', () => {
  const list = (count: number): { title: string; payload: string }[] =>
    Array.from({ length: count }, (_, index) => ({ title: `B${index}`, payload: `/b${index}` }));
  const shape = (count: number): string[] =>
    (render.buttons({ text: 'x', buttons: list(count) }, NOTHING).messages[0]?.blocks ?? []).map(
      (block) =>
        block.type === 'actions' ? block.elements.map(({ type }) => type[0]).join('') : block.type,
    );

  it('are rows, and a menu where they are many', () => {
    expect(shape(3)).toEqual(['markdown', 'bbb']);
    expect(shape(12)).toEqual(['markdown', 'bbbbb', 'bbbbb', 'bb']);
    expect(shape(25)).toHaveLength(6);
    expect(shape(26)).toEqual(['markdown', 's']);
    expect(shape(250)).toEqual(['markdown', 'sss']);
  });

  it('have links, styles, and a payload that is the title where there is none', () => {
    const { messages } = render.buttons(
      {
        text: '',
        buttons: [
          { title: 'Yes', style: 'primary' },
          { title: 'No', payload: '/no', style: 'odd' },
          { title: 'Read', url: 'https://x.y', style: 'danger' },
        ],
      },
      NOTHING,
    );
    expect(messages).toMatchObject([
      {
        text: 'Yes, No, Read',
        blocks: [
          {
            type: 'actions',
            elements: [
              { value: 'Yes', style: 'primary' },
              { value: '/no' },
              { url: 'https://x.y', text: { text: 'Read' }, style: 'danger' },
            ],
          },
        ],
      },
    ]);
  });

  it('count code points (trap 14)', () => {
    const fits = { title: '😀'.repeat(75), payload: '😀'.repeat(2_000) };
    expect(render.buttons({ text: '', buttons: [fits] }, NOTHING).kept).toEqual([]);
    const long = { title: '😀'.repeat(76), payload: 'x' };
    const { kept, messages } = render.buttons({ text: '', buttons: [long] }, NOTHING);
    expect(kept).toMatchObject([{ payload: 'x', title: '😀'.repeat(76) }]);
    expect(messages[0]?.blocks?.[0]).toMatchObject({
      elements: [{ value: kept[0]?.key, text: { text: `${'😀'.repeat(74)}…` } }],
    });
  });

  // One character over what Slack takes, and it refuses the whole message.
  it.each([
    ['a button', 1, 2_000],
    ['an option of a menu', 60, 150],
  ])('keep what %s has no room for (trap 14)', (_, count, limit) => {
    const keptOf = (length: number): number => {
      const buttons = Array.from({ length: count }, (__, index) => ({
        title: `${index}`,
        payload: 'é'.repeat(index === 0 ? length : 1),
      }));
      return render.buttons({ text: 'Which?', buttons }, NOTHING).kept.length;
    };
    expect([keptOf(limit), keptOf(limit + 1)]).toEqual([0, 1]);
  });

  it('never take a payload of somebody’s for a key', () => {
    const { kept } = render.buttons(
      { text: '', buttons: [{ title: 'a', payload: 'trunkline:x' }] },
      NOTHING,
    );
    expect(kept).toMatchObject([{ payload: 'trunkline:x' }]);
  });

  it.each(['example.org/x', 'javascript:alert(1)', '/relative', 'tel:123'])(
    'whose address Slack would not take are ordinary ones: %s',
    (url) => {
      const { messages } = render.buttons({ text: '', buttons: [{ title: 'Go', url }] }, NOTHING);
      const [block] = messages[0]?.blocks ?? [];
      expect(block).toMatchObject({ elements: [{ value: 'Go' }] });
      expect(block).not.toHaveProperty('elements.0.url');
    },
  );

  it('that vanish have another name for other replies, and for another question', () => {
    const name = (text: string, title: string): unknown =>
      render.quickReplies({ text, buttons: [{ title }] }, NOTHING).messages[0]?.blocks?.at(-1);
    expect(name('Sure?', 'Yes')).toEqual(name('Sure?', 'Yes'));
    expect(name('Sure?', 'Yes')).not.toEqual(name('Really?', 'Yes'));
    expect(name('Sure?', 'Yes')).not.toEqual(name('Sure?', 'No'));
  });

  it('that vanish say so in their block', () => {
    const { messages } = render.quickReplies({ text: 'x', buttons: list(7) }, NOTHING);
    expect(messages[0]?.blocks?.map(({ block_id: id }) => id)).toEqual([
      undefined,
      expect.stringMatching(/^trunkline_quick_\w{16}_0$/),
      expect.stringMatching(/^trunkline_quick_\w{16}_1$/),
    ]);
  });
});

describe('other parts', () => {
  it('an image has its alternative text', () => {
    const url = 'https://x.y/a/tiger.png?x=1';
    const block = (extra: object): unknown =>
      render.image(url, { extra: { ...extra } }).messages[0]?.blocks?.[0];
    expect(block({})).toEqual({ type: 'image', image_url: url, alt_text: 'tiger.png' });
    expect(block({ altText: 'A tiger' })).toMatchObject({ alt_text: 'A tiger' });
  });

  it('an image that Slack cannot fetch has a link instead', () => {
    const made = render.image('https://x.y/tiger.png', NOTHING);
    const [[alternative] = []] = made.instead.values();
    expect(alternative).toMatchObject({
      ability: null,
      message: { text: 'Image: https://x.y/tiger.png' },
    });
    expect(render.image('data:image/png;base64,AAAA', NOTHING).messages[0]?.text).toMatch(
      /^Image: data:/,
    );
  });

  // The story: one pizza of a list had no picture, `image_url: ''`. All of them became sections.
  it('cards are cards also where an image is missing', () => {
    for (const none of [{ imageUrl: '' }, { imageUrl: ' ' }, {}]) {
      const cards = [
        { title: 'A', imageUrl: 'https://x.y/a.png' },
        { title: 'B', ...none },
      ];
      const { messages } = render.elements(cards, NOTHING);
      expect(messages[0]?.blocks).toMatchObject([
        { type: 'carousel', elements: [{ hero_image: {} }, { title: { text: 'B' } }] },
      ]);
    }
  });

  it('cards are a carousel, a card, or sections where they would not fit', () => {
    const card = {
      title: 'Margherita & co',
      subtitle: 'Tomato',
      imageUrl: 'https://x.y/m.png',
      url: 'https://x.y',
    };
    const types = (elements: Element[]): unknown[] =>
      render
        .elements(elements, NOTHING)
        .messages.map(({ blocks }) => blocks?.map(({ type }) => type));
    expect(types([card])).toEqual([['card']]);
    expect(types([card, card])).toEqual([['carousel']]);
    expect(types(Array.from({ length: 12 }, () => card))).toEqual([['carousel'], ['carousel']]);
    expect(types([{ ...card, subtitle: 'x'.repeat(151) }])).toEqual([['image', 'section']]);
    const buttons = Array.from({ length: 4 }, () => ({ title: 'x' }));
    expect(types([{ ...card, buttons }])).toEqual([['image', 'section', 'actions']]);
    expect(render.elements([card], NOTHING).messages[0]?.blocks?.[0]).toMatchObject({
      title: { text: '<https://x.y|Margherita &amp; co>' },
      hero_image: { alt_text: 'Margherita & co' },
    });
    const [[alternative] = []] = render.elements([card, card], NOTHING).instead.values();
    expect(alternative?.ability).toBe('cards');
    expect(alternative?.message.blocks).toHaveLength(4);
  });

  it('sections are not cut within what stands for a sign', () => {
    const { messages } = render.elements([{ subtitle: `x${'&'.repeat(3_000)}` }], NOTHING);
    const texts = messages.flatMap(({ blocks = [] }) =>
      blocks.map((block) => (block.type === 'section' ? (block.text?.text ?? '') : '')),
    );
    expect(texts.length).toBeGreaterThan(4);
    for (const text of texts) expect(text).toMatch(/^x?(?:&amp;)+$/);
  });

  // The story: the page of a card without a title was nowhere, nor a picture whose address was too long for Slack.
  it('cards lose neither their page nor their picture', () => {
    const blocksOf = (element: Element): unknown =>
      render.elements([element], NOTHING).messages[0]?.blocks;
    const page = { imageUrl: 'https://x.y/a.png', url: 'https://x.y/p?a=1|2' };
    const address = 'https://x.y/p?a=1%7C2';
    expect(blocksOf(page)).toMatchObject([
      { type: 'card', hero_image: {}, title: { text: `<${address}|${address}>` } },
    ]);
    expect(blocksOf({ ...page, title: 'P' })).toMatchObject([
      { title: { text: `<${address}|P>` } },
    ]);
    expect(blocksOf({ title: 'Call', url: 'mailto:a@x.y' })).toMatchObject([
      { title: { text: '<mailto:a@x.y|Call>' } },
    ]);
    expect(blocksOf({ title: 'A & B', url: 'app://<x>' })).toMatchObject([
      { title: { text: 'A &amp; B app://&lt;x&gt;' } },
    ]);
    const imageUrl = `https://x.y/${'a'.repeat(2_990)}`;
    expect(blocksOf({ title: 'T', imageUrl })).toMatchObject([
      { type: 'section', text: { text: `*T*\nImage: ${imageUrl}`.slice(0, 3_000) } },
      { type: 'section' },
    ]);
  });

  it('files are links, images images, and Slack’s own attachments themselves', () => {
    const link = render.attachment({ url: 'https://x.y/menu.pdf', name: 'The [menu]' }, NOTHING);
    expect(link.messages[0]?.blocks).toEqual([
      { type: 'markdown', text: '[The menu](https://x.y/menu.pdf)' },
    ]);
    const image = render.attachment(
      { type: 'image', payload: { src: 'https://x.y/a.png' } },
      NOTHING,
    );
    expect(image.messages[0]?.blocks).toMatchObject([
      { type: 'image', image_url: 'https://x.y/a.png' },
    ]);
    const own = { fallback: 'x', color: '#f00', text: 'red' };
    // A text would be shown above it, and said twice.
    expect(render.attachment(own, NOTHING).messages).toEqual([{ text: '', attachments: [own] }]);
    expect(render.custom({ attachments: [own] }, NOTHING).messages).toEqual([
      { text: '', attachments: [own] },
    ]);
  });

  // The story: a file that its user had called "[]" was a link without a word to press.
  it.each([
    ['[]', 'https://x.y/a'],
    [' ', 'https://x.y/a'],
    ['a\\', 'a'],
    ['a\n\n[b]', 'a b'],
  ])('files are links that can be read and pressed, whatever their name: %j', (name, label) => {
    const { messages } = render.attachment({ url: 'https://x.y/a', name }, NOTHING);
    expect(messages[0]?.blocks).toEqual([{ type: 'markdown', text: `[${label}](https://x.y/a)` }]);
  });

  // Slack wants a text beside blocks: without one, a notification says that the message cannot be shown.
  it.each(['```', '# ', '![](https://x.y/a.png)'])(
    'what is nothing but signs has a notification: %j',
    (text) => {
      expect(render.text(text, NOTHING).messages).toEqual([
        { text: '…', blocks: [{ type: 'markdown', text }] },
      ]);
    },
  );

  it('JSON is blocks, a message, a table, or itself', () => {
    const block = { type: 'divider' };
    const blocks = (json: unknown): unknown => render.custom(json as never, NOTHING).messages;
    expect(blocks([block, block])).toMatchObject([{ blocks: [block, block] }]);
    expect(blocks(block)).toMatchObject([{ blocks: [block] }]);
    expect(blocks({ text: 'hi <!here>', channel: 'C9' })).toEqual([
      { text: 'hi <!here>', channel: 'C9' },
    ]);
    expect(blocks({ blocks: [block], text: 'x' })).toEqual([{ blocks: [block], text: 'x' }]);
    expect(blocks({ mood: 'fine' })).toMatchObject([
      { blocks: [{ text: '```\n{"mood": "fine"}\n```' }] },
    ]);
    expect(blocks({ table: { header: ['a'], rows: [['1'], [2]] } })).toMatchObject([
      { blocks: [{ type: 'table', rows: [[{ text: 'a' }], [{ text: '1' }], [{ text: '2' }]] }] },
    ]);
  });

  // The story: an assistant's JSON for a web page had a `text` that is no text. On Slack it was the word "message".
  it('JSON is a message of Slack’s only where its parts are what Slack takes', () => {
    const messages = (json: object): unknown => render.custom(json as never, NOTHING).messages;
    for (const json of [
      { text: 5 },
      { text: null, mood: 'fine' },
      { attachments: 3 },
      { blocks: {} },
    ]) {
      expect(messages(json)).toMatchObject([{ blocks: [{ type: 'markdown' }] }]);
    }
    // Slack takes lists as JSON as well.
    const blocks = '[{"type":"divider"}]';
    expect(messages({ blocks, channel: 'C9' })).toMatchObject([{ blocks, channel: 'C9' }]);
    expect(messages({ blocks: [] })).toEqual([]);
    expect(messages([])).toMatchObject([{ blocks: [{ text: '```\n[]\n```' }] }]);
  });

  it('Markdown of its own is not sent beside a text (trap 16)', () => {
    const [message] = render.custom({ markdown_text: '**x**', text: 'x' }, NOTHING).messages;
    expect(message).toEqual({ markdown_text: '**x**', text: '' });
  });

  it('blocks for Slack alone take the place of the rest', () => {
    const blocks = [{ type: 'divider' as const }];
    const only = { text: 'Hi', buttons: [{ title: 'x' }], channels: { slack: { blocks } } };
    expect(renderResponse('slack', only).messages).toEqual([{ text: 'Hi', blocks }]);
    const alone = { channels: { slack: { blocks } } };
    expect(withOwnBlocks('slack', alone)).toMatchObject({ custom: { blocks } });
    expect(renderResponse('slack', alone).messages).toMatchObject([{ blocks }]);
    expect(withOwnBlocks('other', alone)).toBe(alone);
    // JSON of another platform's is shown beside them, and not they once more.
    const withJson = { ...only, custom: { mood: 'fine' } };
    expect(renderResponse('slack', withJson).messages).toMatchObject([
      { text: 'Hi', blocks },
      { blocks: [{ text: '```\n{"mood": "fine"}\n```' }] },
    ]);
  });

  // The story: an assistant put its blocks together, and at times had none. Its text was not said then.
  it('a list of no blocks takes the place of nothing', () => {
    const own = { channels: { slack: { blocks: [] } } };
    const said = { text: 'Hi', buttons: [{ title: 'x' }] };
    expect(renderResponse('slack', { ...said, ...own })).toEqual(renderResponse('slack', said));
    expect(renderResponse('slack', own).messages).toEqual([]);
  });

  // Beside a text they were split, and alone Slack refused them.
  it('more than fifty blocks are several messages, whatever is beside them (trap 15)', () => {
    const blocks = Array.from({ length: 101 }, () => ({ type: 'divider' as const }));
    for (const text of [null, 'Hi']) {
      const { messages } = renderResponse('slack', { text, channels: { slack: { blocks } } });
      expect(messages.map((message) => message.blocks?.length)).toEqual([50, 50, 1]);
    }
  });

  it('a response is its parts, in Rasa’s order', () => {
    const response = {
      elements: [{ title: 'M' }],
      image: 'https://x.y/a.png',
      custom: { note: 'n' },
      text: 'T',
    };
    const texts = renderResponse('slack', response).messages.map(({ text }) => text);
    expect(texts).toEqual(['T', '{"note": "n"}', 'https://x.y/a.png', 'M']);
  });
});
