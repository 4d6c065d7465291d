import { createPrivateKey } from 'node:crypto';
import type { ResolvedRasaOptions } from './options.ts';

/** How long a token of ours is good for: it is made anew for each request. */
const LIFETIME = '5 minutes';

/** What a request to Rasa's API carries to be let in. Rasa's channels ask for nothing. */
export interface Credentials {
  /** Added to the query. */
  query: Record<string, string>;
  /** Added to the headers. */
  headers: Record<string, string>;
}

/** The credentials of a request. @see Rasa: HTTP API, "Security considerations" */
export async function credentialsFor(
  options: Pick<ResolvedRasaOptions, 'token' | 'jwt'>,
): Promise<Credentials> {
  const { token, jwt } = options;
  const query: Record<string, string> = token === null ? {} : { token };
  if (jwt === null) return { query, headers: {} };
  const { SignJWT } = await import('jose');
  const { key, algorithm } = jwt;
  const secret = algorithm.startsWith('HS') ? new TextEncoder().encode(key) : createPrivateKey(key);
  // A `user` may see its own conversation only; an `admin` all of them.
  const signed = await new SignJWT({ user: { username: 'trunkline', role: 'admin' } })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .setExpirationTime(LIFETIME)
    .sign(secret);
  return { query, headers: { authorization: `Bearer ${signed}` } };
}
