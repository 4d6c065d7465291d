import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Trunkline, type Handle, type Store } from '@trunkline/core';
import { WebSocketInput, type WebSocketOptions } from '@trunkline/websocket';
import type { RequestListener } from 'node:http';
import { createApp } from '../../../src/app.ts';
import { createAssistant } from '../../../src/assistant.ts';

/** The chat page over an assistant, in this process. */
export interface Site {
  url: string;
  line: Trunkline;
  /** Destroys every socket that is open, as a network does. Resolves to how many there were. */
  cut: () => number;
  close: () => Promise<void>;
}

/** What a site is made of. */
export interface SiteOptions {
  /** @defaultValue the demo */
  assistant?: Handle;
  /** @defaultValue in memory */
  store?: Store;
  /** Of the channel. @defaultValue its own */
  websocket?: WebSocketOptions;
  /** @defaultValue the example server's */
  fallback?: RequestListener;
}

/** Starts a site. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const { assistant = demo(), fallback = createApp(), store, websocket } = options;
  const line = new Trunkline({
    channels: [new WebSocketInput(websocket)],
    assistant,
    ...(store === undefined ? {} : { store }),
  });
  const server = await line.listen(0, { host: '127.0.0.1', fallback });
  const sockets = new Set<Duplex>();
  server.on('upgrade', (_req, socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    line,
    cut: () => {
      const count = sockets.size;
      for (const socket of sockets) socket.destroy();
      return count;
    },
    close: () => line.close(),
  };
}

function demo(): Handle {
  return createAssistant({ pictureUrl: '/pizza.svg' });
}
