import { describe, expect, it } from 'vitest';
import { platformChannels } from '../src/platforms.ts';

const context = {
  publicUrl: 'https://bot.example.org',
  logger: { debug() {}, info() {}, warn() {}, error() {} },
};

const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'f'.repeat(32),
  TWILIO_NUMBER: '+15550001111',
};
const SLACK = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's' };

describe('the channels of platforms', () => {
  it('are those that the environment has credentials of', async () => {
    expect(await platformChannels({}, context)).toEqual([]);
    expect(await platformChannels(TWILIO, context)).toMatchObject([{ name: 'sms' }]);
    expect(await platformChannels({ ...SLACK, ...TWILIO }, context)).toMatchObject([
      { name: 'slack' },
      { name: 'sms' },
    ]);
  });

  it.each([
    [{ ...TWILIO, TWILIO_NUMBER: '' }, 'for SMS, set TWILIO_NUMBER as well'],
    [
      { TWILIO_NUMBER: '+15550001111' },
      'for SMS, set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN as well',
    ],
    [{ SLACK_BOT_TOKEN: 'xoxb-1' }, 'for Slack, set SLACK_SIGNING_SECRET as well'],
    [{ SLACK_SIGNING_SECRET: 's' }, 'for Slack, set SLACK_BOT_TOKEN as well'],
  ])('need all of their variables', async (variables, message) => {
    await expect(platformChannels(variables, context)).rejects.toThrow(message);
  });
});
