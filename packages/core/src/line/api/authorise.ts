import type { IncomingMessage } from 'node:http';
import { UnauthenticatedError } from '../../errors.ts';
import { isKnownToken, verifyJwt } from '../../http/jwt.ts';
import { queryOf } from '../../http/path.ts';
import { isJsonObject } from '../../message/json.ts';
import type { ResolvedApi } from './options.ts';

/**
 * Whether the caller may do something in a conversation.
 *
 * @see Rasa's `requires_auth`
 * @throws UnauthenticatedError - 401 for nobody in particular, 403 for somebody who may not.
 */
export async function authorise(
  req: IncomingMessage,
  { tokens, jwt }: ResolvedApi,
  conversationId: string,
): Promise<void> {
  const bearer = /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
  const given = [queryOf(req).get('token'), bearer].filter((token) => typeof token === 'string');
  if (given.some((token) => isKnownToken(token, tokens))) return;
  if (jwt === null || bearer === undefined) {
    const what = given.length > 0 ? 'the token is wrong' : 'send "Authorization: Bearer <token>"';
    throw new UnauthenticatedError(what);
  }
  const { user } = await verifyJwt(null, bearer, jwt);
  if (mayAct(user, conversationId)) return;
  throw new UnauthenticatedError('the token is not for this conversation', {
    status: 403,
    code: 'insufficient_permissions',
  });
}

function mayAct(user: unknown, conversationId: string): boolean {
  if (!isJsonObject(user)) return false;
  if (user['role'] === 'admin') return true;
  return user['role'] === 'user' && user['username'] === conversationId;
}
