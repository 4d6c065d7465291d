import { expect, it } from 'vitest';
import { importCost } from '../../../scripts/test-support/import-cost.ts';

it('is imported in less than 150 ms beside core, without Slack’s SDK or undici', async () => {
  const options = { token: 'xoxb-1', signingSecret: 's' };
  const { cpuMs, loaded } = await importCost('slack', 'SlackInput', options);
  expect(loaded).toEqual([]);
  expect(cpuMs).toBeLessThan(150);
}, 30_000);
