import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { textFrame } from '../src/text-frame.ts';

let server: WebSocketServer;
let client: WebSocket;
/** What the server's end of the connection writes to. */
let stream: Socket;

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connected = once(server, 'connection');
  client = new WebSocket(`ws://127.0.0.1:${port}`);
  const [, req] = (await connected) as [WebSocket, IncomingMessage];
  stream = req.socket;
  await once(client, 'open');
});

afterAll(() => {
  client.terminate();
  server.close();
});

/** What a client gets. */
async function sent(text: string): Promise<{ text: string; isBinary: boolean }> {
  const heard = once(client, 'message');
  stream.write(textFrame(text));
  const [data, isBinary] = (await heard) as [Buffer, boolean];
  return { text: data.toString(), isBinary };
}

it.each([0, 1, 125, 126, 127, 65_535, 65_536, 100_000])(
  'comes as it was written, with %i bytes',
  async (length) => {
    const text = 'x'.repeat(length);
    expect(await sent(text)).toEqual({ text, isBinary: false });
  },
);

it('comes as it was written, whatever it says', async () => {
  const texts = fc.string({ unit: 'grapheme', maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      expect(await sent(text)).toEqual({ text, isBinary: false });
    }),
  );
});
