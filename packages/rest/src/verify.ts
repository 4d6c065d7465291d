import type { IncomingHttpHeaders } from 'node:http';
import { isKnownToken, UnauthenticatedError, verifySubject } from '@trunkline/core';
import type { ResolvedRestOptions } from './credentials.ts';

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
  if (auth.type === 'jwt') return await verifySubject(channel, token, auth);
  if (!isKnownToken(token, auth.tokens))
    throw new UnauthenticatedError('the token is wrong', { channel });
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
