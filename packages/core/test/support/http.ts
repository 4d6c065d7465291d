import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export function portOf(server: Server): number {
  // A TCP server that listens has an address of this form.
  return (server.address() as AddressInfo).port;
}

export function urlOf(server: Server): string {
  return `http://127.0.0.1:${portOf(server)}`;
}

/** A server on a free port, and what ends it and every connection to it. */
export async function serve(
  listener: RequestListener,
): Promise<{ server: Server; url: string; stop: () => Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: urlOf(server), stop: () => stop(server) };
}

export async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/** A connection without an HTTP client, whose answer can be waited for. */
export interface RawConnection {
  socket: Socket;
  /** Resolves with everything, once it contains `expected` or the other side has ended. */
  until: (expected: string) => Promise<string>;
  /** Resolves with everything, once the connection is over. */
  ended: Promise<string>;
}

export async function openRaw(port: number, bytes: string | Buffer = ''): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let received = '';
  const listeners = new Set<() => void>();
  const notify = (): void => listeners.forEach((listener) => listener());
  let isOver = false;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    notify();
  });
  const ended = new Promise<string>((resolve) => {
    const over = (): void => {
      isOver = true;
      notify();
      resolve(received);
    };
    socket.on('end', over);
    socket.on('close', over);
    socket.on('error', over);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  if (bytes.length > 0) socket.write(bytes);
  const until = (expected: string): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!received.includes(expected) && !isOver) return;
        listeners.delete(look);
        resolve(received);
      };
      listeners.add(look);
      look();
    });
  return { socket, until, ended };
}
