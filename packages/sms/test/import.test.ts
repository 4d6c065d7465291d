import { expect, it } from 'vitest';
import { importCost } from '../../../scripts/test-support/import-cost.ts';
import { ACCOUNT } from './support/twilio.ts';

it('is imported in less than 100 ms, without Twilio’s SDK, undici or the calculator', async () => {
  const options = { accountSid: ACCOUNT, authToken: 'x', twilioNumber: '+15550001111' };
  const { cpuMs, loaded } = await importCost('sms', 'SmsInput', options);
  expect(loaded).toEqual([]);
  expect(cpuMs).toBeLessThan(100);
}, 30_000);
