import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Route, UpgradeHandler } from '../channel/input-channel.ts';
import { ConfigurationError } from '../errors.ts';
import { callGuarded } from '../guard.ts';
import { pathOf } from '../http/path.ts';
import { sendProblem, type Problem } from '../http/problem.ts';
import { overloaded } from '../turns/admission.ts';

/** What takes connections over, and whose it is. */
interface ChannelUpgrade {
  handler: UpgradeHandler;
  channel: string;
}

/** Told what a channel's handler has thrown. Returns what its client is told. */
type UpgradeFailed = (error: unknown, channel: string, path: string) => Problem;

/** The paths whose connections channels take over, and the servers that they are attached to. */
export class Upgrades {
  /** What our channels are mounted below, or nothing: an unknown path there is refused. */
  readonly #mount: string;
  readonly #handlers = new Map<string, ChannelUpgrade>();
  readonly #attached = new Map<Server, (...event: UpgradeEvent) => void>();
  #isOver = false;
  readonly #onError: UpgradeFailed;

  constructor(mount: string, onError: UpgradeFailed) {
    this.#mount = mount;
    this.#onError = onError;
  }

  /** Adds a channel's handler: like a route, with and without a slash at the end of its path. */
  add(mount: string, handler: UpgradeHandler, channel: string): string {
    const path = (mount + handler.path).replace(/\/+$/, '');
    for (const each of [path || '/', `${path}/`]) this.#handlers.set(each, { handler, channel });
    return path || '/';
  }

  /** Takes part in a server's `upgrade` events. Twice is once. */
  attach(server: Server): void {
    if (this.#handlers.size === 0 || this.#attached.has(server)) return;
    const listener = (...event: UpgradeEvent): void => this.#onUpgrade(server, ...event);
    this.#attached.set(server, listener);
    server.on('upgrade', listener);
  }

  /** Whether it takes part no more: what arrives now is too late, and nobody's mistake. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes part no more. */
  detach(): void {
    this.#isOver = true;
    for (const [server, listener] of this.#attached) server.off('upgrade', listener);
    this.#attached.clear();
  }

  #onUpgrade(server: Server, ...[req, socket, head]: UpgradeEvent): void {
    const path = pathOf(req);
    const known = this.#handlers.get(path);
    if (known !== undefined) {
      const { handler, channel } = known;
      callGuarded(
        () => handler.handle(req, socket, head),
        (error) => {
          const { status, detail } = this.#onError(error, channel, path);
          refuseUpgrade(socket, status, detail);
        },
      );
      return;
    }
    const isOurs = this.#mount !== '' && path.startsWith(`${this.#mount}/`);
    // Node leaves a connection open that no listener takes, so the only listener must end it.
    if (!isOurs && server.listenerCount('upgrade') > 1) return;
    if (/websocket/i.test(req.headers.upgrade ?? '')) refuseUpgrade(socket, 404);
    else answerPlainly(server, req, socket, head);
  }
}

/**
 * Has a request answered as if it had not asked for an upgrade, which a server may ignore. Java's HTTP
 * client offers `h2c` with every request, and Node makes an upgrade of that where anybody listens for
 * upgrades. The request is put back in front of what follows, without the offer.
 *
 * @see RFC 9110, section 7.8
 */
function answerPlainly(server: Server, ...[req, socket, head]: UpgradeEvent): void {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`];
  const { rawHeaders } = req;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== 'upgrade') {
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
    }
  }
  // Node reads header values as latin1.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket);
}

type UpgradeEvent = [req: IncomingMessage, socket: Duplex, head: Buffer];

/** Ends a connection that asked for an upgrade with a plain HTTP status. */
export function refuseUpgrade(socket: Duplex, status: number, detail?: string): void {
  const text = detail ?? STATUS_CODES[status] ?? '';
  socket.on('error', () => {});
  // Else a client that never ends its side would keep the connection.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\n` +
      `content-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

/** What answers a plain request on a path for sockets. */
export function unattachedRoute(path: string, channel: string, upgrades: Upgrades): Route {
  return {
    method: 'GET',
    path,
    handle(req, res) {
      if (req.headers.upgrade !== undefined) {
        if (upgrades.isOver) throw overloaded(channel, 'shutting_down', 5000);
        throw new ConfigurationError(
          'a connection wants to be upgraded, but this server was never attached: call line.attach(server)',
          { channel, code: 'not_attached' },
        );
      }
      const detail = 'this path is for WebSocket connections';
      sendProblem(res, { status: 426, code: 'upgrade_required', detail }, { upgrade: 'websocket' });
    },
  };
}
