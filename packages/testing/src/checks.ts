import type { MaybePromise } from '@trunkline/core';
import { AssertionError } from 'node:assert';

/**
 * The test runner's `it`: that of Vitest, Jest, Mocha or `node:test` fits as it is. A check is run
 * once, and rejects if it fails.
 */
export type It = (name: string, check: () => Promise<void>) => unknown;

/** How long a check of a suite may take, in milliseconds, unless its caller says otherwise. */
export const DEFAULT_TIMEOUT_MS = 4_000;

/** What a check may use while it runs. */
export interface During {
  /** Waits; if this is what the check fails to get in time, its error says so. */
  waitFor<T>(what: string, promise: MaybePromise<T>): Promise<T>;
  /** Does something after the check, whatever became of it; the last that was said is done first. */
  afterwards(task: () => Promise<void> | void): void;
}

/** Adds a check to a suite. */
export type AddCheck = (name: string, run: (during: During) => Promise<void>) => void;

/** Checks over a runner's `it`. None of them hangs: what is not done in time fails. */
export function checksOver(it: It, timeoutMs: number): AddCheck {
  return (name, run) => {
    it(name, async () => {
      const awaited = new Set<string>();
      const tasks: (() => Promise<void> | void)[] = [];
      const during: During = {
        async waitFor(what, promise) {
          awaited.add(what);
          const value = await promise;
          awaited.delete(what);
          return value;
        },
        afterwards: (task) => void tasks.push(task),
      };
      const cleanUp = async (): Promise<void> => {
        for (const task of tasks.toReversed()) await task();
      };
      try {
        await inTime(run(during), timeoutMs, () => [...awaited].join(', and for ') || 'its end');
      } catch (error) {
        // Why the check failed is worth more than why it cannot be cleaned up after.
        await inTime(cleanUp(), timeoutMs, () => '').catch(() => {});
        throw error;
      }
      await inTime(cleanUp(), timeoutMs, () => 'everything to be closed again');
    });
  };
}

async function inTime(
  promise: Promise<void>,
  timeoutMs: number,
  what: () => string,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new AssertionError({ message: `waited ${timeoutMs} ms for ${what()}` }));
    }, timeoutMs);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
