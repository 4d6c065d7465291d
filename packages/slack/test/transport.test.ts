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
});
