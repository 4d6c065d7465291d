import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { RasaJwt, ResolvedRasaOptions } from './options.ts';

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

/** The curves of the algorithms that have one. @see RFC 7518, section 3.4 */
const CURVES: Readonly<Record<string, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};

/** Checks the option `jwt`: with a key that does not fit, each request to the API would fail. */
export function jwtOf(
  jwt: RasaJwt | undefined,
  fail: (message: string) => never,
): Required<RasaJwt> | null {
  if (jwt === undefined) return null;
  const { key, algorithm = 'HS256' } = Object(jwt) as Partial<RasaJwt>;
  if (typeof key !== 'string' || key === '')
    return fail('jwt.key must be a text that is not empty');
  if (typeof algorithm !== 'string' || !/^(?:HS|RS|PS|ES)(?:256|384|512)$/.test(algorithm)) {
    return fail('jwt.algorithm must be a name such as "HS256" or "RS256"');
  }
  if (!algorithm.startsWith('HS')) assertFits(key, algorithm, fail);
  else if (key.includes('-----BEGIN'))
    fail('jwt.key is a PEM key: name its algorithm, "RS256" say');
  return { key, algorithm };
}

function assertFits(pem: string, algorithm: string, fail: (message: string) => never): void {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return fail(`jwt.key must be a private key in PEM form for ${algorithm}`);
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  const fits =
    type === 'ec' ? details.namedCurve === CURVES[algorithm] : type === 'rsa' && !CURVES[algorithm];
  if (!fits) fail(`jwt.key is no key for ${algorithm}`);
  if ((details.modulusLength ?? 2048) < 2048) fail('jwt.key has fewer than 2048 bits');
}
