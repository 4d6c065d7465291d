import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { describe, expect, it } from 'vitest';
import { segmentsOf } from '../../src/render/segments.ts';

function calculated(text: string): { count: number; encoding: string } {
  const { segmentsCount: count, encodingName: encoding } = new SegmentedMessage(text);
  return { count, encoding };
}

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

  it('knows of every character what the calculator does', () => {
    const differing: string[] = [];
    // The last of GSM-7 is the euro sign, 0x20ac.
    for (let code = 1; code < 0x2100; code++) {
      const text = String.fromCharCode(code);
      const { encodingName, numberOfCharacters } = new SegmentedMessage(text);
      const { encoding } = segmentsOf(text);
      const isGsm = encoding === 'GSM-7';
      // What takes two septets is one too many.
      const septets = isGsm && segmentsOf(text + 'x'.repeat(159)).count === 2 ? 2 : 1;
      if (encoding !== encodingName || septets !== numberOfCharacters) differing.push(text);
    }
    expect(differing).toEqual([]);
  });

  it('says of any text what the calculator says', { timeout: 60_000 }, () => {
    const unit = fc.oneof(
      fc.constantFrom('a', 'é', '€', '[', '\r\n', '’', '早', '👍', '👨‍👩‍👧‍👦', '🇩🇪', 'a\u0338', '한'),
      // Letters with more marks than a segment has room for.
      fc.nat(80).map((marks) => `a${'\u0301'.repeat(marks)}`),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const gsm = fc.constantFrom('a', 'é', '€', '[', '\r\n', 'word ');
    const repeated = (part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
      fc.tuple(part, fc.nat(70)).map(([text, times]) => text.repeat(times));
    for (const part of [gsm, unit]) {
      const texts = fc.array(fc.oneof(part, repeated(part)), { minLength: 1, maxLength: 12 });
      fc.assert(
        fc.property(texts, (parts) => {
          const text = parts.join('').slice(0, 700);
          expect(segmentsOf(text)).toEqual(calculated(text));
        }),
        { numRuns: 150 },
      );
    }
  });

  it.each([
    ['word after word', 'word after word '],
    ['in two tables', 'Grüße [x] '],
    ['Chinese', '早上好 '],
    ['one emoji after another', '😀'],
  ])('takes no time for 100,000 characters (%s)', { timeout: 30_000 }, (_, part) => {
    const text = part.repeat(100_000 / part.length);
    const before = process.cpuUsage();
    segmentsOf(text);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000);
  });
});
