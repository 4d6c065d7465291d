import { ConfigurationError } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../src/environment.ts';

describe('the environment', () => {
  it('has defaults', () => {
    expect(parseEnvironment({})).toEqual({
      port: 5005,
      publicUrl: 'http://localhost:5005',
      store: { type: 'sqlite', file: 'data/trunkline.db' },
      twilio: null,
      slack: null,
      logLevel: 'info',
    });
  });

  it('takes a port, and the address follows it', () => {
    expect(parseEnvironment({ PORT: '8080' })).toMatchObject({
      port: 8080,
      publicUrl: 'http://localhost:8080',
    });
  });

  it('takes a public address, with or without a slash at its end', () => {
    const { publicUrl } = parseEnvironment({ PUBLIC_URL: 'https://bot.example.org/' });
    expect(publicUrl).toBe('https://bot.example.org');
  });

  it('takes a store', () => {
    expect(parseEnvironment({ STORE: 'memory' }).store).toEqual({ type: 'memory' });
    const { store } = parseEnvironment({ STORE: 'sqlite:/var/bot.db' });
    expect(store).toEqual({ type: 'sqlite', file: '/var/bot.db' });
    const url = 'rediss://bot:secret@redis:6379/1';
    expect(parseEnvironment({ STORE: url }).store).toEqual({ type: 'redis', url });
  });

  it("takes Twilio's variables, all or none", () => {
    const variables = { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 'secret' };
    const twilio = { accountSid: 'AC1', authToken: 'secret', twilioNumber: '+15550001111' };
    expect(parseEnvironment({ ...variables, TWILIO_NUMBER: '+15550001111' }).twilio).toEqual(
      twilio,
    );
    expect(() => parseEnvironment({ ...variables, TWILIO_NUMBER: '' })).toThrow(
      'for SMS, set TWILIO_NUMBER as well',
    );
    expect(() => parseEnvironment({ TWILIO_NUMBER: '+15550001111' })).toThrow(
      'set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN as well',
    );
  });

  it('takes Slack’s token and signing secret, and not one without the other', () => {
    const both = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's' };
    expect(parseEnvironment(both).slack).toEqual({ token: 'xoxb-1', signingSecret: 's' });
    expect(() => parseEnvironment({ SLACK_BOT_TOKEN: 'xoxb-1' })).toThrow('SLACK_SIGNING_SECRET');
    expect(() => parseEnvironment({ SLACK_SIGNING_SECRET: 's' })).toThrow('SLACK_BOT_TOKEN');
  });

  it.each([
    ['STORE', 'redis'],
    ['STORE', 'sqlite:'],
    ['PORT', 'http'],
    ['PORT', '0'],
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '80.5'],
    ['LOG_LEVEL', 'loud'],
    ['PUBLIC_URL', 'bot.example.org:80:80'],
    ['PUBLIC_URL', 'ftp://bot.example.org'],
  ])('names the variable that is wrong: %s=%s', (name, value) => {
    expect(() => parseEnvironment({ [name]: value })).toThrow(ConfigurationError);
    expect(() => parseEnvironment({ [name]: value })).toThrow(name);
  });
});
