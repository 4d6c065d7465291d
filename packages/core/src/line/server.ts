import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { ConfigurationError, toError } from '../errors.ts';

/** Listens, or says in one sentence why not. */
export function listenOn(server: Server, port: number, host?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const [code, reason] = LISTEN_ERRORS[error.code ?? ''] ?? [];
      reject(
        code === undefined
          ? error
          : new ConfigurationError(`port ${port} ${reason}`, { code, cause: error }),
      );
    };
    server.once('error', onError);
    try {
      server.listen(port, host, () => {
        server.off('error', onError);
        resolve();
      });
    } catch (error) {
      reject(new ConfigurationError(`port ${port} is no port`, { cause: toError(error) }));
    }
  });
}

/** What is to be chosen otherwise, and why. */
const LISTEN_ERRORS: Record<string, [code: 'port' | 'host', reason: string]> = {
  EADDRINUSE: ['port', 'is taken: stop what uses it, or choose another one'],
  EACCES: ['port', 'needs more rights than this process has: choose one above 1023'],
  EADDRNOTAVAIL: ['host', 'cannot be used on that host: it is no address of this machine'],
  ENOTFOUND: ['host', 'cannot be used on that host: there is no such host'],
  EAI_AGAIN: ['host', 'cannot be used on that host: its name cannot be looked up now'],
};

/** How long a connection may take to carry its last answer away, in milliseconds. */
const LAST_ANSWER_MS = 1_000;

/** The connections of a server, also those that somebody has taken over: Node's server knows them no more. */
export function connectionsOf(server: Server): ReadonlySet<Socket> {
  const open = new Set<Socket>();
  // The same for all.
  const forget = function (this: Socket): void {
    open.delete(this);
  };
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', forget);
  });
  return open;
}

/**
 * Takes no more connections. The returned function ends those that are left: at once where they
 * are idle, after the answer where one is on its way, and all after a moment, whoever has them.
 */
export function stopServer(server: Server, connections: ReadonlySet<Socket>): () => Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  return async () => {
    server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const socket of connections) socket.destroy();
    }, LAST_ANSWER_MS);
    await closed;
    clearTimeout(timer);
  };
}
