/** A whole number from 0 up to and without `sides`. */
export type Roll = (sides: number) => number;

/** Numbers that are the same for the same seed, so that a bad run can be looked at again. */
export function dice(seed: number): Roll {
  let state = seed;
  return (sides) => {
    // The generator of Numerical Recipes.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}
