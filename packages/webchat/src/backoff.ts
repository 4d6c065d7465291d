/** The shortest wait. */
const BASE_MS = 500;

/** The longest wait. */
const MAX_MS = 30_000;

/**
 * How long to wait before the next attempt: twice as long after each that failed, and between half of
 * that and the whole, so that clients that lost the same server do not all come back at once.
 *
 * @param failures - how many attempts have failed in a row, from 1
 * @param random - a number from 0 to 1
 */
export function backoffMs(failures: number, random: number): number {
  const ceilingMs = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(failures - 1, 16));
  return Math.round(ceilingMs * (0.5 + random / 2));
}
