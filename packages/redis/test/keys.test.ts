import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Keys } from '../src/keys.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });

describe('Keys', () => {
  const keys = new Keys('pre[fix]', 16);

  it('have no name for two things', () => {
    const property = fc.property(text, text, text, text, (ns1, key1, ns2, key2) => {
      const isSame = ns1 === ns2 && key1 === key2;
      expect(keys.kept('value', ns1, key1) === keys.kept('value', ns2, key2)).toBe(isSame);
      expect(keys.mark(ns1, key1) === keys.mark(ns2, key2)).toBe(isSame);
    });
    fc.assert(property);
  });

  it('are found again by their names', () => {
    const property = fc.property(text, text, text, (namespace, key, other) => {
      expect(keys.keyOf(keys.kept('value', namespace, key), namespace)).toBe(key);
      const found = keys.keyOf(keys.kept('value', other, key), namespace);
      expect(found).toBe(other === namespace ? key : null);
    });
    fc.assert(property);
  });

  it('of one conversation share a slot', () => {
    const property = fc.property(text, text, (namespace, key) => {
      const n = keys.partitionOf(key);
      const names = [
        keys.own(key, 'line'),
        keys.mark(key, 'id'),
        keys.shared(n, 'alive'),
        keys.kept('value', namespace, key),
        keys.kept('list', namespace, key),
      ];
      // Redis Cluster takes what is in the first braces.
      const tags = names.map((name) => /\{([^}]*)\}/.exec(name)?.[1]);
      expect(new Set(tags)).toEqual(new Set([String(n)]));
    });
    fc.assert(property);
  });

  it('are spread evenly', () => {
    const counts = Array.from({ length: 16 }, () => 0);
    for (let i = 0; i < 16_000; i++) {
      const n = keys.partitionOf(`slack:T1:U${i}`);
      counts[n] = (counts[n] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1_200);
  });
});
