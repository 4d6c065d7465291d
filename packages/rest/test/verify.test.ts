import { UnauthenticatedError } from '@trunkline/core';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { bindSender } from '../src/verify.ts';
import { closeAfterEach, echo, startRest, type RestServer } from './support/server.ts';
import type { JwtAuth } from '@trunkline/rest';

closeAfterEach();

const SECRET = 'a secret that is long enough for HS256';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }) as string;

interface Claims {
  sub?: string;
  exp?: string;
  iss?: string;
  aud?: string;
}

async function tokenOf(
  { sub, exp = '1h', iss, aud }: Claims,
  key: KeyObject | string = SECRET,
  alg = 'HS256',
): Promise<string> {
  const token = new SignJWT(sub === undefined ? {} : { sub })
    .setProtectedHeader({ alg })
    .setIssuedAt()
    .setExpirationTime(exp);
  if (iss !== undefined) token.setIssuer(iss);
  if (aud !== undefined) token.setAudience(aud);
  return await token.sign(typeof key === 'string' ? new TextEncoder().encode(key) : key);
}

async function statusOf(server: RestServer, token: string, body: unknown = {}): Promise<number> {
  const response = await server.post(body, { headers: { authorization: `Bearer ${token}` } });
  await response.text();
  return response.status;
}

async function expectRefused(response: Response, status: 401 | 403): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
}

describe('a bearer token', () => {
  it('lets in whoever knows one of them, and starts no turn for others', async () => {
    const server = await startRest(echo, { auth: { type: 'bearer', token: ['old', 'new'] } });
    expect(await statusOf(server, 'old')).toBe(200);
    expect(await statusOf(server, 'new')).toBe(200);
    for (const wrong of ['', 'ol', 'older', 'NEW', 'old,new']) {
      expect(await statusOf(server, wrong)).toBe(401);
    }
    for (const authorization of ['old', 'Basic old', 'Bearer', 'Bearer old new', 'Bearer  ']) {
      await expectRefused(await server.post({}, { headers: { authorization } }), 401);
    }
    await expectRefused(await server.post({}), 401);
    expect(server.turns).toHaveLength(2);
    expect(server.errors).toEqual([]);
  });

  it('is asked for ahead of everything else, and for cancelling', async () => {
    const server = await startRest(echo, { auth: { type: 'bearer', token: 't' } });
    await expectRefused(await server.post('no JSON'), 401);
    const path = server.url.replace(/webhook$/, 'cancel_background_tasks/ada');
    await expectRefused(await fetch(path, { method: 'POST' }), 401);
    expect((await fetch(server.url.replace(/webhook$/, ''))).status).toBe(200);
  });

  it('is never shown', async () => {
    const lines: unknown[] = [];
    const log = (...line: unknown[]): void => void lines.push(line);
    const logger = { debug: log, info: log, warn: log, error: log };
    const auth = { type: 'bearer', token: 'right-secret' } as const;
    const server = await startRest(echo, { auth }, { logger });
    const headers = { authorization: 'Bearer wrong-secret' };
    const answer = await (await server.post({}, { headers })).text();
    expect(lines).toHaveLength(1);
    expect(JSON.stringify([answer, lines])).not.toContain('secret');
  });
});

