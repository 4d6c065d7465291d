import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from '../src/backoff.ts';

it('waits twice as long after each failure, up to half a minute', () => {
  expect([1, 2, 3, 7, 100].map((failures) => backoffMs(failures, 1))).toEqual([
    500, 1_000, 2_000, 30_000, 30_000,
  ]);
});

it('is spread over half of the time', () => {
  const numbers = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), numbers, (failures, random) => {
      const most = backoffMs(failures, 1);
      expect(backoffMs(failures, random)).toBeGreaterThanOrEqual(most / 2);
      expect(backoffMs(failures, random)).toBeLessThanOrEqual(most);
    }),
  );
});
