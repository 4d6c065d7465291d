import { describe, expect, it } from 'vitest';
import { closeAfterEach, echo, startRest, type RestServer } from './support/server.ts';

closeAfterEach();

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
});
