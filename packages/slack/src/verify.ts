import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { UnauthenticatedError } from '@trunkline/core';

/** How far Slack's clock may be from ours, in either direction, in seconds. */
export const MAX_SKEW_S = 300;

/** What a request's signature is checked with. */
export interface VerifyOptions {
  /** The channel's name, for errors. */
  channel: string;
  /** The signing secret, and the one before it while it is being replaced. */
  secrets: readonly string[];
  /** Milliseconds since 1970. */
  nowMs: number;
}

/**
 * Whether a request is signed by Slack, over the bytes as they came.
 *
 * @see Slack: Verifying requests from Slack
 * @throws UnauthenticatedError - with one text for every reason, which tells a forger nothing.
 */
export function verifyRequest(
  headers: IncomingHttpHeaders,
  body: Buffer,
  { channel, secrets, nowMs }: VerifyOptions,
): void {
  const timestamp = headers['x-slack-request-timestamp'];
  const signature = headers['x-slack-signature'];
  const isGood =
    typeof timestamp === 'string' &&
    typeof signature === 'string' &&
    isRecent(timestamp, nowMs) &&
    isSignedByOne(secrets, timestamp, signature, body);
  if (!isGood) throw new UnauthenticatedError('the request is not signed by Slack', { channel });
}

/** The signature of a body: `v0=` and 64 hexadecimal digits. */
export function signatureOf(secret: string, timestamp: string, body: Buffer | string): string {
  const hmac = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body);
  return `v0=${hmac.digest('hex')}`;
}

function isRecent(timestamp: string, nowMs: number): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  return Math.abs(nowMs / 1000 - Number(timestamp)) <= MAX_SKEW_S;
}

function isSignedByOne(
  secrets: readonly string[],
  timestamp: string,
  signature: string,
  body: Buffer,
): boolean {
  const given = Buffer.from(signature);
  // Every secret is tried, so that the time tells nothing about them.
  const matches = secrets.filter((secret) => {
    const expected = Buffer.from(signatureOf(secret, timestamp, body));
    // Unequal lengths would throw.
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  return matches.length > 0;
}
