import { isKnownToken, resolveJwt, resolveTokens, verifySubject } from '@trunkline/core';
import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';

const SECRET = 'a secret that is long enough for HS256';
const bytes = new TextEncoder().encode(SECRET);
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = ec.publicKey.export({ type: 'spki', format: 'pem' }) as string;

function fail(message: string): never {
  throw new Error(message);
}

describe('tokens that both sides know', () => {
  it('are one or several', () => {
    expect(resolveTokens('a', 'token', fail)).toEqual(['a']);
    expect(resolveTokens(['a', 'b'], 'token', fail)).toEqual(['a', 'b']);
    for (const token of ['', [], ['a', ''], 7, null, undefined, 'a b', [['a']]]) {
      expect(() => resolveTokens(token, 'auth.token', fail)).toThrow('auth.token must be a token');
    }
  });

  it('are compared whatever their length', () => {
    expect(isKnownToken('b', ['a', 'b'])).toBe(true);
    for (const [token, known] of [
      ['b', []],
      ['', ['a']],
      ['aa', ['a']],
    ] as const) {
      expect(isKnownToken(token, known)).toBe(false);
    }
  });
});

describe('resolveJwt', () => {
  it('takes a secret by default, and a public key for its algorithms', () => {
    expect(resolveJwt({ key: SECRET }, '', fail)).toEqual({ key: bytes, algorithms: ['HS256'] });
    const { key } = resolveJwt({ key: pem, algorithms: ['ES256'] }, '', fail);
    expect(key).toMatchObject({ type: 'public' });
    expect(resolveJwt({ key: ec.publicKey, algorithms: ['ES256'] }, '', fail).key).toBe(
      ec.publicKey,
    );
  });

  it('says what is wrong, and never with the key', () => {
    const cases: [object, string][] = [
      [{}, 'x.key is missing'],
      [{ key: '' }, 'x.key is empty'],
      [{ key: pem }, 'x.key is a PEM key'],
      [{ key: SECRET, algorithms: ['ES256'] }, 'x.key must be a public key'],
      [{ key: SECRET, algorithms: ['none'] }, 'x.algorithms must be a list'],
      [{ key: SECRET, algorithms: 'HS256' }, 'x.algorithms must be a list'],
      [{ key: pem, algorithms: ['HS256', 'ES256'] }, 'x.algorithms must be all'],
    ];
    for (const [options, message] of cases) {
      const resolve = () => resolveJwt(options as { key: string }, 'x.', fail);
      expect(resolve).toThrow(message);
      expect(resolve).not.toThrow(SECRET);
    }
  });
});

describe('verifySubject', () => {
  const jwt = resolveJwt({ key: SECRET, issuer: 'i', audience: 'a' }, '', fail);
  const sign = (claims: object, key: Uint8Array = bytes): Promise<string> =>
    new SignJWT({ iss: 'i', aud: 'a', ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(key);

  it('gives whom a token is of', async () => {
    expect(await verifySubject(null, await sign({ sub: 'ada' }), jwt)).toBe('ada');
  });

  it('refuses every other one', async () => {
    for (const token of [
      'none',
      await sign({}),
      await sign({ sub: '' }),
      await sign({ sub: 'ada', iss: 'other' }),
      await sign({ sub: 'ada', aud: 'other' }),
      await sign({ sub: 'ada', exp: 1 }),
      await sign({ sub: 'ada' }, new TextEncoder().encode(`${SECRET}!`)),
    ]) {
      await expect(verifySubject('rest', token, jwt)).rejects.toMatchObject({
        status: 401,
        channel: 'rest',
      });
    }
  });
});
