import { expect, it } from 'vitest';
import { deepFreeze, excerpt, textsIn } from '../src/values.ts';

it('finds every text in a payload, and no key', () => {
  const payload = {
    text: 'one',
    blocks: [{ text: { text: 'two' } }, null, true, undefined],
    form: new URLSearchParams({ Body: 'three' }),
    map: new Map([['key', 'four']]),
    bytes: Buffer.from('fünf'),
    number: 6,
  };
  expect(textsIn(payload)).toEqual(['one', 'two', 'three', 'four', 'fünf', '6']);
});

it('freezes all the way down', () => {
  const value = deepFreeze({ list: [{ a: 1 }] });
  expect(() => value.list[0] && (value.list[0].a = 2)).toThrow(TypeError);
  expect(() => value.list.pop()).toThrow(TypeError);
});

it('shortens what is long', () => {
  expect(excerpt({ a: 1 })).toBe('{"a":1}');
  expect(excerpt(undefined)).toBe('undefined');
  expect(excerpt('x'.repeat(1_000))).toHaveLength(301);
});
