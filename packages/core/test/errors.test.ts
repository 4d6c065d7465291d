import {
  ConfigurationError,
  DeliveryError,
  MalformedPayloadError,
  OverloadedError,
  RetryableError,
  TrunklineError,
  TurnAbortedError,
  UnauthenticatedError,
} from '@trunkline/core';
import { describe, expect, it } from 'vitest';

describe('the errors', () => {
  it('are one family, with a name and a stable code each', () => {
    const errors = [
      new ConfigurationError('m'),
      new UnauthenticatedError('m'),
      new MalformedPayloadError('m'),
      new DeliveryError('m'),
      new OverloadedError('m', { code: 'queue_full', retryAfterMs: 1 }),
      new RetryableError('m'),
      new TurnAbortedError('cancelled'),
    ];
    expect(errors.every((error) => error instanceof TrunklineError)).toBe(true);
    expect(errors.map(({ name, code }) => [name, code])).toEqual([
      ['ConfigurationError', 'configuration'],
      ['UnauthenticatedError', 'unauthenticated'],
      ['MalformedPayloadError', 'malformed_payload'],
      ['DeliveryError', 'delivery'],
      ['OverloadedError', 'queue_full'],
      ['RetryableError', 'retryable'],
      ['TurnAbortedError', 'turn_cancelled'],
    ]);
  });

  it('begin with the channel that they concern', () => {
    const cause = new Error('why');
    const error = new DeliveryError('refused', { channel: 'slack', cause, platformCode: 'x' });
    expect(error).toMatchObject({
      message: '[slack] refused',
      channel: 'slack',
      platformCode: 'x',
      retryable: false,
      retryAfterMs: null,
    });
    expect(error.cause).toBe(cause);
    expect('cause' in new DeliveryError('refused')).toBe(false);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, null, undefined])(
    'know of no time to wait where it is %s',
    (retryAfterMs) => {
      // `Number('Wed, 21 Oct 2026 …')` had a send repeated without a pause.
      const known = retryAfterMs === undefined ? {} : { retryAfterMs };
      expect(new DeliveryError('m', known).retryAfterMs).toBeNull();
      const given = typeof retryAfterMs === 'number' ? { retryAfterMs } : {};
      expect(new RetryableError('m', given).retryAfterMs).toBeNull();
      expect(new DeliveryError('m', { retryAfterMs: 5 }).retryAfterMs).toBe(5);
    },
  );

  it('carry the status that they are answered with', () => {
    expect(new UnauthenticatedError('m').status).toBe(401);
    expect(new UnauthenticatedError('m', { status: 403 }).status).toBe(403);
    expect(new MalformedPayloadError('m').status).toBe(400);
    expect(new OverloadedError('m', { code: 'queue_full', retryAfterMs: 1 }).status).toBe(429);
    expect(new OverloadedError('m', { code: 'shutting_down', retryAfterMs: 1 }).status).toBe(503);
  });
});
