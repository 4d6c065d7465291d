import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formOf } from '../src/form.ts';

describe('formOf', () => {
  it.each([
    [
      'Body=a+b%26c%3D%2B&To=%2B1555',
      [
        ['Body', 'a b&c=+'],
        ['To', '+1555'],
      ],
    ],
    [
      'ToCity=&Empty&=x&&a=b=c',
      [
        ['ToCity', ''],
        ['Empty', ''],
        ['', 'x'],
        ['a', 'b=c'],
      ],
    ],
    [
      'x=%F0%9F%91%8D&y=100%&z=%C3',
      [
        ['x', '👍'],
        ['y', '100%'],
        ['z', '\uFFFD'],
      ],
    ],
    ['', []],
  ])('reads %j', (text, form) => {
    expect(formOf(text)).toEqual(form);
  });

  it('reads any text as URLSearchParams does', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '&',
        '=',
        '+',
        '%',
        '%2',
        '%26',
        '%C3%A9',
        '%ff',
        '%EF%BB%BF',
        'é',
        '👍',
        '?',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');
        // Which takes one off the beginning: a query has it, a body has not.
        fc.pre(!text.startsWith('?'));
        expect(formOf(text)).toEqual([...new URLSearchParams(text)]);
      }),
      { numRuns: 1_000 },
    );
  });
});
