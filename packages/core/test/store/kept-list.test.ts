import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeptList } from '../../src/store/kept-list.ts';

describe('a list at rest', () => {
  it('has the same items as an array of which the oldest are dropped', () => {
    const appends = fc.array(fc.array(fc.integer(), { minLength: 1, maxLength: 5 }));
    const range = { min: 0, max: 12 };
    fc.assert(
      fc.property(
        appends,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(range),
        fc.nat(range),
        (all, maxItems, from, limit) => {
          const list = new KeptList('a');
          let model: number[] = [];
          for (const items of all) {
            list.add(items, maxItems, 1e6);
            model = [...model, ...items].slice(-maxItems);
          }
          expect(list.length).toBe(model.length);
          expect(list.count).toBe(all.flat().length);
          expect(list.read(from, limit)).toEqual(model.slice(from, from + limit));
        },
      ),
    );
  });

  it('takes up nothing of what was dropped', () => {
    const list = new KeptList('a');
    for (let i = 0; i < 100; i++) list.add(['x'.repeat(10)], 5, 1e6);
    const after = list.characters;
    for (let i = 0; i < 100; i++) list.add(['x'.repeat(10)], 5, 1e6);
    expect(list.characters).toBe(after);
  });

  it('keeps the last items that fit of an append that is too long', () => {
    const list = new KeptList('a');
    list.add([1, 'x'.repeat(400), 2, 3], 100, 300);
    expect(list.read(0, 9)).toEqual([2, 3]);
    expect(list.count).toBe(4);
    list.add(['x'.repeat(400)], 100, 300);
    expect(list.read(0, 9)).toEqual([]);
    expect([list.count, list.length, list.characters]).toEqual([5, 0, 0]);
  });
});
