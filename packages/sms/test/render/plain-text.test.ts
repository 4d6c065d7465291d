import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/render/plain-text.ts';

describe('plainText', () => {
  it.each([
    ['Hello there', 'Hello there'],
    ['**bold**, _em_, ~~no~~ and `code`', 'bold, em, no and code'],
    ['See [the menu](https://x.org/menu).', 'See the menu (https://x.org/menu).'],
    ['[https://x.org](https://x.org) and <https://y.org>', 'https://x.org and https://y.org'],
    ['write to <me@x.org>', 'write to me@x.org'],
    ['![a pizza](https://x.org/p.png)', 'a pizza (https://x.org/p.png)'],
    ['# Menu\n\nToday:\n\n- **one**\n- two\n  - sub\n', 'Menu\n\nToday:\n\n- one\n- two\n  - sub'],
    ['1. *a*\n2. b', '1. a\n2. b'],
    // The story: the parser has come to name the box a part of its own, which was then said twice.
    ['- [ ] *buy* milk\n- [x] pay', '- [ ] buy milk\n- [x] pay'],
    ['1. [X] a\n\n   b\n\n2. [ ] c', '1. [x] a\n  b\n2. [ ] c'],
    ['> a *quote*\n\nand more', 'a quote\n\nand more'],
    ['```\nlet x = 1;\n```', 'let x = 1;'],
    ['| a | b |\n|---|---|\n| 1 | **2** |', 'a | b\n1 | 2'],
    ['one\\\ntwo<br>three', 'one\ntwo\nthree'],
    ['fish &amp; chips &lt;3', 'fish & chips <3'],
    ['a < b and snake_case_name', 'a < b and snake_case_name'],
    ['first\nsecond *line*', 'first\nsecond line'],
    ['\\*not bold\\*', '*not bold*'],
    ['hello <name>', 'hello <name>'],
    ['---', '---'],
    [
      'Order *A1*\n\n[Status]: shipped\n[ETA]: 15:30\n\nThanks',
      'Order A1\n\n[Status]: shipped\n[ETA]: 15:30\n\nThanks',
    ],
    [
      'Sources:\n\n[1]: https://a.org\n[1]: https://b.org',
      'Sources:\n\n[1]: https://a.org\n[1]: https://b.org',
    ],
    ['> [Status]: *shipped*', '[Status]: *shipped*'],
    ['See [it][1].\n\n[1]: https://x.org\n\nBye', 'See it (https://x.org).\n\nBye'],
    ['See [it].\n\n[it]: https://x.org', 'See it (https://x.org).'],
    ['0. *zero*\n1. one', '0. zero\n1. one'],
  ])('makes %j %j', (markdown, plain) => {
    expect(plainText(markdown)).toBe(plain);
  });

  it('leaves texts without marks alone, and throws at nothing', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(typeof plainText(text)).toBe('string');
        if (/^[\p{L}\p{N} .,?]*$/u.test(text)) expect(plainText(text)).toBe(text);
      }),
    );
  });

  it.each(['>'.repeat(9_000), '*a '.repeat(1_500) + 'a* '.repeat(1_500), '*'.repeat(30_000)])(
    'leaves what is nested without end as it is, in time',
    { timeout: 30_000 },
    (text) => {
      const before = process.cpuUsage();
      expect(plainText(text).length).toBeGreaterThan(0);
      const { user } = process.cpuUsage(before);
      expect(user / 1_000).toBeLessThan(2_000);
    },
  );
});
