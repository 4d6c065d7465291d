import { ConfigurationError } from '@trunkline/core';
import { SmsInput, type SmsOptions } from '@trunkline/sms';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../src/credentials.ts';
import { ACCOUNT, OTHER_NUMBER, OUR_NUMBER, SERVICE, TOKEN } from './support/twilio.ts';

const good: SmsOptions = { accountSid: ACCOUNT, authToken: TOKEN, twilioNumber: OUR_NUMBER };

describe('the options', () => {
  it("are Rasa's in credentials.yml", () => {
    const credentials = { account_sid: ACCOUNT, auth_token: TOKEN, twilio_number: OUR_NUMBER };
    expect(SmsInput.fromCredentials(credentials).name).toBe('sms');
    expect(SmsInput.fromCredentials({ ...credentials, name: 'twilio' }).urlPrefix()).toBe('twilio');
    expect(() =>
      SmsInput.fromCredentials({ ...credentials, reply: 'twiml', menu: { ttl_ms: 5 } }),
    ).not.toThrow();
  });

  // The story: "Pizza Roma" and "H&M" are names that Twilio sends by, and the server did not start with either.
  it.each([
    '12345',
    'PIZZA',
    'Pizza Roma',
    'H&M',
    'O2',
    'whatsapp:+15550001111',
    'whatsapp:US.ABC123',
    'rcs:pizza_agent',
  ])('take %s for a sender, which need not be a phone number (trap 22)', (twilioNumber) => {
    const { accounts } = resolveOptions({ ...good, twilioNumber });
    expect(accounts).toMatchObject([{ number: twilioNumber }]);
  });

  // Lines are written where a failure is dealt with: a second one there may end the process.
  it('take a logger that throws for one that says nothing', () => {
    const throwing = (): never => {
      throw new TypeError('Converting circular structure to JSON');
    };
    const logger = { debug: throwing, info: throwing, warn: throwing, error: throwing };
    const { logger: guarded } = resolveOptions({ ...good, logger });
    expect(() => guarded?.error({}, 'something failed')).not.toThrow();
  });

  it('have defaults', () => {
    expect(resolveOptions(good)).toMatchObject({
      name: 'sms',
      accounts: [{ accountSid: ACCOUNT, authTokens: [TOKEN], number: OUR_NUMBER, service: null }],
      reply: 'rest',
      menu: { ttlMs: 3_600_000, repeat: true },
      publicUrl: null,
      statusCallback: null,
    });
  });

  it.each<[string, object]>([
    ['accountSid (account_sid)', { accountSid: 'SK123' }],
    ['accountSid (account_sid)', { accountSid: undefined }],
    ['authToken (auth_token)', { authToken: '' }],
    ['authToken (auth_token)', { authToken: [] }],
    ['twilioNumber (twilio_number) is missing', { twilioNumber: undefined }],
    ['in quotes in YAML', { twilioNumber: 15_550_001_111 }],
    ['twilioNumber', { twilioNumber: '+1 555 000 1111' }],
    ['twilioNumber', { twilioNumber: '555 1111' }],
    ['twilioNumber', { twilioNumber: ' Pizza' }],
    ['twilioNumber', { twilioNumber: 'Pizza Roma 12' }],
    ['messagingServiceSid', { messagingServiceSid: 'MG1' }],
    ['unknown option "numbr"', { numbr: 1 }],
    ['publicUrl', { publicUrl: 'bot.example.org' }],
    ['publicUrl', { publicUrl: 'https://bot.example.org/?x=1' }],
    // Twilio's options of a webhook stand there, and are no part of what it signs (trap 9).
    ['publicUrl', { publicUrl: 'https://bot.example.org#rc=2' }],
    ['reply must be', { reply: 'json' }],
    ['menu.ttlMs', { menu: { ttlMs: 0 } }],
    ['unknown option "menu.ttl"', { menu: { ttl: 1 } }],
    ['menu must', { menu: null }],
    ['segmentsPerSecond', { segmentsPerSecond: -1 }],
    ['smartEncoding', { smartEncoding: 'yes' }],
    ['maxRetries', { maxRetries: 1.5 }],
    ['onStatus', { onStatus: 'log' }],
    ['name must', { name: '' }],
    ['give accountSid or accounts', { accounts: [good] }],
    ['statusCallback', { statusCallback: 'nowhere' }],
    // Twilio would refuse every message for it (21609).
    ['statusCallback', { statusCallback: 'https://my_bot.example.org/status' }],
    ['publicUrl names a host', { publicUrl: 'https://my_bot.example.org' }],
  ])('name %s where it is wrong', (text, changes) => {
    const options: SmsOptions = { ...good, ...changes };
    let thrown: unknown;
    try {
      resolveOptions(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigurationError);
    const { message } = thrown as Error;
    expect(message).toContain(text);
    expect(message).not.toContain(TOKEN);
  });

  it('may have a public URL with an underscore where Twilio is to report elsewhere, or nowhere', () => {
    const publicUrl = 'https://my_bot.example.org';
    for (const statusCallback of [false, 'https://bot.example.org/a_b'] as const) {
      expect(resolveOptions({ ...good, publicUrl, statusCallback })).toMatchObject({ publicUrl });
    }
  });

  it.each<[string, unknown]>([
    ['must hold account_sid', null],
    ['must hold account_sid', 'AC1'],
    ['accountSid (account_sid)', {}],
  ])('of credentials say what is missing: %s', (text, credentials) => {
    expect(() => SmsInput.fromCredentials(credentials)).toThrow(text);
  });

  it('may hold several accounts, each with a sender of its own', () => {
    const second = { ...good, twilioNumber: OTHER_NUMBER, messagingServiceSid: SERVICE };
    expect(resolveOptions({ accounts: [good as never, second as never] }).accounts).toHaveLength(2);
    expect(() => resolveOptions({ accounts: [] })).toThrow('accounts must be a list');
    expect(() => resolveOptions({ accounts: [good as never, good as never] })).toThrow(
      'accounts[1]',
    );
    const wrong = { ...good, authToken: '' };
    expect(() => resolveOptions({ accounts: [good as never, wrong as never] })).toThrow(
      'accounts[1].authToken',
    );
  });
});
