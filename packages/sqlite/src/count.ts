/** How many rows are asked for, as SQLite's `LIMIT` takes it: a whole number, and so no `Infinity`. */
export function countOf(count: number): number {
  return Math.floor(Math.min(count, Number.MAX_SAFE_INTEGER));
}
