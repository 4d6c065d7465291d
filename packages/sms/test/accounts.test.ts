import { describe, expect, it } from 'vitest';
import { Accounts, asChannelOf, samePhone, senderKey } from '../src/accounts.ts';
import { addressOf, destinationOf } from '../src/address.ts';
import type { ResolvedSmsAccount } from '../src/credentials.ts';
import { ACCOUNT, OTHER_NUMBER, OUR_NUMBER, PHONE, SERVICE } from './support/twilio.ts';

const OTHER_ACCOUNT = `AC${'b'.repeat(32)}`;
const entry = (changes: Partial<ResolvedSmsAccount> = {}): ResolvedSmsAccount => ({
  accountSid: ACCOUNT,
  authTokens: ['old', 'new'],
  number: OUR_NUMBER,
  service: null,
  ...changes,
});
const accounts = new Accounts(
  [
    entry(),
    entry({ number: OTHER_NUMBER, service: SERVICE }),
    entry({ accountSid: OTHER_ACCOUNT, authTokens: ['theirs'], number: '+15559990000' }),
  ],
  'sms',
);

describe('whom a message was sent to', () => {
  it.each([
    ['the number', OUR_NUMBER, null, null],
    ['the number on WhatsApp', `whatsapp:${OUR_NUMBER}`, null, null],
    ['the number of a service', OTHER_NUMBER, null, SERVICE],
    ['another number of the service', '+15553330000', SERVICE, SERVICE],
    ['a number that nobody has named', '+15554440000', null, null],
  ])('is %s', (_, to, service, expected) => {
    const sender = accounts.receiver(ACCOUNT, to, service);
    expect([sender.account.accountSid, sender.from, sender.service]).toEqual([
      ACCOUNT,
      to,
      expected,
    ]);
  });

  it('is of the account that Twilio names (trap 8)', () => {
    expect(accounts.receiver(OTHER_ACCOUNT, OUR_NUMBER, null).account.accountSid).toBe(
      OTHER_ACCOUNT,
    );
    expect(accounts.tokensOf(OTHER_ACCOUNT)).toEqual(['theirs']);
    expect(accounts.tokensOf(`AC${'c'.repeat(32)}`)).toEqual([]);
    expect(accounts.tokensOf(null)).toEqual(['old', 'new', 'theirs']);
  });

  // The story: an account had a number beside its Messaging Service that no entry named. Its messages were
  // answered by the number and the service, and Twilio refused all of them (21712): it is not in the pool.
  it('is in no service that Twilio does not name, unless an entry says so', () => {
    const pool = new Accounts([entry({ number: null, service: SERVICE })], 'sms');
    expect(pool.receiver(ACCOUNT, OTHER_NUMBER, SERVICE).service).toBe(SERVICE);
    expect(pool.receiver(ACCOUNT, '+15554440000', null)).toMatchObject({
      from: '+15554440000',
      service: null,
    });
    expect(pool.receiver(ACCOUNT, null, null).service).toBe(SERVICE);
    // Where Twilio does not say who has sent, it was the entry that lets Twilio pick.
    const both = new Accounts([entry(), entry({ number: null, service: SERVICE })], 'sms');
    expect(both.receiver(ACCOUNT, null, null).service).toBe(SERVICE);
  });

  it('has conversations by number, or by service', () => {
    const key = (to: string, service: string | null = null): string =>
      senderKey(accounts.receiver(ACCOUNT, to, service));
    expect(key(OUR_NUMBER)).toBe(`${ACCOUNT}/${OUR_NUMBER}`);
    expect(key(OTHER_NUMBER)).toBe(`${ACCOUNT}/${SERVICE}`);
    expect(key('+15553330000', SERVICE)).toBe(`${ACCOUNT}/${SERVICE}`);
  });
});

describe('an address', () => {
  it('leads back to where it came from', () => {
    const sender = accounts.receiver(ACCOUNT, '+15553330000', SERVICE);
    const destination = { sender, to: PHONE };
    const address = addressOf(destination);
    expect(JSON.parse(JSON.stringify(address))).toEqual(address);
    expect(destinationOf('sms', accounts, address)).toMatchObject({
      to: PHONE,
      sender: { from: '+15553330000', service: SERVICE },
    });
  });

  it('needs no more than whom to write to', () => {
    const { sender } = destinationOf('sms', accounts, { to: PHONE });
    expect([sender.from, sender.service]).toEqual([OUR_NUMBER, null]);
    expect(destinationOf('sms', accounts, { to: `whatsapp:${PHONE}` }).sender.from).toBe(
      `whatsapp:${OUR_NUMBER}`,
    );
  });

  it.each<[object, string]>([
    [{}, 'must name whom to write to'],
    [{ to: '' }, 'must name whom to write to'],
    [{ to: PHONE, account: 'AC9' }, 'an account that is not in the options'],
  ])('%j is none', (address, text) => {
    expect(() => destinationOf('sms', accounts, address as never)).toThrow(text);
  });
});

describe('a name that is no phone number (trap 22)', () => {
  it.each(['whatsapp:US.ABC123', 'rcs:pizza', 'PIZZA', 'whatsapp:US.(555) 123'])(
    '%s stays as it is',
    (name) => {
      expect(samePhone(name)).toBe(name);
      expect(asChannelOf('whatsapp:+15557654321', name)).toBe(name);
      expect(asChannelOf(PHONE, name)).toBe(name);
    },
  );
});
