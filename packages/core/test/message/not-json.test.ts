import fc from 'fast-check';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { notJsonIn } from '../../src/message/not-json.ts';

it('finds nothing in what survives as JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(notJsonIn(value)).toBeNull();
    }),
  );
  const shared = { a: 1 };
  const bare = Object.assign(Object.create(null) as object, { a: 1 });
  for (const value of [
    { one: shared, other: [shared, shared] },
    { gone: undefined },
    bare,
    runInNewContext('({ a: [{ b: 1 }] })'),
  ]) {
    expect(notJsonIn(value)).toBeNull();
  }
});

class Order {
  size = 'Large';
}
const circle: Record<string, unknown> = { n: 1 };
circle['list'] = [{ back: circle }];

it.each<[unknown, string, string]>([
  [() => {}, '', 'a function'],
  [{ a: { done: () => {} } }, '.a.done', 'a function'],
  [{ list: [1, undefined] }, '.list[1]', 'undefined'],
  // oxlint-disable-next-line no-sparse-arrays -- what a deleted item leaves
  [[1, , 2], '[1]', 'undefined'],
  [{ at: new Date(0) }, '.at', 'an object of the class Date'],
  [{ seen: new Map() }, '.seen', 'an object of the class Map'],
  [{ bytes: new Uint8Array(1) }, '.bytes', 'an object of the class Uint8Array'],
  [{ order: new Order() }, '.order', 'an object of the class Order'],
  [{ wait: Promise.resolve() }, '.wait', 'an object of the class Promise'],
  [{ n: 1n }, '.n', 'a bigint'],
  [{ n: Number.NaN }, '.n', 'NaN'],
  [{ n: [-Infinity] }, '.n[0]', '-Infinity'],
  [{ s: Symbol('s') }, '.s', 'a symbol'],
  [circle, '.list[0].back', 'a circular reference'],
  [{ 'what a user said': { n: 1n } }, '[…].n', 'a bigint'],
])('finds %o', (value, path, what) => {
  expect(notJsonIn(value)).toEqual({ path, what });
});
