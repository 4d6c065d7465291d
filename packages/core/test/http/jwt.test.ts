import { isKnownToken, resolveJwt, resolveTokens, verifySubject } from '@trunkline/core';
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT, type CryptoKey } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

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

  // Such a line started, and answered every token 401, as if its users had done something wrong.
  it('refuses a key that no algorithm of the list can be checked with', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const jwk = rsa.publicKey.export({ format: 'jwk' });
    const pemOf = ({ publicKey }: typeof rsa): unknown =>
      publicKey.export({ type: 'spki', format: 'pem' });
    const cases: [object, string][] = [
      [{ key: pem, algorithms: ['RS256'] }, 'x.key is no key for RS256'],
      [{ key: pem, algorithms: ['ES384', 'RS256'] }, 'x.key is no key for ES384, RS256'],
      [{ key: pemOf(rsa), algorithms: ['ES256'] }, 'x.key is no key for ES256'],
      [{ key: pemOf(weak), algorithms: ['RS256'] }, 'x.key has fewer than 2048 bits'],
      [{ key: rsa.publicKey }, 'x.key is no key for HS256'],
      [{ key: jwk }, 'x.key is no key for HS256'],
      [{ key: { ...jwk, n: '??' }, algorithms: ['RS256'] }, 'x.key has fewer than 2048 bits'],
      [{ key: { kty: 'RSA', n: '??' }, algorithms: ['RS256'] }, 'x.key is no JWK'],
      [{ key: {}, algorithms: ['RS256'] }, 'x.key is no JWK'],
      [{ key: new Uint8Array(32), algorithms: ['RS256'] }, 'x.key is no key for RS256'],
      [{ key: new Uint8Array() }, 'x.key is empty'],
      [{ key: createSecretKey(new Uint8Array()) }, 'x.key is empty'],
      [{ key: { kty: 'oct', k: '' } }, 'x.key is empty'],
      [{ key: 5 }, 'x.key must be a text'],
      [{ key: true }, 'x.key must be a text'],
      [{ key: [] }, 'x.key must be a text'],
      [{ key: SECRET, algorithms: ['HS257'] }, 'x.algorithms has "HS257"'],
      [{ key: pem, algorithms: ['ES265'] }, 'x.algorithms has "ES265", did you mean "ES256"?'],
    ];
    for (const [options, message] of cases) {
      expect(() => resolveJwt(options as { key: string }, 'x.', fail)).toThrow(message);
    }
  });

  // Each of them started as well: a key of Web Crypto can do one thing alone.
  it('refuses a key of Web Crypto that was made for something else', async () => {
    const { subtle } = crypto;
    const secretFor = (hash: string, usage: 'sign' | 'verify') =>
      subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, [usage]);
    const pairFor = (name: string) => {
      const rsa = { name, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
      return subtle.generateKey({ ...rsa, hash: 'SHA-256' }, false, ['sign', 'verify']);
    };
    const [pkcs, pss] = [await pairFor('RSASSA-PKCS1-v1_5'), await pairFor('RSA-PSS')];
    const curve = { name: 'ECDH', namedCurve: 'P-256' };
    const { publicKey: agreed } = await subtle.generateKey(curve, false, ['deriveBits']);
    const cases: [CryptoKey, string, string | null][] = [
      [
        await secretFor('SHA-512', 'verify'),
        'HS256',
        'is no key for HS256: it was made for HMAC with SHA-512',
      ],
      [await secretFor('SHA-512', 'verify'), 'HS512', null],
      [await secretFor('SHA-256', 'sign'), 'HS256', 'was not made to verify'],
      [pss.publicKey, 'RS256', 'is no key for RS256: it was made for RSA-PSS with SHA-256'],
      [pss.publicKey, 'PS256', null],
      [
        pkcs.publicKey,
        'RS384',
        'is no key for RS384: it was made for RSASSA-PKCS1-v1_5 with SHA-256',
      ],
      [pkcs.publicKey, 'RS256', null],
      [pkcs.privateKey, 'RS256', 'is a private key: give its public one'],
      [agreed, 'ES256', 'is no key for ES256: it was made for ECDH'],
    ];
    const warn = vi.spyOn(process, 'emitWarning');
    onTestFinished(() => warn.mockRestore());
    for (const [key, algorithm, message] of cases) {
      const resolve = () => resolveJwt({ key, algorithms: [algorithm] }, 'x.', fail);
      if (message === null) expect(resolve().key).toBe(key);
      else expect(resolve).toThrow(`x.key ${message}`);
    }
    // Node 24 deprecates to look at such a key by way of a `KeyObject`.
    expect(warn).not.toHaveBeenCalled();
  });

  it('takes the curves of Web Crypto, and refuses what is weak', async () => {
    const { subtle } = crypto;
    const curveOf = async (namedCurve: string) => {
      const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve }, false, [
        'verify',
        'sign',
      ]);
      return pair.publicKey;
    };
    const publicExponent = Uint8Array.of(1, 0, 1);
    const rsa = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent, hash: 'SHA-256' };
    const weak = await subtle.generateKey(rsa, false, ['sign', 'verify']);
    const ed = (await subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])) as {
      publicKey: CryptoKey;
    };
    const resolve = (key: CryptoKey, name: string) =>
      resolveJwt({ key, algorithms: [name] }, 'x.', fail);
    for (const [curve, name] of [
      ['P-256', 'ES256'],
      ['P-384', 'ES384'],
      ['P-521', 'ES512'],
    ] as const) {
      const key = await curveOf(curve);
      expect(resolve(key, name).key).toBe(key);
      const other = name === 'ES256' ? 'ES384' : 'ES256';
      expect(() => resolve(key, other)).toThrow(`x.key is no key for ${other}`);
    }
    for (const name of ['EdDSA', 'Ed25519']) expect(resolve(ed.publicKey, name)).toBeTruthy();
    expect(() => resolve(weak.publicKey, 'RS256')).toThrow('x.key has fewer than 2048 bits');
  });

  it('takes the other half of a key pair for the public one, and a key for any of the list', () => {
    const privatePem = ec.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    for (const key of [privatePem, ec.privateKey, ec.privateKey.export({ format: 'jwk' })]) {
      const { key: resolved } = resolveJwt({ key, algorithms: ['RS256', 'ES256'] }, '', fail);
      expect(resolved).toMatchObject({ type: 'public', asymmetricKeyType: 'ec' });
    }
  });

  it('verifies with every kind of key', async () => {
    const secret = { kty: 'oct', k: Buffer.from(SECRET).toString('base64url') };
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const webKey = await crypto.subtle.importKey(
      'raw',
      bytes,
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['verify'],
    );
    const kinds: [string, KeyObject | Uint8Array, Parameters<typeof resolveJwt>[0]['key']][] = [
      ['HS256', bytes, secret],
      ['HS256', bytes, bytes],
      ['HS256', bytes, createSecretKey(bytes)],
      ['HS256', bytes, webKey],
      ['EdDSA', privateKey, publicKey],
      ['EdDSA', privateKey, publicKey.export({ format: 'jwk' })],
      ['ES256', ec.privateKey, pem],
      ['ES256', ec.privateKey, ec.privateKey.export({ format: 'jwk' })],
      ['PS256', pair.privateKey, pair.publicKey],
    ];
    for (const [alg, signer, key] of kinds) {
      const token = await new SignJWT().setProtectedHeader({ alg }).setSubject('ada').sign(signer);
      const jwt = resolveJwt({ key, algorithms: [alg] }, '', fail);
      expect([alg, await verifySubject(null, token, jwt)]).toEqual([alg, 'ada']);
    }
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
