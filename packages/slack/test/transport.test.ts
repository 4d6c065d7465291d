import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createTransport } from '../src/http/transport.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A Slack that remembers the requests, with their headers as they came. */
async function slack(seen: IncomingMessage[]): Promise<string> {
  return await listening(
    createServer((req, res) => {
      seen.push(req);
      req.resume().on('end', () => res.end('{"ok":true}'));
    }),
  );
}

/** A proxy that connects to wherever it is asked to. */
async function proxyTo(connected: (string | undefined)[]): Promise<string> {
  const proxy = createServer().on('connect', ({ url }: IncomingMessage, client) => {
    connected.push(url);
    const { hostname, port } = new URL(`http://${url}`);
    const server = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.pipe(client).pipe(server);
    });
    for (const end of [server, client]) end.on('error', () => {});
  });
  return await listening(proxy);
}

describe('a request to Slack', () => {
  it.each([false, true])(
    'has the one content type that it was given (proxy: %s)',
    async (isProxied) => {
      const seen: IncomingMessage[] = [];
      const connected: (string | undefined)[] = [];
      const apiUrl = `${await slack(seen)}/api/`;
      const proxy = isProxied ? await proxyTo(connected) : null;
      const transport = await createTransport({ apiUrl, proxy, timeoutMs: 5_000, maxRequests: 1 });
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const answer = await transport.fetch(`${apiUrl}auth.test`, { headers, body: 'a=b' });
      await transport.close();
      expect(await answer.json()).toEqual({ ok: true });
      expect(connected).toHaveLength(isProxied ? 1 : 0);
      const [request] = seen;
      expect(request?.headersDistinct['content-type']).toEqual([headers['Content-Type']]);
    },
  );

  it.each([false, true])(
    'calls a method of the API with its token (proxy: %s)',
    async (isProxied) => {
      const seen: IncomingMessage[] = [];
      const connected: (string | undefined)[] = [];
      const apiUrl = `${await slack(seen)}/gov/api/`;
      const proxy = isProxied ? await proxyTo(connected) : null;
      const transport = await createTransport({ apiUrl, proxy, timeoutMs: 5_000, maxRequests: 1 });
      const answer = await transport.post('auth.test', 'xoxb-1', 'a=b');
      await transport.close();
      expect(answer).toEqual({ status: 200, retryAfterMs: null, text: '{"ok":true}' });
      expect(connected).toHaveLength(isProxied ? 1 : 0);
      const [request] = seen;
      expect([request?.method, request?.url]).toEqual(['POST', '/gov/api/auth.test']);
      expect(request?.headers).toMatchObject({
        authorization: 'Bearer xoxb-1',
        'content-type': 'application/x-www-form-urlencoded',
      });
    },
  );

  it.each([
    ['7', 7_000],
    ['', 5_000],
  ])(
    'says how long Slack wants to be left alone (Retry-After: %s)',
    async (header, retryAfterMs) => {
      const url = await listening(
        createServer((req, res) => {
          if (header !== '') res.setHeader('retry-after', header);
          res.statusCode = 429;
          req.resume().on('end', () => res.end());
        }),
      );
      const options = { apiUrl: `${url}/api/`, proxy: null, timeoutMs: 5_000, maxRequests: 1 };
      const transport = await createTransport(options);
      const answer = await transport.post('auth.test', 'xoxb-1', 'a=b');
      await transport.close();
      expect(answer).toEqual({ status: 429, retryAfterMs, text: '' });
    },
  );

  it('reads an answer that comes in pieces, one of which ends within a character', async () => {
    const body = Buffer.from('{"ok":true,"text":"Grüße"}');
    const cut = body.indexOf(0xc3) + 1;
    const url = await listening(
      createServer((req, res) => {
        req.resume().on('end', () => {
          // Interim answers are none.
          res.writeEarlyHints({ link: '</style.css>; rel=preload' });
          res.write(
            body.subarray(0, cut),
            () => void setImmediate(() => res.end(body.subarray(cut))),
          );
        });
      }),
    );
    const options = { apiUrl: `${url}/api/`, proxy: null, timeoutMs: 5_000, maxRequests: 1 };
    const transport = await createTransport(options);
    const answer = await transport.post('auth.test', 'xoxb-1', 'a=b');
    await transport.close();
    expect(answer).toEqual({ status: 200, retryAfterMs: null, text: body.toString() });
  });

  it.each([
    ['breaks off', 'UND_ERR_SOCKET'],
    ['never begins', 'UND_ERR_HEADERS_TIMEOUT'],
    ['stops coming', 'UND_ERR_BODY_TIMEOUT'],
  ])('fails where the answer %s', async (what, code) => {
    const url = await listening(
      createServer((req, res) => {
        req.resume().on('end', () => {
          if (what === 'never begins') return;
          const written = res.writeHead(200, { 'content-length': 11 });
          written.write('{"ok":', () => void (what === 'breaks off' && res.destroy()));
        });
      }),
    );
    const timeoutMs = what === 'breaks off' ? 5_000 : 100;
    const options = { apiUrl: `${url}/api/`, proxy: null, timeoutMs, maxRequests: 1 };
    const transport = await createTransport(options);
    await expect(transport.post('auth.test', 'xoxb-1', 'a=b')).rejects.toMatchObject({ code });
    for (const body of ['a=b', Buffer.from('a film')]) {
      const answer = transport.fetch(`${url}/api/auth.test`, { headers: {}, body });
      await expect(answer).rejects.toMatchObject({ code });
    }
    await transport.close();
  });

  it.each([
    ['a method', 'post'],
    ["Slack's client", 'fetch'],
    ['an upload', 'upload'],
  ])('fails where the answer to %s has no end, and keeps no more of it', async (_, way) => {
    // Far over the limit: whoever keeps all of it is given an end.
    const most = 64 * 1024 * 1024;
    let written = 0;
    const url = await listening(
      createServer((req, res) => {
        const more = (): void => {
          let hasRoom = true;
          while (hasRoom && written < most && !res.destroyed) {
            written += 65_536;
            hasRoom = res.write(Buffer.alloc(65_536, ' '));
          }
          if (written >= most) res.end();
        };
        res.on('drain', more);
        req.resume().on('end', more);
      }),
    );
    const options = { apiUrl: `${url}/api/`, proxy: null, timeoutMs: 5_000, maxRequests: 1 };
    const transport = await createTransport(options);
    const body = way === 'upload' ? Buffer.from('a film') : 'a=b';
    const answer =
      way === 'post'
        ? transport.post('auth.test', 'xoxb-1', 'a=b')
        : transport.fetch(`${url}/api/auth.test`, { headers: {}, body });
    await expect(answer).rejects.toThrow('an answer of over');
    await transport.close();
    expect(written).toBeLessThan(most);
  });

  // The story: a film of 50 MB went over a line of 20 Mbit/s. After ten seconds it was broken off, and begun again,
  // and again.
  it('has time for a large body, as a slow line takes it', async () => {
    let received = 0;
    const url = await listening(
      createServer((req, res) => {
        const read = (): void => {
          const chunk = req.read() as Buffer | null;
          received += chunk?.length ?? 0;
          if (!req.readableEnded) setTimeout(read, 2);
        };
        read();
        req.on('end', () => res.end());
      }),
    );
    const options = { apiUrl: `${url}/api/`, proxy: null, timeoutMs: 100, maxRequests: 1 };
    const transport = await createTransport(options);
    const body = Buffer.alloc(32 * 1024 * 1024);
    const answer = await transport.fetch(`${url}/upload`, { headers: {}, body });
    await transport.close();
    expect([answer.status, received]).toEqual([200, body.length]);
  });

  it('fails where undici refuses to write it', async () => {
    const apiUrl = `${await slack([])}/api/`;
    const options = { apiUrl, proxy: null, timeoutMs: 5_000, maxRequests: 1 };
    const transport = await createTransport(options);
    const refused = transport.post('auth.test', 'xoxb-1\nx: y', 'a=b');
    await expect(refused).rejects.toMatchObject({ code: 'UND_ERR_INVALID_ARG' });
    await transport.close();
    const late = transport.post('auth.test', 'xoxb-1', 'a=b');
    await expect(late).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });
  });
});
