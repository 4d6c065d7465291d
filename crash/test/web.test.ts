import { describe, expect, it, type TestContext } from 'vitest';
import { needs, program } from '../../scripts/test-support/needs.ts';
import { describeWebRun, webRun } from '../src/web/run.mjs';

// The shortened form: `npm run crash -- web` is the whole.
describe('readers at the web chat whose connections are cut and whose servers go', () => {
  const few = { readers: 10, messages: 250, paceMs: 700, kills: 4, cutMs: 120 } as const;

  it('see everything once and in order, of one server on SQLite', async (context) => {
    await expectToHold(context, { ...few, store: 'sqlite' });
  }, 150_000);

  it('see everything once and in order, of three servers on Redis', async (context) => {
    await needs(program('redis-server', 'redis-server'))(context);
    await expectToHold(context, { ...few, store: 'redis' });
  }, 150_000);
});

async function expectToHold(
  { annotate }: TestContext,
  options: Omit<Parameters<typeof webRun>[0], 'seed'>,
): Promise<void> {
  const result = await webRun({ ...options, seed: Math.floor(Math.random() * 1e9) });
  const figures = describeWebRun(result).join('\n');
  await annotate(figures);
  expect(result.failures, figures).toEqual([]);
  expect(result.kills + result.dismissals).toBeGreaterThan(0);
  expect(result.cuts).toBeGreaterThan(0);
}
