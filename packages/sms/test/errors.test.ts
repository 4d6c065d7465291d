import { DeliveryError } from '@trunkline/core';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  deliveryError,
  isMediaRefusal,
  meaningOf,
  networkError,
  refusalOf,
} from '../src/errors.ts';

describe('refusalOf', () => {
  it.each([
    [400, 21211, { retryable: false, mayHaveArrived: false, platformCode: '21211' }],
    [400, 21610, { retryable: false, platformCode: '21610' }],
    [401, 20003, { retryable: false }],
    [400, 63016, { retryable: false }],
    [429, 20429, { retryable: true, mayHaveArrived: false }],
    [429, undefined, { retryable: true, mayHaveArrived: false, platformCode: null }],
    [400, 21611, { retryable: true, mayHaveArrived: false, retryAfterMs: 60_000 }],
    [400, 63038, { retryable: true, retryAfterMs: 3_600_000 }],
    [503, undefined, { retryable: true, mayHaveArrived: true }],
    [500, 20500, { retryable: true, mayHaveArrived: true }],
  ])('knows what HTTP %d with %s means', (status, code, expected) => {
    expect(refusalOf('sms', status, code)).toMatchObject({ ...expected, channel: 'sms' });
  });

  it.each([
    [63016, 'more than 24 hours after the user wrote, WhatsApp takes templates only'],
    [35114, 'sendAt is 5 minutes to 35 days ahead'],
    [21656, 'contentVariables'],
    [21610, 'only they can opt in again'],
    [30034, 'A2P 10DLC'],
    [21608, 'a trial account writes to verified numbers only'],
    [63007, 'check twilio_number'],
  ])('has advice for %d (traps 19, 20, 24, 25)', (code, advice) => {
    expect(refusalOf('sms', 400, code).message).toContain(advice);
    // Most of these come afterwards, with a status.
    expect(meaningOf(code)).toContain(advice);
  });

  it('says what to do', () => {
    expect(refusalOf('sms', 400, 21606).message).toBe(
      '[sms] Twilio did not take the message (error 21606, HTTP 400): the sender is not one of the account: check twilio_number and messagingServiceSid',
    );
    expect(meaningOf(99999)).toBe('see https://www.twilio.com/docs/api/errors/99999');
  });
});

describe('deliveryError (trap 4)', () => {
  it("takes over nothing of the SDK's but status and code", () => {
    const theirs = Object.assign(new Error("The 'To' number +15557654321 is not valid"), {
      status: 400,
      code: 21211,
      config: { headers: { Authorization: 'Basic c2VjcmV0' } },
    });
    const ours = deliveryError('sms', theirs);
    expect(ours).toMatchObject({ platformCode: '21211', retryable: false });
    expect(inspect(ours, { depth: 10, showHidden: true })).not.toMatch(/5557654321|c2VjcmV0/);
    const timeout = Object.assign(new Error('timeout of 1 ms'), theirs, { status: undefined });
    expect(inspect(deliveryError('sms', timeout), { depth: 10 })).not.toMatch(/c2VjcmV0/);
  });

  it('leaves ours as they are', () => {
    const ours = new DeliveryError('paced', { channel: 'sms' });
    expect(deliveryError('sms', ours)).toBe(ours);
  });
});

describe('networkError (trap 5)', () => {
  const failing = (code: string): Error => Object.assign(new Error(code), { code });

  it.each(['ECONNREFUSED', 'UND_ERR_CLOSED'])('%s never left', (code) => {
    expect(networkError('sms', failing(code))).toMatchObject({
      retryable: true,
      mayHaveArrived: false,
    });
  });

  it('keeps nothing of what the request was made with (trap 4)', () => {
    const config = { headers: { Authorization: 'Basic c2VjcmV0' } };
    const error = networkError('sms', Object.assign(failing('ECONNABORTED'), { config }));
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('c2VjcmV0');
  });

  it('is none where the request cannot be written at all', () => {
    const error = networkError('sms', failing('UND_ERR_INVALID_ARG'));
    expect(error).toMatchObject({ retryable: false, mayHaveArrived: false });
    expect(error.message).toContain('the credentials');
  });

  it.each(['ECONNRESET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_WHATEVER'])(
    '%s may have arrived',
    (code) => {
      expect(networkError('sms', failing(code))).toMatchObject({
        retryable: true,
        mayHaveArrived: true,
      });
    },
  );
});

it('a refusal of media is one in a second run of the turn, too', () => {
  const before = new DeliveryError('refused before', { code: 'failed_before' });
  expect(isMediaRefusal(before)).toBe(true);
  expect(isMediaRefusal(refusalOf('sms', 400, 21620))).toBe(true);
  expect(isMediaRefusal(refusalOf('sms', 400, 21211))).toBe(false);
});
