import { MalformedPayloadError, type Route } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { routesAsMiddleware } from '../../src/http/middleware.ts';
import { serve } from '../support/http.ts';

async function ask(handle: Route['handle'], path = '/x'): Promise<Response> {
  const middleware = routesAsMiddleware([{ method: 'GET', path: '/x', handle }]);
  const { url, stop } = await serve((req, res) => {
    middleware(req, res, () => res.writeHead(404).end('next'));
  });
  try {
    const response = await fetch(url + path);
    return new Response(await response.text(), response);
  } finally {
    await stop();
  }
}

describe('routesAsMiddleware', () => {
  it('answers what it knows and leaves the rest', async () => {
    expect(await (await ask((_req, res) => void res.end('mine'))).text()).toBe('mine');
    expect(await (await ask(() => {}, '/y')).text()).toBe('next');
  });

  it.each([
    [
      'throws',
      () => {
        throw new MalformedPayloadError('m');
      },
    ],
    [
      'rejects',
      async () => {
        throw new MalformedPayloadError('m');
      },
    ],
  ])('answers what a route %s', async (_how, handle) => {
    expect((await ask(handle)).status).toBe(400);
  });

  it('ends a connection whose answer fails half way', async () => {
    const answer = ask(async (_req, res) => {
      res.writeHead(200, { 'content-length': 10 });
      res.write('half');
      throw new Error('oops');
    });
    await expect(answer).rejects.toThrow();
  });
});
