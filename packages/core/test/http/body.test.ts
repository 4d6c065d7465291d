import { isDeeperThan, readBody, readJson, sendError, sendJson } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { openRaw, portOf, serve } from '../support/http.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

const options = { channel: 'test', limitBytes: 100 };

async function post(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream | null,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<{ status: number; answer: unknown; connection: string | null }> {
  const { url, stop } = await serve((req, res) => {
    readJson(req, options).then(
      (json) => sendJson(res, 200, { json }),
      (error: unknown) => sendError(res, error),
    );
  });
  try {
    // `duplex` is what fetch asks for with a stream; its types do not know it yet.
    const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
    const response = await fetch(url, init);
    const connection = response.headers.get('connection');
    return { status: response.status, answer: await response.json(), connection };
  } finally {
    await stop();
  }
}

describe('readJson', () => {
  it('reads JSON of every declared form', async () => {
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'APPLICATION/JSON;charset="UTF-8"',
      'application/vnd.api+json',
      'application/json; profile="x"',
    ]) {
      const { status, answer } = await post('{"a":"é"}', { 'content-type': type });
      expect([type, status, answer]).toEqual([type, 200, { json: { a: 'é' } }]);
    }
  });

  it('reads past a byte order mark', async () => {
    expect((await post('\ufeff[1]')).answer).toEqual({ json: [1] });
  });

  it('refuses every other type', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonp',
      'text/json',
      'application/json; charset=latin1',
      'application/json, text/plain',
    ]) {
      const { status, answer } = await post('{}', { 'content-type': type });
      expect([type, status]).toEqual([type, 415]);
      expect(answer).toMatchObject({ code: 'unsupported_media_type' });
    }
    expect((await post(new TextEncoder().encode('{}'), {})).status).toBe(415);
  });

  it.each([
    ['nothing', ''],
    ['half an object', '{"a":'],
    ['a text', 'hello'],
    ['NaN', 'NaN'],
    ['two values', '{} {}'],
  ])('refuses %s', async (_name, body) => {
    const { status, answer } = await post(body);
    expect(status).toBe(400);
    expect(answer).toMatchObject({
      code: 'invalid_json',
      detail: '[test] the body is not valid JSON',
    });
  });

  it('refuses bytes that are no UTF-8', async () => {
    const bytes = new Uint8Array([0x22, 0xff, 0xfe, 0x22]);
    expect((await post(bytes)).status).toBe(400);
  });

  it('refuses compressed bodies', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const { status, answer } = await post('{}', headers);
    expect(status).toBe(415);
    expect(answer).toMatchObject({ code: 'unsupported_encoding' });
    expect((await post('{}', { ...headers, 'content-encoding': 'Identity' })).status).toBe(200);
  });
});

describe('readBody', () => {
  const jsonOf = (bytes: number): string => JSON.stringify('x'.repeat(bytes - 2));

  it('reads as much as the limit, and not one byte more', async () => {
    expect((await post(jsonOf(100))).status).toBe(200);
    const { status, answer, connection } = await post(jsonOf(101));
    expect(status).toBe(413);
    expect(answer).toMatchObject({
      code: 'body_too_large',
      detail: '[test] the body is larger than 100 bytes',
    });
    expect(connection).toBe('close');
  });

  it('counts a body without a declared length', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(60));
    const stream = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 3; i++) controller.enqueue(chunk);
        controller.close();
      },
    });
    expect((await post(stream)).status).toBe(413);
  });

  it('answers a huge body without reading it all', async () => {
    const { server, stop } = await serve((req, res) => {
      readBody(req, options).catch((error: unknown) => sendError(res, error));
    });
    const head = 'POST / HTTP/1.1\r\nhost: x\r\n';
    const declared = await openRaw(portOf(server), `${head}content-length: 999999999\r\n\r\n`);
    expect(await declared.until('body_too_large')).toContain('HTTP/1.1 413');
    const chunked = await openRaw(
      portOf(server),
      `${head}transfer-encoding: chunked\r\n\r\n400\r\n${'x'.repeat(0x400)}\r\n`,
    );
    expect(await chunked.until('body_too_large')).toContain('HTTP/1.1 413');
    declared.socket.destroy();
    chunked.socket.destroy();
    await stop();
  });

  it('rejects where the client goes away half way', async () => {
    const outcome = deferred<unknown>();
    const { server, stop } = await serve((req) => {
      readBody(req, options).then(outcome.resolve, outcome.resolve);
    });
    const { socket } = await openRaw(
      portOf(server),
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\nhalf',
    );
    setImmediate(() => socket.destroy());
    expect(await outcome.promise).toMatchObject({ reason: 'disconnected' });
    await stop();
  });

  it('rejects where the client has gone before', async () => {
    const outcome = deferred<unknown>();
    const { server, stop } = await serve((req) => {
      req.on('close', () => {
        readBody(req, options).then(outcome.resolve, outcome.resolve);
      });
    });
    const { socket } = await openRaw(
      portOf(server),
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\nhalf',
    );
    setImmediate(() => socket.destroy());
    expect(await outcome.promise).toMatchObject({ reason: 'disconnected' });
    await stop();
  });

  it('names the cure where somebody else has read the body', async () => {
    const { url, stop } = await serve((req, res) => {
      req.resume().on('end', () => {
        readBody(req, options).catch((error: unknown) => sendError(res, error));
      });
    });
    const response = await fetch(url, { method: 'POST', body: '{}' });
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      code: 'body_already_read',
      detail: expect.stringContaining('mount Trunkline ahead of express.json()') as string,
    });
    await stop();
  });
});

describe('isDeeperThan', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

  it('counts levels', () => {
    expect(isDeeperThan(1, 0)).toBe(false);
    expect(isDeeperThan([], 0)).toBe(true);
    expect(isDeeperThan(nested(64), 64)).toBe(false);
    expect(isDeeperThan(nested(65), 64)).toBe(true);
    expect(isDeeperThan({ a: 1, b: { c: [1] } }, 2)).toBe(true);
    expect(isDeeperThan(null, 0)).toBe(false);
  });

  it('does not go deeper than it has to', () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
    expect(isDeeperThan(deep, 64)).toBe(true);
  });
});
