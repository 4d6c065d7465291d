import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Roll } from './dice.ts';

/** How often it cuts before it is calm: what is said has to get through in the end. */
const MAX_CUTS = 60;

/** A network that breaks. */
export interface CuttingProxy {
  port: number;
  /** How many connections it has cut. */
  cuts: () => number;
  close: () => Promise<void>;
}

/**
 * Connects each time to one of the ports, and cuts after a number of bytes that is rolled for each
 * direction: in the middle of a frame as well, and before the first is through.
 */
export async function startCuttingProxy(
  ports: () => readonly number[],
  roll: Roll,
): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let cuts = 0;

  const server = createServer((down) => {
    const all = ports();
    const up = connect(all[roll(all.length)] ?? 0, '127.0.0.1');
    const pair = [up, down];
    const end = (): void => {
      for (const socket of pair) {
        socket.destroy();
        open.delete(socket);
      }
    };
    const pass = (from: Socket, to: Socket, bytes: number): void => {
      let left = bytes;
      from.on('data', (data: Buffer) => {
        if (cuts === MAX_CUTS || data.length < left) {
          left -= data.length;
          to.write(data);
          return;
        }
        cuts++;
        // What came before the cut gets through. Now and then the rest too: it is taken, and not answered.
        to.end(roll(2) === 0 ? data : data.subarray(0, left), end);
      });
    };
    pass(up, down, roll(6_000) + 1);
    // The upgrade alone takes some 250.
    pass(down, up, 200 + roll(600));
    for (const socket of pair) {
      open.add(socket);
      socket.on('error', end).on('close', end);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    // A TCP server that listens has an address of this form.
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    close: async () => {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
