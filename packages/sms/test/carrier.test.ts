import { describe, expect, it } from 'vitest';
import { Accounts } from '../src/accounts.ts';
import { RestCarrier, type FindOptions, type RestCarrierOptions } from '../src/carrier.ts';
import { resolveOptions } from '../src/credentials.ts';
import { ACCOUNT, OUR_NUMBER, PHONE, TOKEN } from './support/twilio.ts';

const options = { accountSid: ACCOUNT, authToken: TOKEN, twilioNumber: OUR_NUMBER };
const accounts = new Accounts(resolveOptions(options).accounts, 'sms');
const destination = { sender: accounts.sender(null, PHONE), to: PHONE };
const SINCE = Date.UTC(2026, 10, 27);

describe('a message that is looked for', () => {
  const logged = [
    { sid: 'SM3', body: 'Hi', dateCreated: new Date(SINCE + 2_000) },
    { sid: 'SM2', body: null, dateCreated: null },
    { sid: 'SM1', body: 'Hi', dateCreated: new Date(SINCE - 60_000) },
  ].map((message) => ({ ...message, status: 'sent', from: OUR_NUMBER }));
  // What has just begun has sent nothing, and knows of no message whose it is.
  const carrier = new RestCarrier({
    channel: 'sms',
    accounts,
    messages: { search: async () => logged },
    searchUnknown: true,
  } as unknown as RestCarrierOptions);
  const find = async (body: string | undefined, known: string[] = []): Promise<unknown> => {
    const among: FindOptions = { key: 'k', since: SINCE, known: new Set(known) };
    const receipt = await carrier.find(destination, body === undefined ? {} : { body }, among);
    return receipt?.['sid'] ?? null;
  };

  it('is one of its text, or of none, since its turn was taken over', async () => {
    expect(await find('Hi')).toBe('SM3');
    expect(await find(undefined)).toBe('SM2');
    expect(await find('Hello')).toBeNull();
  });

  it('is none whose receipt the turn has, from whatever process', async () => {
    expect(await find('Hi', ['SM3'])).toBeNull();
  });
});
