/** How many are asked for, as Redis takes it: a whole number, and so no `Infinity`. */
export function countOf(count: number): number {
  // Scripts add to it, and must not leave the numbers that are whole.
  return Math.floor(Math.min(count, 2 ** 52));
}
