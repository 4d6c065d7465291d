import type { Server } from 'node:http';
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
