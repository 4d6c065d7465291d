import type { IncomingMessage } from 'node:http';
import { isKnownToken, queryOf, UnauthenticatedError } from '@trunkline/core';

/**
 * Whether a request is from Rasa: it shows the secret as `?token=`, as the `token` of an endpoint in
 * Rasa's credentials does, or as a bearer token.
 *
 * @throws UnauthenticatedError - it is not.
 */
export function verifyRasa(
  channel: string,
  req: IncomingMessage,
  secrets: readonly string[],
): void {
  const bearer = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
  const shown = bearer ?? queryOf(req).get('token');
  if (shown === null) {
    const detail = 'send the secret as "?token=" or as "Authorization: Bearer": name it as token';
    throw new UnauthenticatedError(detail, { channel });
  }
  if (!isKnownToken(shown, secrets)) {
    throw new UnauthenticatedError('the secret is wrong', { channel });
  }
}
