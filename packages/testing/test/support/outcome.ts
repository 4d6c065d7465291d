import type { It } from '@trunkline/testing';

/** What became of a suite's checks. */
export interface Outcome {
  names: string[];
  /** What the checks that failed said, by their names. */
  failures: Record<string, string>;
}

/** Runs a suite outside of the test runner, so that it may fail. */
export async function outcomeOf(register: (it: It) => void): Promise<Outcome> {
  const checks: [name: string, check: () => Promise<void>][] = [];
  register((name, check) => checks.push([name, check]));
  const failures: Record<string, string> = {};
  for (const [name, check] of checks) {
    try {
      await check();
    } catch (error) {
      failures[name] = String(error);
    }
  }
  return { names: checks.map(([name]) => name), failures };
}
