import { isJsonObject } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { isSameJson } from '../../src/message/json.ts';

it('isJsonObject knows an object from an array, null and the rest', () => {
  expect([{}, { a: 1 }].map(isJsonObject)).toEqual([true, true]);
  expect([[], null, 'a', 1, true, undefined].some(isJsonObject)).toBe(false);
});

describe('whether two values are the same JSON', () => {
  it('goes by keys and values, not by their order', () => {
    expect(isSameJson({ a: 1, b: [null, { c: 'x' }] }, { b: [null, { c: 'x' }], a: 1 })).toBe(true);
  });

  it('is found out down to the last difference', () => {
    const different: [unknown, unknown][] = [
      [{ a: 1 }, { a: 2 }],
      [{ a: 1 }, { a: 1, b: 1 }],
      [{ a: 1 }, { b: 1 }],
      [
        [1, 2],
        [2, 1],
      ],
      [[1], { 0: 1 }],
      [null, {}],
      ['1', 1],
      [{ toString: 1 }, { valueOf: 1 }],
    ];
    for (const [one, other] of different) expect(isSameJson(one, other)).toBe(false);
  });
});
