import type { Server } from 'node:http';
import { ConfigurationError, toError } from '../errors.ts';

/** Listens, or says in one sentence why not. */
export function listenOn(server: Server, port: number, host?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const reason = LISTEN_ERRORS[error.code ?? ''];
      reject(
        reason === undefined
          ? error
          : new ConfigurationError(`port ${port} ${reason}`, { code: 'port', cause: error }),
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

const LISTEN_ERRORS: Record<string, string> = {
  EADDRINUSE: 'is taken: stop what uses it, or choose another one',
  EACCES: 'needs more rights than this process has: choose one above 1023',
  EADDRNOTAVAIL: 'cannot be used on that host: it is no address of this machine',
  ENOTFOUND: 'cannot be used on that host: there is no such host',
  EAI_AGAIN: 'cannot be used on that host: its name cannot be looked up now',
};

/** How long a connection may take to carry its last answer away, in milliseconds. */
const LAST_ANSWER_MS = 1_000;

/**
 * Takes no more connections. The returned function ends those that are left: at once where they
 * are idle, after the answer where one is on its way. `endUpgraded` is called for those that Node's
 * server gave away.
 */
export function stopServer(server: Server, endUpgraded: () => void): () => Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  return async () => {
    server.closeIdleConnections();
    const timer = setTimeout(() => {
      server.closeAllConnections();
      endUpgraded();
    }, LAST_ANSWER_MS);
    await closed;
    clearTimeout(timer);
  };
}
