import { InputChannel, type UpgradeHandler } from '@trunkline/core';
import { RestInput } from '@trunkline/rest';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sendRaw } from './support/raw.ts';
import { closeAfterEach, echo, startRest } from './support/server.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();
closeAfterEach();

const PATH = '/webhooks/rest/webhook';
const HEAD = `POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
const BODY = '{"message":"Hi"}';
const brokenGzip = gzipSync(BODY).subarray(0, 12);

/** Takes connections, so that upgrades are looked at; refuses those without a proper key. */
class Sockets extends InputChannel {
  readonly name = 'sockets';
  override routes(): [] {
    return [];
  }
  override upgrade(): UpgradeHandler {
    return {
      path: '/ws',
      handle: (req, socket) => {
        const isKey = /^[\w+/]{22}==$/.test(req.headers['sec-websocket-key'] ?? '');
        socket.end(`HTTP/1.1 ${isKey ? 101 : 400} x\r\nconnection: close\r\n\r\n`);
      },
    };
  }
}

const upgrade = (path: string, key: string): string =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
  `sec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`;

describe('bytes that no client should send are answered, and nothing breaks', () => {
  it.each<[string, string | Buffer, RegExp]>([
    [
      'a length and chunks',
      `${HEAD}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400/,
    ],
    [
      'two lengths',
      `${HEAD}content-length: 16\r\ncontent-length: 17\r\n\r\n${BODY}`,
      /^HTTP\/1\.1 400/,
    ],
    ['a negative length', `${HEAD}content-length: -1\r\n\r\n`, /^HTTP\/1\.1 400/],
    ['a bad chunk', `${HEAD}transfer-encoding: chunked\r\n\r\nxyz\r\n`, /^HTTP\/1\.1 400/],
    [
      'an unknown transfer encoding',
      `${HEAD}transfer-encoding: weird\r\n\r\n${BODY}`,
      /^HTTP\/1\.1 400/,
    ],
    ['a header of 20 kB', `${HEAD}x-long: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431/],
    ['a NUL in the path', `POST ${PATH}\0 HTTP/1.1\r\nhost: x\r\n\r\n`, /^HTTP\/1\.1 400/],
    [
      'an encoded NUL in the path',
      `POST ${PATH}%00 HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`,
      /^HTTP\/1\.1 404/,
    ],
    [
      'a broken gzip body',
      Buffer.concat([
        Buffer.from(
          `${HEAD}content-encoding: gzip\r\ncontent-length: ${brokenGzip.length}\r\n\r\n`,
        ),
        brokenGzip,
      ]),
      /^HTTP\/1\.1 415/,
    ],
    ['a path that is none', 'POST nowhere HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1\.1 (400|404)/],
    ['no host', `POST ${PATH} HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 400/],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^HTTP\/1\.1 400/],
    ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1\.1 404/],
    [
      'an expectation',
      `${HEAD}expect: 100-continue\r\ncontent-length: 16\r\n\r\n${BODY}`,
      /^HTTP\/1\.1 100/,
    ],
    [
      'an unknown expectation',
      `${HEAD}expect: miracles\r\ncontent-length: 16\r\n\r\n${BODY}`,
      /^HTTP\/1\.1 417/,
    ],
    ['a bad WebSocket key', upgrade('/webhooks/sockets/ws', 'short'), /^HTTP\/1\.1 400/],
    [
      'an upgrade on a path of ours',
      upgrade('/webhooks/rest/ws', 'AAAAAAAAAAAAAAAAAAAAAA=='),
      /^HTTP\/1\.1 404/,
    ],
    [
      'an upgrade on any other path',
      upgrade('/elsewhere', 'AAAAAAAAAAAAAAAAAAAAAA=='),
      /^HTTP\/1\.1 404/,
    ],
  ])('%s', async (_name, bytes, expected) => {
    const channels = [new RestInput(), new Sockets()];
    const { port, post, turns, errors } = await startRest(echo, {}, { channels });
    const { socket, until } = await sendRaw(port, bytes);
    expect(await until('\r\n\r\n')).toMatch(expected);
    socket.destroy();
    const count = turns.length;
    expect((await post({ message: 'still there?' })).status).toBe(200);
    expect(turns).toHaveLength(count + 1);
    expect(errors).toEqual([]);
  });

  it('half a request, and a client that leaves', async () => {
    const { port, post, turns, errors } = await startRest();
    for (const bytes of ['POST', HEAD, `${HEAD}content-length: 16\r\n\r\n{"mess`]) {
      const { socket } = await sendRaw(port, bytes);
      socket.resetAndDestroy();
    }
    expect((await post({ message: 'still there?' })).status).toBe(200);
    expect(turns).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it('several requests at once on one connection, answered in order', async () => {
    const { port } = await startRest(async (message, reply) => {
      // The first one is the slowest.
      for (let round = 30; round > 0; round -= 10 * Number(message.text)) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await reply.text(message.text ?? '');
    });
    const request = (text: string): string =>
      `${HEAD}content-length: ${text.length + 14}\r\n\r\n{"message":"${text}"}`;
    const { socket, until } = await sendRaw(port, request('1') + request('2') + request('3'));
    const text = await until('"text":"3"');
    expect(text.match(/(?<="text":")\d/g)).toEqual(['1', '2', '3']);
    socket.destroy();
  });
});
