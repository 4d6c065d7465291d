import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '@trunkline/core';
import { interpolate } from '../../src/responses/interpolate.ts';

const fill = (text: JsonValue, slots: Record<string, JsonValue>): JsonValue => {
  const missing = new Set<string>();
  const filled = interpolate(text, slots, missing);
  return missing.size > 0 ? { missing: [...missing] } : filled;
};

describe('interpolation', () => {
  it.each([
    ['Hi {name}!', 'Hi Ada!'],
    ['{name}{name}', 'AdaAda'],
    ['{{name}}', '{name}'],
    ['{{{name}}}', '{Ada}'],
    ['a { b', 'a { b'],
    ['a } b', 'a } b'],
    ['{}', '{}'],
    ['{two words}', 'yes'],
    ['{a.b}', 'dot'],
    ['{na\nme}', '{na\nme}'],
    ['{n} {t} {l}', "5 True ['a']"],
    ['{empty}|', '|'],
    ['{brace}', '{name}'],
    ['{gone} {none} {name} {gone}', { missing: ['gone', 'none'] }],
    ['{toString}', { missing: ['toString'] }],
  ])('makes %j to %j', (text, expected) => {
    const slots = {
      name: 'Ada',
      'two words': 'yes',
      'a.b': 'dot',
      n: 5,
      t: true,
      l: ['a'],
      empty: '',
      brace: '{name}',
      none: null,
    };
    expect(fill(text, slots)).toEqual(expected);
  });

  it('goes through lists and maps, and leaves keys and what is no text alone', () => {
    const value = { '{name}': [{ a: '{name}' }, 1, null, true, '{name}'] };
    expect(fill(value, { name: 'Ada' })).toEqual({
      '{name}': [{ a: 'Ada' }, 1, null, true, 'Ada'],
    });
    expect(value['{name}'][0]).toEqual({ a: '{name}' });
  });

  it('never lets a value be read as a template', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(fill('{a}|{b}', { a, b })).toBe(`${a}|${b}`);
      }),
    );
  });
});
