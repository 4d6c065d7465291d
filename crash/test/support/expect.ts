import { expect, type TestContext } from 'vitest';
import type { RunOptions } from '../../src/record.d.ts';
import { describeRun } from '../../src/report.mjs';
import { crashRun } from '../../src/run.mjs';

/** How long a conversation may stand still after a kill, where nothing else is killed meanwhile. */
const RECOVERY_MS = 15_000;

/** Makes a run with a seed of its own, which is part of what is said where it fails. */
export async function expectToHold(
  { annotate }: TestContext,
  options: Omit<RunOptions, 'seed'>,
): Promise<void> {
  const result = await crashRun({ ...options, seed: Math.floor(Math.random() * 1e9) });
  const figures = describeRun(result).join('\n');
  await annotate(figures);
  expect(result.failures, figures).toEqual([]);
  expect(result.messages).toBe(options.messages + options.conversations);
  expect(result.proactive).toBeGreaterThan(0);
  expect(result.kills).toBeGreaterThanOrEqual(options.kills);
  expect(result.worstUndisturbedMs, figures).toBeLessThan(RECOVERY_MS);
}
