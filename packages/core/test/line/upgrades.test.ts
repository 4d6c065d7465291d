import {
  refuseUpgrade,
  Trunkline,
  UnauthenticatedError,
  type Assistant,
  type Hooks,
  type Logger,
  type UpgradeHandler,
} from '@trunkline/core';
import type { Server } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EchoInput, SocketInput, upgradeTo } from '../support/channels.ts';
import { openRaw, portOf, serve, type RawConnection } from '../support/http.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

const assistant: Assistant = () => {};
const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function serverOf(line: Trunkline, isAttached: boolean): Promise<Server> {
  const { server, stop } = await serve(line.handler());
  cleanUps.push(stop);
  if (isAttached) line.attach(server);
  return server;
}

async function open(server: Server, path: string): Promise<RawConnection> {
  const client = await openRaw(portOf(server), upgradeTo(path));
  cleanUps.push(() => void client.socket.destroy());
  return client;
}

describe('upgrades', () => {
  it('are taken over by the channel, with listen() and with attach()', async () => {
    const line = new Trunkline({ channels: [new SocketInput()], assistant });
    cleanUps.push(() => line.close());
    for (const server of [await line.listen(0, '127.0.0.1'), await serverOf(line, true)]) {
      const client = await open(server, '/webhooks/echo/ws?token=1');
      await client.until('101');
      client.socket.write('hello');
      expect(await client.until('echo hello')).toContain('echo hello');
      client.socket.destroy();
    }
  });

  // A plain request to such a path was told that it was for sockets, and a socket that there was nothing.
  it('are taken over as well where the path has a slash at its end', async () => {
    const line = new Trunkline({ channels: [new SocketInput()], assistant });
    const client = await open(await serverOf(line, true), '/webhooks/echo/ws/');
    expect(await client.until('\r\n')).toContain('101');
  });

  it('are taken once, however often a server is attached', async () => {
    const line = new Trunkline({ channels: [new SocketInput()], assistant });
    const server = await serverOf(line, true);
    line.attach(server);
    expect(server.listenerCount('upgrade')).toBe(1);
    const client = await open(server, '/webhooks/echo/ws');
    expect((await client.until('101')).match(/101/g)).toHaveLength(1);
  });

  it('are refused on an unknown path of ours', async () => {
    const line = new Trunkline({ channels: [new SocketInput()], assistant });
    const server = await serverOf(line, true);
    server.on('upgrade', () => {});
    const client = await open(server, '/webhooks/echo/other');
    expect(await client.ended).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  });

  it('are refused anywhere else only where nobody else listens', async () => {
    const line = new Trunkline({ channels: [new SocketInput()], assistant });
    const server = await serverOf(line, true);
    const refused = await open(server, '/theirs');
    expect(await refused.ended).toContain('404');
    server.on('upgrade', (_req, socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Theirs\r\n\r\n');
      cleanUps.push(() => void socket.destroy());
    });
    const theirs = await open(server, '/theirs');
    expect(await theirs.until('Theirs')).toBe('HTTP/1.1 101 Theirs\r\n\r\n');
  });

  it('to something else than a WebSocket are not made, and the request is answered', async () => {
    const echo: Assistant = (message, reply) => reply.text(`You said: ${message.text}`);
    const line = new Trunkline({ channels: [new SocketInput()], assistant: echo });
    const server = await serverOf(line, true);
    const offer =
      'host: x\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AA\r\n';
    const post = `POST /webhooks/echo/webhook HTTP/1.1\r\n${offer}content-type: application/json\r\n`;
    const one = '{"sender":"a","text":"one"}';
    const client = await openRaw(
      portOf(server),
      `${post}content-length: ${one.length}\r\n\r\n${one.slice(0, 9)}`,
    );
    cleanUps.push(() => void client.socket.destroy());
    client.socket.write(one.slice(9));
    expect(await client.until('said: one')).toContain('HTTP/1.1 200');
    // The connection goes on.
    const two = '{"sender":"a","text":"two"}';
    const chunk = `${two.length.toString(16)}\r\n${two}\r\n0\r\n\r\n`;
    client.socket.write(`${post}transfer-encoding: chunked\r\n\r\n${chunk}`);
    await client.until('said: two');
    client.socket.write(`GET /nowhere HTTP/1.1\r\n${offer}\r\n`);
    expect(await client.until('not_found')).toContain('HTTP/1.1 404');
  });

  it('name the cure where the server was never attached', async () => {
    const line = new Trunkline({ channels: [new SocketInput()], assistant });
    const server = await serverOf(line, false);
    const client = await open(server, '/webhooks/echo/ws');
    const answer = await client.until('}');
    expect(answer).toContain('HTTP/1.1 500');
    expect(answer).toContain('"code":"not_attached"');
    expect(answer).toContain('call line.attach(server)');
  });

  // It was reported as a server that was never attached.
  it('are refused while the line closes, and that is nobody’s mistake', async () => {
    const errors: Error[] = [];
    const onError = (error: Error): void => void errors.push(error);
    const line = new Trunkline({ channels: [new SocketInput()], assistant, onError });
    const server = await serverOf(line, true);
    await line.close(0);
    const client = await open(server, '/webhooks/echo/ws');
    const answer = await client.until('}');
    expect(answer).toContain('HTTP/1.1 503');
    expect(answer).toContain('"code":"shutting_down"');
    expect(errors).toEqual([]);
  });

  it('are asked for where a plain request comes', async () => {
    const line = new Trunkline({ channels: [new SocketInput()], assistant });
    const server = await serverOf(line, true);
    const response = await fetch(`http://127.0.0.1:${portOf(server)}/webhooks/echo/ws`);
    expect(response.status).toBe(426);
    expect(response.headers.get('upgrade')).toBe('websocket');
  });

  it('leave a server without such channels as it is', async () => {
    const line = new Trunkline({ channels: [new EchoInput()], assistant });
    const server = await serverOf(line, true);
    expect(server.listenerCount('upgrade')).toBe(0);
    const client = await open(server, '/webhooks/echo/');
    expect(await client.until('"ok"')).toContain('HTTP/1.1 200');
  });

  const oops = async (): Promise<never> => {
    throw new Error('oops');
  };
  it.each<[string, () => void]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['rejects', oops],
  ])('end the connection, and not the process, where the channel %s', async (_how, handle) => {
    class Failing extends EchoInput {
      override upgrade(): UpgradeHandler {
        return { path: '/ws', handle };
      }
    }
    const errors: unknown[] = [];
    const onError: Hooks['onError'] = ({ message }, context) =>
      void errors.push({ message, ...context });
    const line = new Trunkline({ channels: [new Failing()], assistant, onError });
    const server = await serverOf(line, true);
    const client = await open(server, '/webhooks/echo/ws');
    expect(await client.ended).toContain('HTTP/1.1 500');
    const path = '/webhooks/echo/ws';
    expect(errors).toEqual([{ message: 'oops', channel: 'echo', stage: 'request', path }]);
  });

  // Whoever was turned away got no reason, and the log had none either.
  it('are answered and logged as a route is where the client may not have one', async () => {
    class Closed extends EchoInput {
      override upgrade(): UpgradeHandler {
        const error = new UnauthenticatedError('pages of x may not', {
          status: 403,
          code: 'origin',
        });
        return { path: '/ws', handle: () => Promise.reject(error) };
      }
    }
    const warn = vi.fn<Logger['warn']>();
    const onError = vi.fn<NonNullable<Hooks['onError']>>();
    const logger: Logger = { debug() {}, info() {}, warn, error() {} };
    const line = new Trunkline({ channels: [new Closed()], assistant, logger, onError });
    const server = await serverOf(line, true);
    const client = await open(server, '/webhooks/echo/ws');
    const answer = await client.ended;
    expect(answer).toContain('HTTP/1.1 403');
    expect(answer).toContain('pages of x may not');
    const fields = { channel: 'echo', path: '/webhooks/echo/ws', code: 'origin' };
    expect(warn).toHaveBeenCalledExactlyOnceWith(fields, 'pages of x may not');
    expect(onError).not.toHaveBeenCalled();
  });

  it('survive clients that reset the connection', async () => {
    const line = new Trunkline({ channels: [new SocketInput()], assistant });
    const server = await serverOf(line, true);
    for (const path of ['/webhooks/echo/ws', '/webhooks/echo/other', '/']) {
      const client = await open(server, path);
      client.socket.resetAndDestroy();
    }
    const alive = await fetch(`http://127.0.0.1:${portOf(server)}/health`);
    expect(alive.status).toBe(200);
  });
});

describe('refuseUpgrade', () => {
  it('says why, and ends a connection whose other side stays open', async () => {
    const { server, stop } = await serve(() => {});
    cleanUps.push(stop);
    server.on('upgrade', (_req, socket) => refuseUpgrade(socket, 401, 'the tökén is wrong'));
    const client = await open(server, '/');
    const text = Buffer.from(await client.ended, 'latin1').toString('utf8');
    expect(text).toContain('HTTP/1.1 401 Unauthorized\r\n');
    expect(text).toContain('content-length: 20\r\n');
    expect(text.endsWith('\r\n\r\nthe tökén is wrong')).toBe(true);
    await new Promise<void>((resolve) => {
      const look = (): void => {
        server.getConnections((_error, count) => (count === 0 ? resolve() : setImmediate(look)));
      };
      look();
    });
  });
});
