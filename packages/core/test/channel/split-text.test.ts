import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitText } from '@trunkline/core';

const bytes = (text: string): number => Buffer.byteLength(text);
const dense = (text: string): string => text.replace(/\s+/g, '');

describe('splitText', () => {
  it('leaves a text within the limit as it is', () => {
    expect(splitText(' a b \n', 6)).toEqual([' a b \n']);
    expect(splitText('', 1)).toEqual(['']);
  });

  it('splits after a paragraph, before a line, a sentence or a word', () => {
    expect(splitText('One. Two\nand three.\n\nFour five six', 26)).toEqual([
      'One. Two\nand three.',
      'Four five six',
    ]);
  });

  it('splits after a line, before a sentence or a word', () => {
    expect(splitText('One two three\nFour. Five six', 22)).toEqual([
      'One two three',
      'Four. Five six',
    ]);
  });

  it('splits after a sentence, before a word', () => {
    expect(splitText('He said “no!” Then he went away', 24)).toEqual([
      'He said “no!”',
      'Then he went away',
    ]);
    expect(splitText('你好吗？我很好。谢谢你', 9)).toEqual(['你好吗？我很好。', '谢谢你']);
  });

  it('splits at a word rather than at a sentence that leaves the part half empty', () => {
    expect(splitText('Yes. It is three point five', 20)).toEqual([
      'Yes. It is three',
      'point five',
    ]);
  });

  it('takes no dot within a number or a name for the end of a sentence', () => {
    expect(splitText('version 3.5 of node.js is out', 24)).toEqual([
      'version 3.5 of node.js',
      'is out',
    ]);
  });

  it('keeps a word that ends where the limit is', () => {
    expect(splitText('abcd efgh', 4)).toEqual(['abcd', 'efgh']);
  });

  it('cuts a word that is too long between graphemes', () => {
    const family = '👨‍👩‍👧‍👦';
    expect(splitText(family.repeat(3), family.length * 2 + 3)).toEqual([family.repeat(2), family]);
    expect(splitText('e\u0301'.repeat(3), 3)).toEqual(['e\u0301', 'e\u0301', 'e\u0301']);
  });

  it('cuts a grapheme that is too long between code points', () => {
    const family = '👨‍👩‍👧‍👦';
    const parts = splitText(family, 4);
    expect(parts.join('')).toBe(family);
    for (const part of parts) expect(() => encodeURIComponent(part)).not.toThrow();
  });

  it('keeps the indentation of a line', () => {
    expect(splitText('if (a) {\n    b();\n}', 10)).toEqual(['if (a) {', '    b();\n}']);
  });

  it('measures as it is told', () => {
    expect(splitText('äöü äöü', 6, { length: bytes })).toEqual(['äöü', 'äöü']);
  });

  it('refuses a limit that not even one character fits into', () => {
    expect(() => splitText('ab', 0)).toThrow(RangeError);
    expect(() => splitText('😀😀', 3, { length: bytes })).toThrow(RangeError);
  });

  it.each([
    ['code units', undefined],
    ['bytes', bytes],
  ])('loses no character and exceeds no limit, in %s', (_unit, length) => {
    const texts = fc
      .array(
        fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(' ', '\n', '\n\n  ', '. ', '。')),
      )
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(texts, fc.integer({ min: 4, max: 40 }), (text, limit) => {
        const parts = splitText(text, limit, length ? { length } : {});
        expect(dense(parts.join(''))).toBe(dense(text));
        for (const part of parts) {
          expect((length ?? ((t) => t.length))(part)).toBeLessThanOrEqual(limit);
          if (parts.length > 1) expect(part.trim()).not.toBe('');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('measures a text of twice the length about twice as often', () => {
    const measured = (words: number): number => {
      let units = 0;
      const length = (text: string): number => {
        units += text.length;
        return text.length;
      };
      splitText('word '.repeat(words), 100, { length });
      return units;
    };
    expect(measured(4_000) / measured(2_000)).toBeLessThan(2.2);
  });
});
