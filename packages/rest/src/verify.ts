import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { UnauthenticatedError } from '@trunkline/core';
import type { ResolvedJwtAuth, ResolvedRestOptions } from './credentials.ts';

/** Who the caller is: a subject that a token names, or nobody in particular. */
export type Subject = string | null;

/** Whether the caller may post. @throws UnauthenticatedError */
export async function verifyCaller(
  channel: string,
  headers: IncomingHttpHeaders,
  auth: ResolvedRestOptions['auth'],
): Promise<Subject> {
  if (auth.type === 'none') return null;
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new UnauthenticatedError('send the header "Authorization: Bearer <token>"', { channel });
  }
  if (auth.type === 'jwt') return await verifyJwt(channel, token, auth);
  // Every token is compared, so that the time tells nothing about them.
  const matches = auth.tokens.filter((expected) => isEqual(token, expected));
  if (matches.length === 0) throw new UnauthenticatedError('the token is wrong', { channel });
  return null;
}

/**
 * The sender that a message is from: the token's subject where there is one.
 *
 * @throws UnauthenticatedError - the caller names somebody else (403).
 */
export function bindSender(
  channel: string,
  subject: Subject,
  sender: string | null,
): string | null {
  if (subject === null || sender === subject) return sender;
  if (sender === null) return subject;
  throw new UnauthenticatedError('the token belongs to another sender than the one named', {
    channel,
    status: 403,
    code: 'wrong_sender',
  });
}

async function verifyJwt(channel: string, token: string, auth: ResolvedJwtAuth): Promise<string> {
  const { jwtVerify } = await import('jose');
  const { key, algorithms, issuer, audience } = auth;
  let subject: string | undefined;
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [...algorithms],
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    });
    subject = payload.sub;
  } catch (cause) {
    throw new UnauthenticatedError('the token does not verify, or has expired', { channel, cause });
  }
  if (typeof subject === 'string' && subject !== '') return subject;
  throw new UnauthenticatedError('the token has no subject (sub)', { channel });
}

/** In constant time, whatever the lengths. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
