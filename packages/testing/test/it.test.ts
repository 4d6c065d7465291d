import { it as itOfNode } from 'node:test';
import { expect, it, test } from 'vitest';
import type { It } from '@trunkline/testing';

/** As Mocha declares it. */
declare function itOfMocha(
  title: string,
  run?: (this: { retries(): void }) => Promise<unknown>,
): {
  pending: boolean;
};
/** As Jest declares it. */
declare function itOfJest(
  name: string,
  run?: ((done: (error?: unknown) => void) => void) | (() => PromiseLike<unknown>),
  timeoutMs?: number,
): void;

it('takes the `it` of every runner', () => {
  const runners: It[] = [it, test, it.skip, itOfNode];
  const declared: (() => It)[] = [() => itOfMocha, () => itOfJest];
  expect(runners.every((runner) => typeof runner === 'function')).toBe(true);
  expect(declared).toHaveLength(2);
});
