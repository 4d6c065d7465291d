import { describe, expect, it } from 'vitest';
import { Marks } from '../../src/store/marks.ts';
import { FakeClock } from '../support/fake-clock.ts';

const HOUR_MS = 60 * 60 * 1000;

function setUp(): { clock: FakeClock; marks: Marks } {
  const clock = new FakeClock();
  return { clock, marks: new Marks(clock) };
}

describe('marks', () => {
  it('are there for their time, to the millisecond', async () => {
    const { clock, marks } = setUp();
    marks.add('a', 1_000);
    marks.add('b', HOUR_MS);
    await clock.advance(999);
    expect(marks.has('a')).toBe(true);
    await clock.advance(1);
    expect([marks.has('a'), marks.has('b'), marks.has('c')]).toEqual([false, true, false]);
  });

  it('are freed within two minutes of their time, with one timer for all', async () => {
    const { clock, marks } = setUp();
    for (let i = 0; i < 100; i++) marks.add(String(i), HOUR_MS + i);
    expect(clock.pending).toBe(1);
    await clock.advance(HOUR_MS + 2 * 60_000 + 100);
    expect(clock.pending).toBe(0);
  });

  it('are added once, and anew after their time, swept or not', async () => {
    const { clock, marks } = setUp();
    expect(marks.add('a', 90_000)).toBe(true);
    await clock.advance(80_000);
    expect(marks.add('a', 90_000)).toBe(false);
    await clock.advance(10_000);
    expect(marks.has('a')).toBe(false);
    expect(marks.add('a', 300_000)).toBe(true);
    await clock.advance(299_000);
    expect(marks.has('a')).toBe(true);
    await clock.advance(1_000 + 2 * 60_000);
    expect(marks.has('a')).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('that are cleared are gone, with their timer', () => {
    const { clock, marks } = setUp();
    marks.add('a', 1_000);
    marks.clear();
    expect(marks.has('a')).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('are told apart however they end', async () => {
    const { clock, marks } = setUp();
    const names = Array.from({ length: 500 }, (_, i) => [`${i}`, `${i} and the same end`, `ü${i}`]);
    const all = ['', ...names.flat()];
    for (const [i, name] of all.entries()) if (i % 2 === 0) marks.add(name, HOUR_MS);
    expect(all.filter((name) => marks.has(name))).toEqual(all.filter((_, i) => i % 2 === 0));
    await clock.advance(HOUR_MS + 2 * 60_000);
    expect(all.filter((name) => marks.has(name))).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
