import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '@trunkline/core';
import { pythonJson, pythonStr } from '../../src/channel/python-text.ts';

// The expected texts were printed by Python 3.11.
describe('pythonJson', () => {
  it.each<[JsonValue, string]>([
    [{}, '{}'],
    [[], '[]'],
    [{ k: 'é', n: 1 }, '{"k": "\\u00e9", "n": 1}'],
    [
      { a: [1, null, true, false, 'x', { b: {} }], c: [] },
      '{"a": [1, null, true, false, "x", {"b": {}}], "c": []}',
    ],
    ['\u007f', '"\\u007f"'],
    ['é😀\u2028\0\u001f\b\f"\\/', '"\\u00e9\\ud83d\\ude00\\u2028\\u0000\\u001f\\b\\f\\"\\\\/"'],
    ['\ud800', '"\\ud800"'],
    [{ clé: 1 }, '{"cl\\u00e9": 1}'],
    [null, 'null'],
    [true, 'true'],
  ])('writes %j as json.dumps does', (value, expected) => {
    expect(pythonJson(value)).toBe(expected);
  });

  it.each([
    [1e-5, '1e-05'],
    [0.0001, '0.0001'],
    [1.5e-7, '1.5e-07'],
    [1e21, '1e+21'],
    [123456.789, '123456.789'],
    [-2.5e-10, '-2.5e-10'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [0, '0'],
    [-7, '-7'],
  ])('writes the number %d as Python does', (value, expected) => {
    expect(pythonJson(value)).toBe(expected);
    expect(pythonStr(value)).toBe(expected);
  });

  it('sorts keys by code point where it is asked to', () => {
    const value = { b: 1, a: { d: [], c: {} }, '😀': 1, '\uffff': 2 };
    expect(pythonJson(value, { sortKeys: true })).toBe(
      '{"a": {"c": {}, "d": []}, "b": 1, "\\uffff": 2, "\\ud83d\\ude00": 1}',
    );
  });

  it('leaves out keys without a value', () => {
    expect(pythonJson({ a: undefined, b: 1 } as unknown as JsonValue)).toBe('{"b": 1}');
  });

  it('writes ASCII that reads back as the same value, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = pythonJson(value as JsonValue);
        expect(text).toMatch(/^[ -~]*$/);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 50 },
    );
  });

  it('does not change what it reads', () => {
    const value = { b: [3, 1], a: { z: 1, y: 2 } };
    const before = JSON.stringify(value);
    pythonJson(value, { sortKeys: true });
    expect(JSON.stringify(value)).toBe(before);
  });
});

describe('pythonStr', () => {
  it('leaves a text as it is', () => {
    expect(pythonStr('it\'s\n"x"')).toBe('it\'s\n"x"');
  });

  it.each([
    ["it's", `"it's"`],
    ['say "hi"', `'say "hi"'`],
    [`both ' and "`, `'both \\' and "'`],
    ['tab\tnl\ncr\rback\\', `'tab\\tnl\\ncr\\rback\\\\'`],
    ['é😀', `'é😀'`],
    ['\0\u001f\u007f\u0085\u00a0\u00ad', `'\\x00\\x1f\\x7f\\x85\\xa0\\xad'`],
    ['\u200b\u2028\ufeff\ue000', `'\\u200b\\u2028\\ufeff\\ue000'`],
    ['\u{e0001}', `'\\U000e0001'`],
    ['', `''`],
  ])('quotes %j inside a list as Python does', (text, expected) => {
    expect(pythonStr([text])).toBe(`[${expected}]`);
  });

  it('writes objects as Python prints them', () => {
    expect(pythonStr({ a: [1, null, true, false, 'x', { b: {} }], c: [] })).toBe(
      `{'a': [1, None, True, False, 'x', {'b': {}}], 'c': []}`,
    );
    expect(pythonStr(null)).toBe('None');
    expect(pythonStr(false)).toBe('False');
  });
});
