import { describe, expect, it } from 'vitest';
import { MemoryLists } from '../../src/store/memory-lists.ts';
import { FakeClock } from '../support/fake-clock.ts';

const HOUR_MS = 60 * 60 * 1000;
const many = { maxItems: 100, ttlMs: HOUR_MS };

function setUp(maxCharacters = 4_000_000): { clock: FakeClock; lists: MemoryLists } {
  const clock = new FakeClock();
  return { clock, lists: new MemoryLists(clock, maxCharacters) };
}

describe('a list in memory', () => {
  it('gives the last items, the oldest first, as copies', async () => {
    const { lists } = setUp();
    const item = { a: 1 };
    await lists.append('n', 'k', [1, 2, item], many);
    item.a = 2;
    expect(await lists.last('n', 'k', 2)).toEqual([2, { a: 1 }]);
    expect(await lists.last('n', 'k', 9)).toEqual([1, 2, { a: 1 }]);
    expect(await lists.last('n', 'k', 0)).toEqual([]);
    expect(await lists.last('n', 'other', 1)).toEqual([]);
  });

  it('drops the oldest above maxItems, also of one append', async () => {
    const { lists } = setUp();
    await lists.append('n', 'k', [1], { ...many, maxItems: 2 });
    await lists.append('n', 'k', [2, 3, 4], { ...many, maxItems: 2 });
    expect(await lists.last('n', 'k', 9)).toEqual([3, 4]);
  });

  it('is gone as a whole after its time from the last append', async () => {
    const { clock, lists } = setUp();
    await lists.append('n', 'k', [1], many);
    await clock.advance(HOUR_MS - 1);
    await lists.append('n', 'k', [2], many);
    await clock.advance(HOUR_MS - 1);
    expect(await lists.last('n', 'k', 9)).toEqual([1, 2]);
    await clock.advance(1);
    expect(await lists.last('n', 'k', 9)).toEqual([]);
    await lists.append('n', 'k', [3], many);
    expect(await lists.last('n', 'k', 9)).toEqual([3]);
  });

  it('keeps what grew last where there is too much', async () => {
    const { lists } = setUp(10_000);
    const text = 'x'.repeat(40);
    for (let i = 0; i < 1_000; i++) {
      await lists.append('n', String(i), [text], many);
      await lists.append('n', 'often', [i], { ...many, maxItems: 3 });
    }
    expect(await lists.last('n', 'often', 3)).toEqual([997, 998, 999]);
    expect(await lists.last('n', '999', 1)).toEqual([text]);
    expect(await lists.last('n', '0', 1)).toEqual([]);
  });

  it('drops the oldest of a list that is too long by itself', async () => {
    const { lists } = setUp(1_000);
    for (let i = 0; i < 100; i++) await lists.append('n', 'k', [`${i}${'x'.repeat(50)}`], many);
    const left = await lists.last('n', 'k', 100);
    expect(left.length).toBeLessThan(10);
    expect(left.at(-1)).toEqual(expect.stringMatching(/^99/));
  });

  it('counts nothing of a list whose time is over', async () => {
    // What had expired was counted on, until the others were forgotten for it.
    const { clock, lists } = setUp(4_000);
    await lists.append('n', 'kept', ['x'], { ...many, ttlMs: 1_000 * HOUR_MS });
    for (let i = 0; i < 100; i++) {
      await lists.append('n', 'again', ['x'.repeat(100)], many);
      await clock.advance(HOUR_MS);
    }
    expect(await lists.last('n', 'kept', 1)).toEqual(['x']);
  });
});

describe('lists that are to last', () => {
  const YEAR_MS = 365 * 24 * HOUR_MS;
  const lasting = { maxItems: 1, ttlMs: YEAR_MS };

  it('are not pushed out by what is kept for a day', async () => {
    // The logs of a busy web chat took the addresses along, and with them whoever was to be told something.
    const { lists } = setUp(10_000);
    await lists.append('address', 'ada', ['here'], lasting);
    for (let i = 0; i < 1_000; i++) await lists.append('log', `${i}`, ['x'.repeat(40)], many);
    expect(await lists.last('address', 'ada', 1)).toEqual(['here']);
    expect(await lists.last('log', '0', 1)).toEqual([]);
  });

  it('are bounded as well', async () => {
    const { lists } = setUp(10_000);
    for (let i = 0; i < 1_000; i++) {
      await lists.append('address', `${i}`, ['x'.repeat(40)], lasting);
    }
    expect(await lists.last('address', '0', 1)).toEqual([]);
    expect(await lists.last('address', '999', 1)).toHaveLength(1);
  });

  it('are one list, whatever is said of their time later', async () => {
    const { lists } = setUp();
    await lists.append('n', 'k', [1], many);
    await lists.append('n', 'k', [2], { ...many, ttlMs: YEAR_MS });
    await lists.append('n', 'k', [3], many);
    expect(await lists.last('n', 'k', 9)).toEqual([1, 2, 3]);
    expect(await lists.after('n', 'k', 1, 9)).toEqual([
      { number: 2, value: 2 },
      { number: 3, value: 3 },
    ]);
  });
});
