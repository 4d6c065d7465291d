import { createHash, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { UnauthenticatedError } from '../errors.ts';
import { checkAlgorithms, resolveKey } from './jwt-key.ts';

/** How JSON Web Tokens are verified. */
export interface JwtOptions {
  /** The secret (HS…), or the public key as PEM, JWK or key object (RS…, PS…, ES…, EdDSA). */
  key: string | Uint8Array | KeyObject | CryptoKey | JWK;
  /** The algorithms that are accepted. @defaultValue `['HS256']` */
  algorithms?: readonly string[];
  /** The issuer (`iss`) that is asked for. @defaultValue any */
  issuer?: string;
  /** The audience (`aud`) that is asked for. @defaultValue any */
  audience?: string;
}

/** JWT checks with their defaults. */
export interface ResolvedJwt extends Omit<JwtOptions, 'key'> {
  /** The key, never a text. */
  key: Uint8Array | KeyObject | CryptoKey | JWK;
  /** The algorithms that are accepted. */
  algorithms: readonly string[];
}

/**
 * Checks how tokens are verified. Which keys there are besides is the caller's to check.
 *
 * @param options - The options.
 * @param lead - What their names begin with in errors: `auth.`, say.
 * @param fail - Throws, told what is wrong.
 */
export function resolveJwt(
  options: JwtOptions,
  lead: string,
  fail: (message: string) => never,
): ResolvedJwt {
  const algorithms: unknown = options.algorithms ?? ['HS256'];
  if (!areAlgorithms(algorithms)) {
    return fail(`${lead}algorithms must be a list of names such as ["RS256"], and not "none"`);
  }
  checkAlgorithms(algorithms, lead, fail);
  return { ...options, algorithms, key: resolveKey(options.key, algorithms, lead, fail) };
}

/**
 * What a token says. `jose` is loaded with the first one.
 *
 * @throws UnauthenticatedError - it does not verify, or its time is over.
 */
export async function verifyJwt(
  channel: string | null,
  token: string,
  { key, algorithms, issuer, audience }: ResolvedJwt,
): Promise<JWTPayload> {
  const { jwtVerify } = await import('jose');
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [...algorithms],
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    });
    return payload;
  } catch (cause) {
    const detail = 'the token does not verify, or has expired';
    throw new UnauthenticatedError(detail, { channel, cause });
  }
}

/**
 * Whom a token is of: its subject.
 *
 * @throws UnauthenticatedError - it does not verify, its time is over, or it has no subject.
 */
export async function verifySubject(
  channel: string | null,
  token: string,
  jwt: ResolvedJwt,
): Promise<string> {
  const { sub } = await verifyJwt(channel, token, jwt);
  if (typeof sub === 'string' && sub !== '') return sub;
  throw new UnauthenticatedError('the token has no subject (sub)', { channel });
}

/** Whether a token is one of those that are known. In constant time, whatever the lengths. */
export function isKnownToken(token: string, known: readonly string[]): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const given = digest(token);
  // Every token is compared, so that the time tells nothing about them.
  return known.filter((each) => timingSafeEqual(given, digest(each))).length > 0;
}

/** Tokens that both sides know, as a list. */
export function resolveTokens(
  token: unknown,
  name: string,
  fail: (message: string) => never,
): readonly string[] {
  const tokens: unknown[] = [token].flat();
  // With a space in it, it could not be sent in a header.
  const isToken = (each: unknown): each is string =>
    typeof each === 'string' && /^[^\s]+$/.test(each);
  if (tokens.length > 0 && tokens.every(isToken)) return tokens;
  return fail(`${name} must be a token, not empty and without spaces, or a list of such tokens`);
}

function areAlgorithms(names: unknown): names is readonly string[] {
  if (!Array.isArray(names) || names.length === 0) return false;
  return names.every((name) => typeof name === 'string' && name !== 'none');
}
