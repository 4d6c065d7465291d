import { verifySlackRequest } from '@slack/bolt';
import { UnauthenticatedError } from '@trunkline/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signatureOf, verifyRequest } from '../src/verify.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const BODY =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
const SIGNATURE = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
const TIME = '1531420618';

function check(
  headers: Record<string, string | undefined>,
  { body = BODY, secrets = [SECRET], nowMs = Number(TIME) * 1000 } = {},
): void {
  const { timestamp = TIME, signature = SIGNATURE } = headers;
  verifyRequest(
    { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature },
    Buffer.from(body),
    { channel: 'slack', secrets, nowMs },
  );
}

describe('the signature of a request', () => {
  it('is that of Slack’s own example', () => {
    expect(signatureOf(SECRET, TIME, BODY)).toBe(SIGNATURE);
    expect(() => check({})).not.toThrow();
  });

  it('is that of Rasa’s test', () => {
    expect(signatureOf('foobar', '1604586653', '{"foo": "bar"}')).toBe(
      'v0=80a3bd62ce5af04d8d80781134f165df185b90342d467abf5c74a27d2d0dd1f5',
    );
  });

  it('is one that Bolt takes, for any body', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (secret, body) => {
        const timestamp = Math.floor(Date.now() / 1000);
        const signature = signatureOf(secret, String(timestamp), body);
        verifySlackRequest({
          signingSecret: secret,
          body,
          headers: { 'x-slack-signature': signature, 'x-slack-request-timestamp': timestamp },
        });
      }),
    );
  });

  it('is taken with any of several secrets, while one is being replaced', () => {
    expect(() => check({}, { secrets: ['new', SECRET] })).not.toThrow();
    expect(() => check({}, { secrets: ['new', 'other'] })).toThrow(UnauthenticatedError);
  });

  it('is over the bytes as they came (trap 10)', () => {
    const body = '{"text":"h\\u00e9", "a" : 1}';
    const signature = signatureOf(SECRET, TIME, body);
    expect(() => check({ signature }, { body })).not.toThrow();
    const again = JSON.stringify(JSON.parse(body));
    expect(() => check({ signature }, { body: again })).toThrow(UnauthenticatedError);
  });

  it('is refused, and not an error of ours, whatever its length (trap 11)', () => {
    for (const signature of [
      '',
      'v0=',
      SIGNATURE.slice(0, -1),
      `${SIGNATURE}0`,
      'v0=é',
      '\u0000',
    ]) {
      expect(() => check({ signature })).toThrow(UnauthenticatedError);
    }
  });

  it('is refused when the time is too far from ours, on both sides', () => {
    const at = (seconds: number) => () => check({}, { nowMs: (Number(TIME) + seconds) * 1000 });
    expect(at(300)).not.toThrow();
    expect(at(-300)).not.toThrow();
    expect(at(301)).toThrow(UnauthenticatedError);
    expect(at(-301)).toThrow(UnauthenticatedError);
  });

  it('is refused when the time is none', () => {
    for (const timestamp of ['foobar', '', '1e9', ' 1531420618', '0x5b47a0ca', 'NaN', '-1']) {
      const signature = signatureOf(SECRET, timestamp, BODY);
      expect(() => check({ timestamp, signature })).toThrow(UnauthenticatedError);
    }
  });

  it('says the same, whatever is wrong', () => {
    const messages = [{ signature: 'v0=1' }, { timestamp: '1' }].map((headers) => {
      try {
        check(headers);
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing';
    });
    expect(new Set(messages)).toEqual(new Set(['[slack] the request is not signed by Slack']));
  });
});
