import { isJsonObject } from '@trunkline/core';
import { expect, it } from 'vitest';

it('isJsonObject knows an object from an array, null and the rest', () => {
  expect([{}, { a: 1 }].map(isJsonObject)).toEqual([true, true]);
  expect([[], null, 'a', 1, true, undefined].some(isJsonObject)).toBe(false);
});
