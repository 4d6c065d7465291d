import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BODY, splitBody } from '../../src/render/split.ts';

const graphemes = (text: string): string[] =>
  Array.from(
    new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text),
    (s) => s.segment,
  );
const unnumbered = (part: string): string => part.replace(/^\(\d+\/\d+\) /, '');
const dense = (text: string): string => text.replaceAll(/\s/gu, '');

describe('splitBody (trap 14)', () => {
  it('leaves what fits alone', () => {
    const text = 'x'.repeat(MAX_BODY);
    expect(splitBody(text)).toEqual([text]);
  });

  it('numbers parts, and ends them with a sentence', { timeout: 30_000 }, () => {
    const sentence = `${'word '.repeat(19)}word. `;
    const parts = splitBody(sentence.repeat(40));
    expect(parts.map((part) => part.slice(0, 6))).toEqual(['(1/3) ', '(2/3) ', '(3/3) ']);
    for (const part of parts) expect(part.trimEnd().endsWith('word.')).toBe(true);
  });

  it('has room for the numbers of many parts', () => {
    const parts = splitBody('x'.repeat(MAX_BODY * 12));
    expect(parts.length).toBeGreaterThan(10);
    expect(parts[0]?.startsWith(`(1/${parts.length}) `)).toBe(true);
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(MAX_BODY);
  });

  it('loses no character, keeps the limit, and cuts no grapheme', () => {
    const unit = fc.oneof(
      fc.constantFrom('👩‍👩‍👧', '👋🏽', 'é', 'ह्न', ' ', '\n', '. '),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    );
    const text = fc
      .array(unit, { minLength: 20, maxLength: 60 })
      .chain((units) =>
        fc.integer({ min: 1, max: 8 }).map((times) => units.join('').repeat(times * 5)),
      );
    fc.assert(
      fc.property(text, (whole) => {
        const parts = splitBody(whole);
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(MAX_BODY);
        const texts = parts.length === 1 ? parts : parts.map(unnumbered);
        expect(dense(texts.join(''))).toBe(dense(whole));
        if (texts.length > 1) {
          const inParts = texts.flatMap((part) => graphemes(part)).filter((g) => dense(g) !== '');
          const inWhole = graphemes(whole).filter((g) => dense(g) !== '');
          expect(inParts.length).toBe(inWhole.length);
        }
      }),
      { numRuns: 60 },
    );
  });
});
