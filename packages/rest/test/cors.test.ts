import { sendJson, type Route, type Turns } from '@trunkline/core';
import { RestInput } from '@trunkline/rest';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { closeAfterEach, echo, startRest, type RestServer } from './support/server.ts';

closeAfterEach();

type Init = { body?: string; headers?: Record<string, string> };

const PAGE = 'https://example.org';

function preflight({ url }: RestServer, origin: string, path = ''): Promise<Response> {
  return fetch(path === '' ? url : url.replace(/webhook$/, path), {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  });
}

const allowed = (response: Response): string | null =>
  response.headers.get('access-control-allow-origin');

describe('cors', () => {
  it('is off by default', async () => {
    const server = await startRest();
    expect(allowed(await server.post({}, { headers: { origin: PAGE } }))).toBeNull();
    const answer = await preflight(server, PAGE);
    expect([answer.status, allowed(answer)]).toEqual([204, null]);
  });

  it('lets the pages of a list in, and no others', async () => {
    const server = await startRest(echo, { cors: [PAGE, 'http://localhost:3000'] });
    for (const origin of [PAGE, 'http://localhost:3000']) {
      const response = await server.post({}, { headers: { origin } });
      expect([response.status, allowed(response)]).toEqual([200, origin]);
      expect(response.headers.get('vary')).toBe('origin');
      expect(response.headers.get('access-control-expose-headers')).toContain('x-trunkline-turn');
    }
    for (const origin of ['https://example.org.evil', 'http://example.org', 'null']) {
      const response = await server.post({}, { headers: { origin } });
      expect([allowed(response), response.headers.get('vary')]).toEqual([null, 'origin']);
    }
    expect(allowed(await server.post({}))).toBeNull();
  });

  it('lets every page in', async () => {
    const server = await startRest(echo, { cors: true });
    expect(allowed(await server.post({}, { headers: { origin: PAGE } }))).toBe('*');
    expect(allowed(await server.post({}))).toBe('*');
  });

  it('answers the question whether a page may post', async () => {
    for (const cors of [true, [PAGE]]) {
      const server = await startRest(echo, { cors });
      for (const path of ['', 'cancel_background_tasks/ada']) {
        const answer = await preflight(server, PAGE, path);
        expect(answer.status).toBe(204);
        expect(allowed(answer)).toBe(cors === true ? '*' : PAGE);
        expect(answer.headers.get('access-control-allow-methods')).toBe('POST');
        expect(answer.headers.get('access-control-allow-headers')).toBe(
          'authorization, content-type',
        );
      }
      expect(server.turns).toEqual([]);
    }
  });

  it('lets a page read refusals and streams too', async () => {
    const auth = { type: 'bearer', token: 't' } as const;
    const server = await startRest(echo, { cors: [PAGE], auth });
    const headers = { origin: PAGE };
    expect(allowed(await server.post({}, { headers }))).toBe(PAGE);
    const known = { ...headers, authorization: 'Bearer t' };
    expect(allowed(await server.post('no JSON', { headers: known }))).toBe(PAGE);
    const stream = await server.post({}, { headers: known, query: '?stream=sse' });
    expect([stream.status, allowed(stream)]).toEqual([200, PAGE]);
    await stream.text();
  });

  // The 405 is given for the channel, whose routes know of CORS; a page learned only that something failed.
  it('lets a page read what is wrong with its request, whoever answers it', async () => {
    const server = await startRest(echo, { cors: [PAGE], bodyLimitBytes: 100 });
    const ask = (path: string, method: string, init: Init = {}): Promise<Response> => {
      const url = server.url.replace(/webhook$/, path);
      return fetch(url, { method, ...init, headers: { origin: PAGE, ...init.headers } });
    };
    const sent = (body: string, type = 'application/json'): Promise<Response> =>
      ask('webhook', 'POST', { body, headers: { 'content-type': type } });
    const answers = [
      await ask('', 'GET'),
      await ask('', 'POST'),
      await ask('webhook', 'GET'),
      await ask('cancel_background_tasks/ada', 'GET'),
      await ask('cancel_background_tasks/%ff', 'POST'),
      await sent('no JSON'),
      await sent('[]'),
      await sent('{}', 'text/plain'),
      await sent(`"${'x'.repeat(100)}"`),
      await sent(`"${'x'.repeat(10_000)}"`),
    ];
    expect(answers.map((answer) => [answer.status, allowed(answer)])).toEqual(
      [200, 405, 405, 405, 400, 400, 400, 415, 413, 413].map((status) => [status, PAGE]),
    );
    expect(await answers[2]?.json()).toMatchObject({ detail: expect.stringContaining('use POST') });
    const stranger = await ask('webhook', 'GET', { headers: { origin: 'https://evil.example' } });
    expect([stranger.status, allowed(stranger)]).toEqual([405, null]);
  });

  it('covers the routes of a subclass, in a line and as a blueprint', async () => {
    class Counting extends RestInput {
      override routes(turns: Turns): Route[] {
        const handle: Route['handle'] = (_req, res) => sendJson(res, 200, { count: 1 });
        return [...super.routes(turns), { method: 'GET', path: '/webhook', handle }];
      }
    }
    const channel = new Counting({ cors: true });
    const blueprint = channel.blueprint(async () => {});
    const elsewhere = createServer((req, res) => blueprint(req, res, () => res.destroy()));
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void elsewhere.close());
    // A TCP server that listens has an address of this form.
    const { port } = elsewhere.address() as AddressInfo;
    const { url } = await startRest(echo, {}, { channels: [channel] });
    for (const webhook of [url, `http://127.0.0.1:${port}/webhook`]) {
      const [got, refused] = [await fetch(webhook), await fetch(webhook, { method: 'DELETE' })];
      expect([got.status, allowed(got)]).toEqual([200, '*']);
      expect([refused.status, allowed(refused)]).toEqual([405, '*']);
    }
  });
});
