import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { types } from 'node:util';
import type { CryptoKey } from 'jose';
import { isJsonObject } from '../message/json.ts';
import { didYouMean } from '../names.ts';
import type { JwtOptions, ResolvedJwt } from './jwt.ts';

/**
 * What a key must be for an algorithm.
 *
 * @see RFC 7518, section 3.1, and RFC 8037
 */
const KINDS: Readonly<Record<string, string>> = {
  HS256: 'secret',
  HS384: 'secret',
  HS512: 'secret',
  RS256: 'rsa',
  RS384: 'rsa',
  RS512: 'rsa',
  PS256: 'rsa',
  PS384: 'rsa',
  PS512: 'rsa',
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
  EdDSA: 'ed25519',
  Ed25519: 'ed25519',
};

/** What Web Crypto calls the algorithms that begin so. */
const WEB_NAMES: Readonly<Record<string, string>> = {
  HS: 'HMAC',
  RS: 'RSASSA-PKCS1-v1_5',
  PS: 'RSA-PSS',
  ES: 'ECDSA',
  Ed: 'Ed25519',
};

/** What OpenSSL, and so Node, calls Web Crypto's curves. */
const CURVES: Readonly<Record<string, string>> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
};

/** The least that RS… and PS… are verified with. @see RFC 7518, section 3.3 */
const RSA_BITS = 2048;

type Fail = (message: string) => never;

/** Checks names of algorithms. `lead` is what the options begin with in errors. */
export function checkAlgorithms(names: readonly string[], lead: string, fail: Fail): void {
  const known = Object.keys(KINDS);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const hint = didYouMean(unknown, known) || `: there are ${known.join(', ')}`;
  fail(`${lead}algorithms has "${unknown}"${hint}`);
}

/**
 * Makes a key of what is given as one, and checks that tokens can be verified with it: with another one
 * every token would be refused, as if its user had done something wrong.
 */
export function resolveKey(
  key: JwtOptions['key'],
  algorithms: readonly string[],
  lead: string,
  fail: Fail,
): ResolvedJwt['key'] {
  const given: unknown = typeof key === 'string' ? ofText(key, algorithms, lead, fail) : key;
  if (given === undefined || given === null) return fail(`${lead}key is missing`);
  if (given instanceof Uint8Array) {
    assertFits(traitsOf(createSecretKey(given)), algorithms, lead, fail);
    return given;
  }
  if (types.isCryptoKey(given)) {
    assertFits(webTraitsOf(given), algorithms, lead, fail);
    assertBound(given, algorithms, lead, fail);
    return given;
  }
  const resolved = types.isKeyObject(given) ? publicHalf(given) : ofJwk(given, lead, fail);
  assertFits(traitsOf(resolved), algorithms, lead, fail);
  return resolved;
}

function ofText(
  key: string,
  algorithms: readonly string[],
  lead: string,
  fail: Fail,
): Uint8Array | KeyObject {
  const areSecrets = algorithms.every((name) => name.startsWith('HS'));
  if (!areSecrets && algorithms.some((name) => name.startsWith('HS'))) {
    // With both, a public key could be used as the secret of a forged token.
    return fail(`${lead}algorithms must be all secret (HS…) or all public-key algorithms`);
  }
  if (areSecrets && key.includes('-----BEGIN')) {
    // As a secret, a key that everybody may know would let everybody make tokens.
    return fail(`${lead}key is a PEM key: name its algorithms in ${lead}algorithms, ["RS256"] say`);
  }
  if (areSecrets) return new TextEncoder().encode(key);
  try {
    return createPublicKey(key);
  } catch {
    return key === ''
      ? fail(`${lead}key is empty`)
      : fail(`${lead}key must be a public key in PEM form for ${algorithms.join(', ')}`);
  }
}

function ofJwk(jwk: unknown, lead: string, fail: Fail): KeyObject {
  if (!isJsonObject(jwk)) return fail(`${lead}key must be a text, bytes, a JWK or a key object`);
  try {
    const { kty, k } = jwk;
    if (kty === 'oct' && typeof k === 'string') return createSecretKey(k, 'base64url');
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return fail(`${lead}key is no JWK: it lacks something, or has it in another form`);
  }
}

function publicHalf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key;
}

/** What has to fit: one of `KINDS`, and the bits of an RSA key. */
interface Traits {
  kind: string | undefined;
  bits?: number | undefined;
  isEmpty?: boolean;
}

function traitsOf(key: KeyObject): Traits {
  if (key.type === 'secret') return { kind: 'secret', isEmpty: key.symmetricKeySize === 0 };
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  return { kind: type === 'ec' ? details.namedCurve : type, bits: details.modulusLength };
}

/** The same of a key of Web Crypto: Node deprecates making a `KeyObject` of one that is not extractable. */
function webTraitsOf({ type, algorithm }: CryptoKey): Traits {
  const about = algorithm as { name: string; namedCurve?: string; modulusLength?: number };
  if (type === 'secret') return { kind: 'secret' };
  if (about.namedCurve !== undefined) return { kind: CURVES[about.namedCurve] };
  const bits = about.modulusLength;
  return { kind: bits === undefined ? about.name.toLowerCase() : 'rsa', bits };
}

function assertFits(
  { kind, bits, isEmpty = false }: Traits,
  algorithms: readonly string[],
  lead: string,
  fail: Fail,
): void {
  if (isEmpty) fail(`${lead}key is empty`);
  if (!algorithms.some((name) => KINDS[name] === kind)) {
    fail(`${lead}key is no key for ${algorithms.join(', ')}`);
  }
  if (bits !== undefined && bits < RSA_BITS) fail(`${lead}key has fewer than ${RSA_BITS} bits`);
}

/** A key of Web Crypto is bound to one algorithm and hash when it is made, and to what it may be used for. */
function assertBound(
  { algorithm, type, usages }: CryptoKey,
  algorithms: readonly string[],
  lead: string,
  fail: Fail,
): void {
  // Of the kinds that are left here, elliptic curves have no hash.
  const { name, hash } = algorithm as { name: string; hash?: { name: string } };
  const isFor = (each: string): boolean =>
    WEB_NAMES[each.slice(0, 2)] === name &&
    (hash === undefined || hash.name === `SHA-${each.slice(2)}`);
  if (!algorithms.some(isFor)) {
    const own = hash === undefined ? name : `${name} with ${hash.name}`;
    fail(`${lead}key is no key for ${algorithms.join(', ')}: it was made for ${own}`);
  }
  if (type === 'private') fail(`${lead}key is a private key: give its public one`);
  if (!usages.includes('verify')) fail(`${lead}key was not made to verify: its usages lack it`);
}
