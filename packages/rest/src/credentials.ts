import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { assertKnownOptions, ConfigurationError, isJsonObject } from '@trunkline/core';
import type { CryptoKey, JWK } from 'jose';

/** Who may post: whoever knows one of the tokens. */
export interface BearerAuth {
  /** Tokens that both sides know. */
  type: 'bearer';
  /** The token, or several while one is being replaced. */
  token: string | readonly string[];
}

/**
 * Who may post: whoever has a JSON Web Token that verifies. Its subject (`sub`) is the sender; a
 * body that names another one is refused.
 */
export interface JwtAuth {
  /** JSON Web Tokens. */
  type: 'jwt';
  /** The secret (HS…), or the public key as PEM, JWK or key object (RS…, PS…, ES…, EdDSA). */
  key: string | Uint8Array | KeyObject | CryptoKey | JWK;
  /** The algorithms that are accepted. @defaultValue `['HS256']` */
  algorithms?: readonly string[];
  /** The issuer (`iss`) that is asked for. @defaultValue any */
  issuer?: string;
  /** The audience (`aud`) that is asked for. @defaultValue any */
  audience?: string;
}

/** Options of a {@link RestInput}. */
export interface RestOptions {
  /** The channel's name and URL prefix. @defaultValue `rest` */
  name?: string;
  /**
   * Which web pages may post: none, those of a list of origins (`https://example.org`), or all.
   *
   * @defaultValue `false`
   */
  cors?: boolean | readonly string[];
  /** Who may post. @defaultValue everybody */
  auth?: BearerAuth | JwtAuth;
  /** Bytes of a request's body. @defaultValue 262,144 (256 kB) */
  bodyLimitBytes?: number;
  /**
   * How a failed turn is answered: as Rasa does, 200 with what was said before it failed, and the
   * header `X-Trunkline-Turn: failed`; or with 500 and a problem document.
   *
   * @defaultValue `rasa`
   */
  errors?: 'rasa' | 'problem';
}

/** The options with their defaults, checked. */
export interface ResolvedRestOptions extends Required<Omit<RestOptions, 'auth'>> {
  auth: { type: 'none' } | { type: 'bearer'; tokens: readonly string[] } | ResolvedJwtAuth;
}

/** JWT checks with their defaults. */
export interface ResolvedJwtAuth extends Omit<JwtAuth, 'key'> {
  key: Uint8Array | KeyObject | CryptoKey | JWK;
  algorithms: readonly string[];
}

const NAMES = ['name', 'cors', 'auth', 'bodyLimitBytes', 'errors'];
const BEARER_NAMES = ['type', 'token'];
const JWT_NAMES = ['type', 'key', 'algorithms', 'issuer', 'audience'];

/** Checks the options and fills in the defaults. @throws ConfigurationError */
export function resolveOptions(options: RestOptions = {}): ResolvedRestOptions {
  const { name = 'rest', cors = false, bodyLimitBytes = 256 * 1024, errors = 'rasa' } = options;
  const fail = (message: string): never => {
    throw new ConfigurationError(message, { channel: name });
  };
  assertKnownOptions(options, NAMES, { channel: name });
  if (typeof name !== 'string' || name === '') fail('name must be a text that is not empty');
  if (!Number.isInteger(bodyLimitBytes) || bodyLimitBytes < 1) {
    fail('bodyLimitBytes must be a whole number of at least 1');
  }
  if (errors !== 'rasa' && errors !== 'problem') fail('errors must be "rasa" or "problem"');
  if (typeof cors !== 'boolean' && !(Array.isArray(cors) && cors.every(isOrigin))) {
    fail('cors must be true, false or a list of origins such as "https://example.org"');
  }
  return { name, cors, bodyLimitBytes, errors, auth: resolveAuth(options.auth, name, fail) };
}

/** An origin is scheme, host and port; with a path or a slash at its end it would match nothing. */
function isOrigin(origin: unknown): boolean {
  return typeof origin === 'string' && URL.canParse(origin) && new URL(origin).origin === origin;
}

function resolveAuth(
  auth: RestOptions['auth'],
  channel: string,
  fail: (message: string) => never,
): ResolvedRestOptions['auth'] {
  if (auth === undefined) return { type: 'none' };
  // An empty section in a file is `null`, and must not open the channel to everybody.
  if (!isJsonObject(auth)) return fail('auth must hold type "bearer" or "jwt", or be left out');
  const names = auth.type === 'bearer' ? BEARER_NAMES : JWT_NAMES;
  assertKnownOptions(auth, names, { channel, within: 'auth' });
  if (auth.type === 'bearer') {
    const tokens = [auth.token].flat();
    if (tokens.length === 0 || tokens.some((token) => typeof token !== 'string' || token === '')) {
      return fail('auth.token must be a token that is not empty, or a list of such tokens');
    }
    return { type: 'bearer', tokens };
  }
  if (auth.type !== 'jwt') return fail('auth.type must be "bearer" or "jwt"');
  const algorithms = auth.algorithms ?? ['HS256'];
  if (!Array.isArray(algorithms) || algorithms.some((name) => typeof name !== 'string')) {
    return fail('auth.algorithms must be a list of names such as ["RS256"]');
  }
  if (algorithms.length === 0 || algorithms.some((name) => name === 'none')) {
    return fail('auth.algorithms must name at least one algorithm, and not "none"');
  }
  return { ...auth, algorithms, key: resolveKey(auth.key, algorithms, fail) };
}

function resolveKey(
  key: JwtAuth['key'],
  algorithms: readonly string[],
  fail: (message: string) => never,
): ResolvedJwtAuth['key'] {
  if (typeof key !== 'string') return isJsonObject(key) || key ? key : fail('auth.key is missing');
  const areSecrets = algorithms.every((name) => name.startsWith('HS'));
  if (!areSecrets && algorithms.some((name) => name.startsWith('HS'))) {
    // With both, a public key could be used as the secret of a forged token.
    return fail('auth.algorithms must be all secret (HS…) or all public-key algorithms');
  }
  if (key === '') return fail('auth.key is empty');
  if (areSecrets && key.includes('-----BEGIN')) {
    // As a secret, a key that everybody may know would let everybody make tokens.
    return fail('auth.key is a PEM key: name its algorithms in auth.algorithms, ["RS256"] say');
  }
  if (areSecrets) return new TextEncoder().encode(key);
  try {
    return createPublicKey(key);
  } catch {
    return fail(`auth.key must be a public key in PEM form for ${algorithms.join(', ')}`);
  }
}
