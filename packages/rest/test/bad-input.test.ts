import { describe, expect, it } from 'vitest';
import { closeAfterEach, startRest } from './support/server.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { deferred } from '../../../scripts/test-support/deferred.ts';

expectNoUnhandledRejections();
closeAfterEach();

async function expectProblem(response: Response, status: number, code: string): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toEqual({
    type: 'about:blank',
    title: expect.any(String) as string,
    status,
    code,
    detail: expect.stringMatching(/.{10,}/) as string,
  });
}

describe('bad input is answered with a problem document and starts no turn', () => {
  it.each<[string, string, Record<string, string>, number, string]>([
    ['a body that is not JSON', 'Hi', {}, 400, 'invalid_json'],
    ['an empty body', '', {}, 400, 'invalid_json'],
    ['JSON that is no object', '["Hi"]', {}, 400, 'no_object'],
    ['null', 'null', {}, 400, 'no_object'],
    ['a message that is no text', '{"message":5}', {}, 400, 'invalid_message'],
    ['a sender that is neither text nor number', '{"sender":[]}', {}, 400, 'invalid_sender'],
    ['an input_channel that is no text', '{"input_channel":[1]}', {}, 400, 'invalid_input_channel'],
    [
      'the wrong content type',
      '{}',
      { 'content-type': 'text/plain' },
      415,
      'unsupported_media_type',
    ],
    [
      'a form',
      'message=Hi',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported_media_type',
    ],
    ['a compressed body', '{}', { 'content-encoding': 'gzip' }, 415, 'unsupported_encoding'],
    ['a body that is too large', `{"message":"${'x'.repeat(300_000)}"}`, {}, 413, 'body_too_large'],
  ])('%s', async (_name, body, headers, status, code) => {
    const { post, turns, errors } = await startRest();
    for (const query of ['', '?stream=true', '?stream=sse']) {
      await expectProblem(await post(body, { headers, query }), status, code);
    }
    expect((await post({ message: 'Hi' })).status).toBe(200);
    expect(turns).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH'])('the method %s', async (method) => {
    const { url, turns } = await startRest();
    const response = await fetch(url, { method });
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    await expectProblem(response, 405, 'method_not_allowed');
    expect(turns).toEqual([]);
  });

  it('a body larger than the limit that was set', async () => {
    const { post } = await startRest(undefined, { bodyLimitBytes: 20 });
    expect((await post('{"message":"1234567"')).status).toBe(400);
    expect((await post('{"message":"123456"}')).status).toBe(200);
    await expectProblem(await post('{"message":"1234567"}'), 413, 'body_too_large');
  });

  it('one message more than may wait in a conversation', async () => {
    const started = deferred();
    const gate = deferred();
    const assistant = async (): Promise<void> => {
      started.resolve();
      await gate.promise;
    };
    const { post, turns } = await startRest(assistant, {}, { turns: { maxQueued: 0 } });
    const first = post({ sender: 'ada', message: '1' });
    await started.promise;
    for (const query of ['', '?stream=true', '?stream=sse']) {
      const refused = await post({ sender: 'ada', message: '2' }, { query });
      expect(refused.headers.get('retry-after')).toBe('1');
      await expectProblem(refused, 429, 'queue_full');
    }
    gate.resolve();
    expect((await first).status).toBe(200);
    expect(turns).toHaveLength(1);
  });

  it('one message more than may wait at all', async () => {
    const started = deferred();
    const gate = deferred();
    const assistant = async (): Promise<void> => {
      started.resolve();
      await gate.promise;
    };
    const { post } = await startRest(assistant, {}, { turns: { maxWaiting: 1 } });
    const first = post({ sender: 'ada', message: '1' });
    await started.promise;
    const refused = await post({ sender: 'ben', message: '2' });
    expect(refused.headers.get('retry-after')).toBe('1');
    await expectProblem(refused, 503, 'too_many_waiting');
    gate.resolve();
    await first;
  });

  it('a message while the server is shutting down', async () => {
    const started = deferred();
    const gate = deferred();
    const server = await startRest(async () => {
      started.resolve();
      await gate.promise;
    });
    // A server of its own, since one that listen() started takes no more connections.
    const { createServer } = await import('node:http');
    const own = createServer(server.line.handler());
    await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
    const { port } = own.address() as { port: number };
    const post = (query: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/webhooks/rest/webhook${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"message":"Hi"}',
      });
    const running = post('');
    await started.promise;
    const closed = server.line.close();
    for (const query of ['', '?stream=true', '?stream=sse']) {
      const refused = await post(query);
      expect(refused.headers.get('retry-after')).toBe('5');
      await expectProblem(refused, 503, 'shutting_down');
    }
    gate.resolve();
    expect((await running).status).toBe(200);
    await closed;
    own.closeAllConnections();
    await new Promise((resolve) => own.close(resolve));
    expect(server.turns).toHaveLength(1);
  });
});
