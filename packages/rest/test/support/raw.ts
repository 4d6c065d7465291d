import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  socket: Socket;
  /** Resolves with everything, once it contains `expected` or the other side has ended. */
  until: (expected: string) => Promise<string>;
  /** Resolves with everything, once the other side has ended. */
  ended: Promise<string>;
}

/** Sends bytes as they are, without an HTTP client. */
export async function sendRaw(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let received = '';
  let isOver = false;
  const looks = new Set<() => void>();
  const notify = (): void => looks.forEach((look) => look());
  let onEnded = (_text: string): void => {};
  const ended = new Promise<string>((resolve) => (onEnded = resolve));
  const onOver = (): void => {
    isOver = true;
    notify();
    onEnded(received);
  };
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('utf8');
    notify();
  });
  socket.on('end', onOver).on('close', onOver).on('error', onOver);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  socket.write(bytes);
  const until = (expected: string): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isOver && !received.includes(expected)) return;
        looks.delete(look);
        resolve(received);
      };
      looks.add(look);
      look();
    });
  return { socket, until, ended };
}
