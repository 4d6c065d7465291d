import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { describe, expect, it } from 'vitest';
import { foldToGsm7, segmentsOf } from '../../src/render/gsm7.ts';

describe('foldToGsm7 (trap 15)', () => {
  it.each([
    ['“Hi”, it’s – well… here', '"Hi", it\'s - well... here'],
    ['plain `code`', "plain 'code'"],
    ['nothing [to] {do} ~ €', 'nothing [to] {do} ~ €'],
    ['Grüße, señor', 'Grüße, señor'],
    ['cafe\u0301', 'café'],
  ])('makes %j %j', (text, folded) => {
    expect(foldToGsm7(text)).toBe(folded);
  });

  it.each(['“早上好”', 'it’s 👋🏽', 'ç’est'])(
    'leaves %j as it is: it would be UCS-2 all the same',
    (text) => {
      expect(foldToGsm7(text)).toBe(text);
    },
  );

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

describe('segmentsOf', () => {
  it.each([
    ['x'.repeat(160), 1, 'GSM-7'],
    ['x'.repeat(161), 2, 'GSM-7'],
    ['€'.repeat(81), 2, 'GSM-7'],
    ['’'.repeat(70), 1, 'UCS-2'],
    [`${'x'.repeat(159)}’`, 3, 'UCS-2'],
  ])('counts as Twilio does', (text, count, encoding) => {
    expect(segmentsOf(text)).toEqual({ count, encoding });
  });

  it('says of short texts what the calculator says', { timeout: 30_000 }, () => {
    const ascii = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 162 });
    fc.assert(
      fc.property(ascii, (text) => {
        const { segmentsCount: count, encodingName: encoding } = new SegmentedMessage(text);
        expect(segmentsOf(text)).toEqual({ count, encoding });
      }),
      { numRuns: 100 },
    );
  });
});