describe('a JSON Web Token', () => {
  const start = (auth: Partial<JwtAuth> = {}): Promise<RestServer> =>
    startRest(echo, { auth: { type: 'jwt', key: SECRET, ...auth } });

  it('names the sender', async () => {
    const server = await start();
    const token = await tokenOf({ sub: 'ada' });
    expect(await statusOf(server, token, { message: 'Hi' })).toBe(200);
    expect(await statusOf(server, token, { sender: 'ada', message: 'Hi' })).toBe(200);
    expect(await statusOf(server, await tokenOf({ sub: '7' }), { sender: 7 })).toBe(200);
    expect(server.turns.map(({ senderId }) => senderId)).toEqual(['ada', 'ada', '7']);
  });

  it('lets nobody speak for another', async () => {
    const server = await start();
    const headers = { authorization: `Bearer ${await tokenOf({ sub: 'ada' })}` };
    const refused = await server.post({ sender: 'ben', message: 'Hi' }, { headers });
    await expectRefused(refused, 403);
    expect(await refused.json()).toMatchObject({ code: 'wrong_sender' });
    expect(server.turns).toEqual([]);
    const cancel = (sender: string): Promise<Response> =>
      fetch(server.url.replace(/webhook$/, `cancel_background_tasks/${sender}`), {
        method: 'POST',
        headers,
      });
    await expectRefused(await cancel('ben'), 403);
    expect((await cancel('ada')).status).toBe(200);
  });

  it.each<[string, () => Promise<string>]>([
    ['is none', async () => 'not.a.token'],
    ['has expired', () => tokenOf({ sub: 'ada', exp: '-1 minute' })],
    ['was signed with another secret', () => tokenOf({ sub: 'ada' }, `${SECRET}!`)],
    ['was signed with another algorithm', () => tokenOf({ sub: 'ada' }, SECRET, 'HS512')],
    ['has no subject', () => tokenOf({})],
    ['has an empty subject', () => tokenOf({ sub: '' })],
    [
      'is not signed',
      async () => {
        const part = (value: object): string =>
          Buffer.from(JSON.stringify(value)).toString('base64url');
        return `${part({ alg: 'none' })}.${part({ sub: 'ada' })}.`;
      },
    ],
  ])('is refused where it %s', async (_why, make) => {
    const server = await start();
    const headers = { authorization: `Bearer ${await make()}` };
    await expectRefused(await server.post({}, { headers }), 401);
    expect(server.turns).toEqual([]);
    expect(server.errors).toEqual([]);
  });

  it('must be from the issuer and for the audience that were asked for', async () => {
    const server = await start({ issuer: 'shop', audience: 'bot' });
    expect(await statusOf(server, await tokenOf({ sub: 'a', iss: 'shop', aud: 'bot' }))).toBe(200);
    expect(await statusOf(server, await tokenOf({ sub: 'a', iss: 'other', aud: 'bot' }))).toBe(401);
    expect(await statusOf(server, await tokenOf({ sub: 'a', iss: 'shop' }))).toBe(401);
  });

  it('may be signed with RS256 and ES256, its key as PEM, JWK or key object', async () => {
    for (const [alg, pair] of [
      ['RS256', rsa],
      ['ES256', ec],
    ] as const) {
      const token = await tokenOf({ sub: 'ada' }, pair.privateKey, alg);
      const jwk = await exportJWK(pair.publicKey);
      for (const key of [pemOf(pair.publicKey), pair.publicKey, jwk]) {
        const server = await start({ key, algorithms: [alg] });
        expect(await statusOf(server, token)).toBe(200);
      }
    }
  });

  it('cannot be forged with a public key as its secret', async () => {
    const pem = pemOf(rsa.publicKey);
    const forged = await tokenOf({ sub: 'ada' }, pem, 'HS256');
    const server = await start({ key: pem, algorithms: ['RS256'] });
    expect(await statusOf(server, forged)).toBe(401);
    const other = await tokenOf({ sub: 'ada' }, ec.privateKey, 'ES256');
    expect(await statusOf(server, other)).toBe(401);
  });
});

describe('bindSender', () => {
  it('takes the subject where there is one', () => {
    expect(bindSender('rest', null, 'ada')).toBe('ada');
    expect(bindSender('rest', null, null)).toBeNull();
    expect(bindSender('rest', 'ada', null)).toBe('ada');
    expect(bindSender('rest', 'ada', 'ada')).toBe('ada');
    expect(() => bindSender('rest', 'ada', '')).toThrow(UnauthenticatedError);
  });
});
