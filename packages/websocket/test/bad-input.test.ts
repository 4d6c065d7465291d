import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Logger } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { Client } from './support/client.ts';
import { closeAfterEach, echo, resuming, startSocket } from './support/server.ts';

expectNoUnhandledRejections();
closeAfterEach();

describe('bad input', () => {
  it.each([
    ['{', 'not_json'],
    ['', 'not_json'],
    ['[1]', 'not_an_object'],
    ['"Hi"', 'not_an_object'],
    ['null', 'not_an_object'],
    ['{"type":"dance"}', 'unknown_type'],
    ['{"type":7,"id":"m"}', 'unknown_type'],
    ['{}', 'invalid_field'],
    ['{"message":7}', 'invalid_field'],
    ['{"message":"Hi","sender":{}}', 'invalid_field'],
    ['{"message":"Hi","id":7}', 'invalid_field'],
    ['{"message":"Hi","id":""}', 'invalid_field'],
    ['{"type":"choice","title":"Large"}', 'invalid_field'],
    ['{"type":"resume","token":1}', 'invalid_field'],
    ['{"type":"resume","token":"x","seq":-1}', 'invalid_field'],
  ])('%s is answered, and starts no turn', async (frame, code) => {
    const { connect, turns } = await startSocket();
    const client = connect();
    await client.session();
    client.sendRaw(frame);
    expect(await client.next('error')).toMatchObject({ code });
    client.send({ message: 'Hi' });
    await client.next('text');
    expect(turns).toHaveLength(1);
  });

  it('is the last that is heard, where it closes the connection', async () => {
    const { connect, turns } = await startSocket();
    const client = connect();
    await client.session();
    client.socket.send(Buffer.from('{"message":"Hi"}'));
    // Sent before the client knows.
    client.send({ message: 'Still there?', id: 'm' });
    expect((await client.closed).code).toBe(1003);
    const other = connect();
    await other.session();
    other.send({ message: 'Hi' });
    await other.next('text');
    expect(turns).toHaveLength(1);
  });

  it('names the frame that it was in', async () => {
    const { connect } = await startSocket();
    const client = connect();
    await client.session();
    client.sendRaw('{"id":"m1","message":null}');
    expect(await client.next('error')).toMatchObject({ code: 'invalid_field', id: 'm1' });
  });

  it('closes a connection that sends binary frames', async () => {
    const { connect, turns } = await startSocket();
    const client = connect();
    await client.session();
    client.sendRaw(Buffer.from('{"message":"Hi"}'));
    expect((await client.closed).code).toBe(1003);
    expect(turns).toEqual([]);
  });

  it('tells how large a frame may be, in a session that is new and in one that goes on', async () => {
    const { connect } = await startSocket(echo, { maxFrameBytes: 1_000 });
    const first = await connect().session();
    expect(first).toMatchObject({ resumed: false, max_frame_bytes: 1_000 });
    const back = connect(resuming(first));
    expect(await back.session()).toMatchObject({ resumed: true, max_frame_bytes: 1_000 });
    back.send({ message: 'x'.repeat(1_000 - JSON.stringify({ message: '' }).length) });
    await back.next('text');
    back.send({ message: 'x'.repeat(1_000) });
    expect((await back.closed).code).toBe(1009);
  });

  it('says nothing of a limit that is none', async () => {
    const { connect } = await startSocket(echo, { maxFrameBytes: Infinity });
    expect(await connect().session()).not.toHaveProperty('max_frame_bytes');
  });

  it('closes a connection that sends a frame over the limit', async () => {
    const { connect, turns } = await startSocket();
    const client = connect();
    await client.session();
    const empty = JSON.stringify({ message: '' }).length;
    client.send({ message: 'x'.repeat(64 * 1024 - empty) });
    await client.next('text');
    client.send({ message: 'x'.repeat(64 * 1024 + 1 - empty) });
    expect((await client.closed).code).toBe(1009);
    expect(turns).toHaveLength(1);
  });

  it.each([
    // A masked frame has 0x80 in its second byte, and four bytes of mask.
    ['no WebSocket frame', 1002, Buffer.of(0x81, 0x02, 0x7b, 0x7d)],
    ['a message in too many pieces', 1008, piecesOf(16_385)],
  ])('closes a connection that sends %s', async (_what, code, bytes) => {
    const { connect, turns } = await startSocket();
    const client = connect();
    const upgraded = once(client.socket, 'upgrade');
    await client.session();
    // Below the client, which would not send it.
    const [{ socket }] = (await upgraded) as [IncomingMessage];
    socket.write(bytes);
    expect((await client.closed).code).toBe(code);
    expect(turns).toEqual([]);
  });

  it('closes a connection that sends no UTF-8', async () => {
    const { connect } = await startSocket();
    const client = connect();
    await client.session();
    client.socket.send(Buffer.of(0x7b, 0xff, 0x7d), { binary: false });
    expect((await client.closed).code).toBe(1007);
  });

  it('refuses frames that come too fast, until some time has passed', async () => {
    const clock = new FakeClock();
    const { connect, turns } = await startSocket(echo, { clock, framesPerSecond: 2 });
    const client = connect();
    await client.session();
    for (let i = 0; i < 6; i++) client.send({ message: 'Hi', id: String(i) });
    await client.until('2 errors', () => client.of('error').length === 2);
    expect(client.of('error')).toMatchObject([
      { code: 'too_fast', id: '4' },
      { code: 'too_fast', id: '5' },
    ]);
    await clock.advance(500);
    client.send({ message: 'Hi', id: '6' });
    await client.next('ack', ({ id }) => id === '6');
    await expect.poll(() => turns.length).toBe(5);
  });

  it('refuses pages of other origins, and lets programs in', async () => {
    const { connect, port } = await startSocket();
    expect(await connect('', { origin: 'https://evil.example' }).refused).toBe(403);
    expect(await connect('', { origin: 'null' }).refused).toBe(403);
    await connect('', { origin: `http://127.0.0.1:${port}` }).session();
    await connect().session();
  });

  // Behind nginx with `proxy_set_header Host $host:$server_port`, nobody could connect.
  // A page behind a proxy with a host of its own was told nothing, and so was whoever had set it up.
  it('has the log say which page was refused, and what it was compared with', async () => {
    const warn = vi.fn<Logger['warn']>();
    const logger: Logger = { debug() {}, info() {}, warn, error() {} };
    const { connect, port } = await startSocket(echo, {}, { logger });
    expect(await connect('?token=secret', { origin: 'https://shop.example' }).refused).toBe(403);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      { channel: 'websocket', path: '/webhooks/websocket/ws', code: 'wrong_origin' },
      expect.stringContaining(`https://shop.example may not connect to 127.0.0.1:${port}`),
    );
  });

  it('knows its own pages where a proxy names the port that browsers leave out', async () => {
    const { connect } = await startSocket();
    const at = (origin: string, host: string): Client => connect('', { origin, headers: { host } });
    await at('https://shop.example', 'shop.example:443').session();
    await at('http://shop.example', 'Shop.Example:80').session();
    expect(await at('https://shop.example', 'shop.example:8443').refused).toBe(403);
    expect(await at('https://shop.example', 'shop.example:80').refused).toBe(403);
    expect(await at('https://shop.example', 'me@shop.example/..').refused).toBe(403);
  });

  it('lets pages of the named origins in, and no others', async () => {
    const { connect, port } = await startSocket(echo, { origins: ['https://shop.example'] });
    await connect('', { origin: 'https://shop.example' }).session();
    expect(await connect('', { origin: 'https://shop.example.evil' }).refused).toBe(403);
    expect(await connect('', { origin: `http://127.0.0.1:${port}` }).refused).toBe(403);
  });

  // A page inside an app could be let in with all others alone.
  it('lets an app of its own scheme in where it is named', async () => {
    const { connect } = await startSocket(echo, { origins: ['capacitor://localhost'] });
    await connect('', { origin: 'capacitor://localhost' }).session();
    expect(await connect('', { origin: 'capacitor://localhost.evil' }).refused).toBe(403);
  });

  it('answers what is no handshake, and goes on', async () => {
    const { port, connect } = await startSocket();
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const status = await new Promise((resolve) => {
      const options = { port, host: '127.0.0.1', path: '/webhooks/websocket/ws', headers };
      request(options, (res) => {
        res.resume();
        resolve(res.statusCode);
      }).end();
    });
    expect(status).toBe(400);
    await connect().session();
  });

  it('survives clients that go away in the middle of the handshake', async () => {
    const { url, connect } = await startSocket();
    for (let i = 0; i < 20; i++) {
      const client = new Client(url);
      client.socket.once('upgrade', () => client.cut());
    }
    await connect().session();
  });

  it('survives anything', async () => {
    const { connect, turns, reports } = await startSocket(echo, { framesPerSecond: Infinity });
    const client = connect();
    await client.session();
    const key = fc.constantFrom('type', 'message', 'id', 'sender', 'metadata', 'payload', 'token');
    const type = fc.constantFrom('message', 'choice', 'ping', 'cancel', 'typing', 'x', null);
    const value = fc.oneof(fc.jsonValue(), fc.string(), fc.constant('x'.repeat(600)));
    const frame = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(key, value).map((fields) => JSON.stringify(fields)),
      fc
        .tuple(type, fc.dictionary(key, value))
        .map(([known, fields]) => JSON.stringify({ ...fields, type: known })),
    );
    await fc.assert(
      fc.asyncProperty(frame, async (text) => {
        client.sendRaw(text);
        await client.settled();
      }),
      { numRuns: 300 },
    );
    client.send({ message: 'Still there?' });
    await client.next('text', ({ text }) => text.includes('Still there?'));
    expect(reports).toEqual([]);
    const said = client.of('text').length;
    expect(turns.length).toBeGreaterThanOrEqual(said - 1);
  });

  it('survives any query', async () => {
    const { connect } = await startSocket();
    const session = await connect().session();
    for (const query of [
      '?seq=-1',
      '?seq=NaN&token=',
      '?token=%00&session=%zz',
      '?seq=1e400',
      '?',
    ]) {
      await connect(query).session();
    }
    const back = connect(`${resuming(session)}e99`);
    expect(await back.session()).toMatchObject({ resumed: true });
  });
});

/** So many empty pieces of a text message, without its end. */
function piecesOf(count: number): Buffer {
  const continuation = Buffer.of(0x00, 0x80, 0, 0, 0, 0);
  return Buffer.concat([Buffer.of(0x01, 0x80, 0, 0, 0, 0), ...Array(count - 1).fill(continuation)]);
}
