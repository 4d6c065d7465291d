import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePythonJson } from '../src/python-json.ts';

describe('parsePythonJson', () => {
  it('reads any JSON as it is, and Python’s numbers beside it as null', () => {
    const text = fc.constantFrom('NaN', '-Infinity', '"NaN', '\\', '\\"NaN', 'a\nNaN');
    const value = fc.oneof(fc.jsonValue(), text);
    const number = fc.constantFrom('NaN', 'Infinity', '-Infinity');
    fc.assert(
      fc.property(value, number, (known, unknown) => {
        const json = JSON.stringify(known);
        const read: unknown = JSON.parse(json);
        expect(parsePythonJson(json)).toEqual(read);
        expect(parsePythonJson(`[${json}, ${unknown}]`)).toEqual([read, null]);
        expect(parsePythonJson(`{"NaN": ${unknown}, "b": ${json}}`)).toEqual({
          NaN: null,
          b: read,
        });
      }),
    );
  });

  it.each(['', 'NaN NaN', 'NaNs', 'aNaN', '{NaN: 1}', '["NaN', '["a", NaN, "b\\', "{'a': NaN}"])(
    'refuses %j',
    (text) => {
      expect(() => parsePythonJson(text)).toThrow(SyntaxError);
    },
  );

  it('takes a time that grows with the text alone', () => {
    const text = `[NaN, ${'"\\" '.repeat(300_000)}`;
    expect(() => parsePythonJson(text)).toThrow(SyntaxError);
  });

  // The story: a report of many short lines, with one such number, took all of the stack, and was no answer.
  it('reads a text of any length', () => {
    const lines = '\\n'.repeat(8_000_000);
    expect(parsePythonJson(`[NaN, "${lines}"]`)).toEqual([null, '\n'.repeat(8_000_000)]);
  });
});
