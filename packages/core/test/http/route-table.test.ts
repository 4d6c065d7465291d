import { ConfigurationError, type Route } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { RouteTable } from '../../src/http/route-table.ts';
import { pathOf } from '../../src/http/path.ts';
import { serve } from '../support/http.ts';

const route = (method: string, path: string, text = `${method} ${path}`): Route => ({
  method,
  path,
  handle: (_req, res) => void res.end(text),
});

async function ask(table: RouteTable, method: string, path: string): Promise<Response | 'unknown'> {
  const { url, stop } = await serve((req, res) => {
    const found = table.find(pathOf(req));
    if (found === undefined) res.writeHead(410).end();
    else void found.handle(req, res);
  });
  try {
    const response = await fetch(url + path, { method });
    if (response.status === 410) return 'unknown';
    const text = await response.text();
    return new Response(text === '' ? null : text, response);
  } finally {
    await stop();
  }
}

async function textAt(table: RouteTable, path: string, method = 'GET'): Promise<string> {
  const response = await ask(table, method, path);
  return response === 'unknown' ? response : await response.text();
}

describe('RouteTable', () => {
  it('finds a path with and without a slash at its end', async () => {
    const table = new RouteTable();
    table.add('/webhooks/rest', route('GET', '/', 'health'));
    table.add('/webhooks/rest', route('GET', '/webhook', 'hook'));
    expect(await textAt(table, '/webhooks/rest')).toBe('health');
    expect(await textAt(table, '/webhooks/rest/')).toBe('health');
    expect(await textAt(table, '/webhooks/rest/webhook/')).toBe('hook');
    expect(await textAt(table, '/webhooks/rest//')).toBe('unknown');
    expect(await textAt(table, '/webhooks')).toBe('unknown');
    expect(await textAt(table, '/webhooks/REST')).toBe('unknown');
  });

  it('finds the root', async () => {
    const table = new RouteTable();
    table.add('', route('GET', '/', 'root'));
    expect(await textAt(table, '/')).toBe('root');
    expect(await textAt(table, '/a')).toBe('unknown');
  });

  it('tries paths that end in /* afterwards, the longest first', async () => {
    const table = new RouteTable();
    table.add('/a', route('GET', '/*', 'a'));
    table.add('/a', route('GET', '/b/*', 'b'));
    table.add('/a', route('GET', '/b/exact', 'exact'));
    expect(await textAt(table, '/a/x/y')).toBe('a');
    expect(await textAt(table, '/a/b/x')).toBe('b');
    expect(await textAt(table, '/a/b/exact')).toBe('exact');
    expect(await textAt(table, '/a')).toBe('unknown');
  });

  it('keeps the methods of one path apart, also below /*', async () => {
    const table = new RouteTable();
    for (const path of ['/x', '/y/*']) {
      table.add('', route('GET', path));
      table.add('', route('POST', path));
    }
    expect(await textAt(table, '/x', 'POST')).toBe('POST /x');
    expect(await textAt(table, '/y/1', 'GET')).toBe('GET /y/*');
    expect(await textAt(table, '/y/1', 'POST')).toBe('POST /y/*');
  });

  it('answers 405 with what is allowed, and OPTIONS', async () => {
    const table = new RouteTable();
    table.add('', route('GET', '/x'));
    table.add('', route('POST', '/x'));
    table.add('', route('POST', '/only-post'));
    const wrong = (await ask(table, 'DELETE', '/x')) as Response;
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS');
    expect(await wrong.json()).toMatchObject({ status: 405, code: 'method_not_allowed' });
    const head = (await ask(table, 'HEAD', '/only-post')) as Response;
    expect(head.status).toBe(405);
    const options = (await ask(table, 'OPTIONS', '/only-post')) as Response;
    expect(options.status).toBe(204);
    expect(options.headers.get('allow')).toBe('POST, OPTIONS');
  });

  it('answers HEAD as GET without a body, and OPTIONS as told', async () => {
    const table = new RouteTable();
    table.add('', route('GET', '/x'));
    table.add('', {
      method: 'OPTIONS',
      path: '/x',
      handle: (_req, res) => void res.writeHead(204, { 'x-own': 'yes' }).end(),
    });
    const head = (await ask(table, 'HEAD', '/x')) as Response;
    expect([head.status, await head.text()]).toEqual([200, '']);
    const options = (await ask(table, 'OPTIONS', '/x')) as Response;
    expect(options.headers.get('x-own')).toBe('yes');
  });

  it('refuses two routes for one method and path', () => {
    const table = new RouteTable();
    table.add('/a', route('GET', '/x'));
    expect(() => table.add('/a', route('GET', '/x/'))).toThrow(ConfigurationError);
    expect(() => table.add('', route('GET', '/a/x'))).toThrow('two routes answer GET /a/x');
  });

  it('keeps the this of a route', async () => {
    const table = new RouteTable();
    table.add('', {
      method: 'GET',
      path: '/x',
      text: 'mine',
      handle(_req, res) {
        res.end(this.text);
      },
    } as Route & { text: string });
    expect(await textAt(table, '/x')).toBe('mine');
  });

  it('finds a path with something unknown in its middle, slashes too', async () => {
    const table = new RouteTable();
    table.add('', route('GET', '/users/*/messages', 'messages'));
    table.add('', route('GET', '/users/*/events', 'events'));
    table.add('', route('GET', '/users/*', 'below'));
    table.add('', route('GET', '/users/all/messages', 'exact'));
    for (const [path, text] of [
      ['/users/1/messages', 'messages'],
      ['/users/1/messages/', 'messages'],
      ['/users/1/2/messages', 'messages'],
      ['/users/messages/messages', 'messages'],
      ['/users/1/messages/events', 'events'],
      ['/users/all/messages', 'exact'],
      ['/users/messages', 'below'],
      ['/users//messages', 'below'],
      ['/users/1', 'below'],
    ] as const) {
      expect([path, await textAt(table, path)]).toEqual([path, text]);
    }
    expect(await textAt(table, '/user/1/messages')).toBe('unknown');
  });

  it('prepares every answer at a path, once, also those that no route gives', async () => {
    const table = new RouteTable();
    const prepare: Route['prepare'] = (_req, res) => void res.appendHeader('x-seen', 'yes');
    const failing = (): never => {
      throw new Error('refused');
    };
    for (const path of ['/a', '/b/*']) {
      table.add('', { ...route('GET', path), prepare });
      table.add('', { ...route('POST', path), prepare });
    }
    table.add('', route('GET', '/c'));
    table.add('', { ...route('GET', '/d'), prepare: failing });
    const seen = async (method: string, path: string): Promise<[number, string | null]> => {
      const response = (await ask(table, method, path)) as Response;
      return [response.status, response.headers.get('x-seen')];
    };
    for (const path of ['/a', '/b/x']) {
      expect(await seen('GET', path)).toEqual([200, 'yes']);
      expect(await seen('POST', path)).toEqual([200, 'yes']);
      expect(await seen('PUT', path)).toEqual([405, 'yes']);
      expect(await seen('OPTIONS', path)).toEqual([204, 'yes']);
    }
    expect(await seen('GET', '/c')).toEqual([200, null]);
    expect(() => table.find('/d')?.handle({} as never, {} as never)).toThrow('refused');
  });
});
