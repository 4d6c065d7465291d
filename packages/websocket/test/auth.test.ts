import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import type { Logger, UserMessage } from '@trunkline/core';
import type { WebSocketOptions } from '@trunkline/websocket';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { closeAfterEach, startSocket, type SocketServer } from './support/server.ts';

expectNoUnhandledRejections();
closeAfterEach();

const SECRET = 'a secret that is long enough for HS256';
const secret = new TextEncoder().encode(SECRET);

function jwt(
  sub: string | null,
  claims: { exp?: string; iss?: string; aud?: string } = {},
): Promise<string> {
  const token = new SignJWT().setProtectedHeader({ alg: 'HS256' });
  if (sub !== null) token.setSubject(sub);
  if (claims.iss !== undefined) token.setIssuer(claims.iss);
  if (claims.aud !== undefined) token.setAudience(claims.aud);
  return token.setExpirationTime(claims.exp ?? '1h').sign(secret);
}

function start(options: WebSocketOptions): Promise<SocketServer> {
  return startSocket(async (message: UserMessage, reply) => {
    await reply.text(`${message.senderId} in ${message.account}`);
  }, options);
}

describe('tokens of the client’s own', () => {
  const auth = { type: 'jwt', key: SECRET, issuer: 'shop', audience: 'chat' } as const;
  const good = { iss: 'shop', aud: 'chat' };

  it('name the sender', async () => {
    const { connect } = await start({ auth });
    const token = await jwt('anna', good);
    const clients = [
      connect(`?token=${token}`),
      connect('', { headers: { authorization: `Bearer ${token}` } }),
    ];
    for (const client of clients) {
      expect(await client.session()).toMatchObject({ resumed: true, token: null });
      client.send({ message: 'Hi', sender: 'anna' });
      expect((await client.next('text')).text).toBe('anna in null');
    }
    expect((await clients[0]?.session())?.session).toBe((await clients[1]?.session())?.session);
  });

  it('come in the first frame where a browser brings them', async () => {
    const { connect } = await start({ auth });
    const client = connect();
    await new Promise((resolve) => client.socket.on('open', resolve));
    client.send({ type: 'resume', token: await jwt('anna', good) });
    client.send({ message: 'Hi' });
    expect((await client.next('text')).recipient_id).toBe('anna');
    const other = connect();
    await new Promise((resolve) => other.socket.on('open', resolve));
    other.send({ type: 'resume', token: await jwt('bert', { iss: 'elsewhere' }) });
    expect((await other.closed).code).toBe(4401);
  });

  it('have the log say why one in a first frame is refused: its client is told a number', async () => {
    const warn = vi.fn<Logger['warn']>();
    const { connect } = await start({ auth, logger: { debug() {}, info() {}, warn, error() {} } });
    const client = connect();
    await new Promise((resolve) => client.socket.on('open', resolve));
    client.send({ type: 'resume', token: await jwt('bert', { ...good, exp: '-1 minute' }) });
    expect((await client.closed).code).toBe(4401);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      { channel: 'websocket', code: 'unauthenticated' },
      '[websocket] the token does not verify, or has expired',
    );
  });

  it('are refused where something about them is wrong', async () => {
    const { connect } = await start({ auth });
    const tokens = [
      'nonsense',
      await jwt('anna', { ...good, exp: '-1 minute' }),
      await jwt('anna', { ...good, iss: 'elsewhere' }),
      await jwt('anna', { ...good, aud: 'elsewhere' }),
      await jwt(null, good),
    ];
    for (const token of tokens) expect(await connect(`?token=${token}`).refused).toBe(401);
  });

  it('let nobody speak for another sender, or before the token came', async () => {
    const { connect, turns } = await start({ auth });
    const client = connect(`?token=${await jwt('anna', good)}`);
    await client.session();
    client.send({ message: 'Hi', sender: 'bert', id: 'm' });
    expect(await client.next('error')).toMatchObject({ code: 'wrong_sender', id: 'm' });
    for (const frame of ['{"message":"Hi"}', '{', '{"type":"ping"}']) {
      const early = connect();
      await new Promise((resolve) => early.socket.on('open', resolve));
      early.sendRaw(frame);
      expect((await early.closed).code).toBe(4401);
    }
    expect(turns).toEqual([]);
  });

  it('bring what was missed', async () => {
    const { connect } = await start({ auth });
    const token = await jwt('anna', good);
    const client = connect(`?token=${token}`);
    await client.session();
    client.send({ message: 'Hi' });
    const { seq } = await client.next('text');
    client.cut();
    const back = connect(`?token=${token}&seq=${seq - 1}`);
    expect(await back.next('text')).toMatchObject({ seq });
    const stranger = connect(`?token=${await jwt('bert', good)}`);
    await stranger.session();
    await stranger.settled();
    expect(stranger.of('text')).toEqual([]);
  });

  it.each(['RS256', 'ES256'])('are checked by public keys: %s', async (alg) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const sign = (): Promise<string> =>
      new SignJWT({ sub: 'anna' })
        .setProtectedHeader({ alg })
        .setExpirationTime('1h')
        .sign(privateKey);
    for (const key of [await exportSPKI(publicKey), await exportJWK(publicKey), publicKey]) {
      const { connect } = await start({ auth: { type: 'jwt', key, algorithms: [alg] } });
      const client = connect(`?token=${await sign()}`);
      await client.session();
      expect(await connect(`?token=${await jwt('anna')}`).refused).toBe(401);
    }
  });
});

describe('a function that knows the client', () => {
  it('is asked with the request and the token', async () => {
    const { connect } = await start({
      auth: async (request, token) => {
        const name = request.headers.cookie ?? token;
        return name === null ? null : { sender: name };
      },
    });
    const byCookie = connect('', { headers: { cookie: 'anna' } });
    await byCookie.session();
    byCookie.send({ message: 'Hi' });
    expect((await byCookie.next('text')).recipient_id).toBe('anna');
    const byFrame = connect();
    await new Promise((resolve) => byFrame.socket.on('open', resolve));
    byFrame.send({ type: 'resume', token: 'bert' });
    byFrame.send({ message: 'Hi' });
    expect((await byFrame.next('text')).recipient_id).toBe('bert');
  });

  it('turns clients away', async () => {
    const { connect, reports } = await start({ auth: () => null });
    expect(await connect('?token=x').refused).toBe(401);
    expect(reports).toEqual([]);
  });

  it('that fails is reported', async () => {
    const { connect, reports } = await start({
      auth: () => {
        throw new Error('database away');
      },
    });
    expect(await connect('?token=x').refused).toBe(503);
    expect(reports).toMatchObject([{ message: 'database away' }]);
  });
});
