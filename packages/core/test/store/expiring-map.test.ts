import { describe, expect, it } from 'vitest';
import { ExpiringMap } from '../../src/store/expiring-map.ts';
import { FakeClock } from '../support/fake-clock.ts';

const HOUR_MS = 60 * 60 * 1000;

function setUp(): { clock: FakeClock; map: ExpiringMap<number> } {
  const clock = new FakeClock();
  return { clock, map: new ExpiringMap(clock) };
}

describe('an expiring map', () => {
  it('forgets at the moment it was told to', async () => {
    const { clock, map } = setUp();
    map.set('n', 'a', 1, 1_000);
    await clock.advance(999);
    expect(map.get('n', 'a')).toBe(1);
    await clock.advance(1);
    expect(map.get('n', 'a')).toBeUndefined();
    expect(map.delete('n', 'a')).toBe(false);
  });

  it('keeps for good where it is told no time, and has no timer then', async () => {
    const { clock, map } = setUp();
    map.set('n', 'a', 1);
    expect(clock.pending).toBe(0);
    await clock.advance(10_000 * HOUR_MS);
    expect(map.get('n', 'a')).toBe(1);
    expect(map.delete('n', 'a')).toBe(true);
  });

  it('frees what nobody reads within two minutes of its time, with one timer for all', async () => {
    const { clock, map } = setUp();
    for (let i = 0; i < 100; i++) map.set('n', String(i), i, HOUR_MS + i);
    expect(clock.pending).toBe(1);
    await clock.advance(HOUR_MS - 1);
    expect([...map.keys('n')]).toHaveLength(100);
    await clock.advance(2 * 60_000 + 100);
    expect([...map.keys('n')]).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('keeps what had its time extended, and forgets it then', async () => {
    const { clock, map } = setUp();
    map.set('n', 'a', 1, 1_000);
    map.set('n', 'a', 2, HOUR_MS);
    await clock.advance(HOUR_MS - 1);
    expect(map.get('n', 'a')).toBe(2);
    await clock.advance(2 * 60_000 + 1);
    expect([...map.keys('n')]).toEqual([]);
  });

  it('forgets earlier what had its time cut, or ended', async () => {
    const { clock, map } = setUp();
    map.set('n', 'a', 1, 100 * HOUR_MS);
    map.set('n', 'a', 2, 1_000);
    map.set('n', 'b', 1);
    map.set('n', 'b', 2, 1_000);
    await clock.advance(3 * 60_000);
    expect([...map.keys('n')]).toEqual([]);
  });

  it('keeps what is set for good after it was to expire', async () => {
    const { clock, map } = setUp();
    map.set('n', 'a', 1, 1_000);
    map.set('n', 'a', 2);
    await clock.advance(HOUR_MS);
    expect(map.get('n', 'a')).toBe(2);
    expect(clock.pending).toBe(0);
  });

  it('remembers nothing of what was deleted', async () => {
    // A key that is set and deleted again and again, a menu say, was noted for its sweep each time.
    const { clock, map } = setUp();
    const before = clock.pending;
    for (let i = 0; i < 1_000; i++) {
      map.set('n', 'a', i, HOUR_MS);
      map.delete('n', 'a');
      await clock.advance(60);
    }
    await clock.advance(3 * 60_000);
    // Nothing is left that a sweep would have to look at.
    expect(clock.pending).toBe(before);
  });

  it('is empty when it was cleared, and its timer is gone', async () => {
    const { clock, map } = setUp();
    map.set('n', 'a', 1, HOUR_MS);
    map.clear();
    expect(clock.pending).toBe(0);
    expect(map.get('n', 'a')).toBeUndefined();
    map.set('n', 'b', 1, 1_000);
    await clock.advance(3 * 60_000);
    expect([...map.keys('n')]).toEqual([]);
  });
});

it('tells one namespace from another', () => {
  const { map } = setUp();
  map.set('a', 'b:c', 1);
  map.set('a:b', 'c', 2, HOUR_MS);
  expect([map.get('a', 'b:c'), map.get('a:b', 'c'), map.get('a', 'c')]).toEqual([1, 2, undefined]);
  expect(map.keys('a:b')).toEqual(['c']);
  expect(map.delete('a', 'c')).toBe(false);
});
