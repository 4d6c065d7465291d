import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { describe, expect, it } from 'vitest';
import { foldToGsm7 } from '../../src/render/gsm7.ts';
import { segmentsOf } from '../../src/render/segments.ts';

describe('foldToGsm7 (trap 15)', () => {
  it.each([
    ['“Hi”, it’s – well… here', '"Hi", it\'s - well... here'],
    ['plain `code`', "plain 'code'"],
    ['nothing [to] {do} ~ €', 'nothing [to] {do} ~ €'],
    ['Grüße, señor', 'Grüße, señor'],
    ['cafe\u0301', 'café'],
    ['1½ cups, ½ spoon', '1 1/2 cups, 1/2 spoon'],
    ['10\u00a0000\u202f€ \u3000or so', '10 000 €  or so'],
  ])('makes %j %j', (text, folded) => {
    expect(foldToGsm7(text)).toBe(folded);
  });

  // The story: the dash in the address of a page became a hyphen, and the link led nowhere.
  it.each([
    'It’s https://de.wikipedia.org/wiki/Michelson–Morley-Experiment – see',
    '“Hi” (https://x.org/cafe\u0301)',
    'x.org/it’s',
    'see www.x.org/1½…',
  ])('leaves %j as it is: another address would lead elsewhere', (text) => {
    expect(foldToGsm7(text)).toBe(text);
  });

  it('folds around an address that stays', () => {
    expect(foldToGsm7('It’s “here”: https://x.org/a_b?c=1&d=[2], “there”…')).toBe(
      'It\'s "here": https://x.org/a_b?c=1&d=[2], "there"...',
    );
    expect(foldToGsm7('“https://x.org/a”, (https://x.org/b)…')).toBe(
      '"https://x.org/a", (https://x.org/b)...',
    );
  });

  it.each(['“早上好”', 'it’s 👋🏽', 'ç’est', 'a\u0338b', 'x\u0332 “y”', '1½ 👍', 'a\u00a0早'])(
    'leaves %j as it is: it would be UCS-2 all the same',
    (text) => {
      expect(foldToGsm7(text)).toBe(text);
    },
  );

  it('makes of each character what the calculator does', { timeout: 30_000 }, () => {
    const unit = fc.oneof(
      fc.constantFrom('“', '’', '…', '–', '`', 'é', '€', '«', '\u200b', '👍', '\r\n'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 8 }), (units) => {
        const text = units.join('').normalize('NFC');
        fc.pre(!/\p{M}|\p{Zs}|[¼½¾]/u.test(text));
        const { encodingName, graphemes } = new SegmentedMessage(text, 'auto', true);
        expect(foldToGsm7(text)).toBe(encodingName === 'GSM-7' ? graphemes.join('') : text);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['folded', 'It’s “word” after word. '.repeat(4_200), ''],
    ['left', 'It’s “word” after word. '.repeat(4_200), '😀'],
    ['marks', 'a\u0338'.repeat(50_000), ''],
    ['addresses', `“x.org/${'.'.repeat(50_000)}a${'a.bc'.repeat(12_500)}`, ''],
    ['one emoji after another', '😀'.repeat(50_000), ''],
  ])('takes no time for 100,000 characters (%s)', { timeout: 30_000 }, (_, text, end) => {
    const before = process.cpuUsage();
    foldToGsm7(text + end);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000);
  });

  it('never makes a text dearer', { timeout: 30_000 }, () => {
    const unit = fc.oneof(
      fc.constantFrom('“', '’', '…', '–', '\u00a0', 'é', '👍', '€'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 30 }), (units) => {
        const text = units.join('');
        const before = new SegmentedMessage(text).segmentsCount;
        expect(segmentsOf(foldToGsm7(text)).count).toBeLessThanOrEqual(before);
      }),
      { numRuns: 50 },
    );
  });
});
