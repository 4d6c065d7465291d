import {
  Trunkline,
  type Assistant,
  type ErrorContext,
  type TrunklineOptions,
  type TurnReport,
} from '@trunkline/core';
import { WebSocketInput, type WebSocketOptions } from '@trunkline/websocket';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect } from 'vitest';
import type { ClientOptions } from 'ws';
import { Client, cutAll } from './client.ts';

export interface SocketServer {
  line: Trunkline;
  server: Server;
  channel: WebSocketInput;
  port: number;
  /** Of the socket. */
  url: string;
  /** Turns that ended so far. */
  turns: TurnReport[];
  errors: { error: Error; context: ErrorContext }[];
  /** What the channel has logged. */
  reports: unknown[];
  connect: (query?: string, options?: ClientOptions) => Client;
  /** Ends it. */
  stop: () => Promise<void>;
}

const started: Trunkline[] = [];
const clients: Client[] = [];

/** Ends what {@link startSocket} started, and fails where a frame was not as documented. */
export function closeAfterEach(): void {
  afterEach(async () => {
    cutAll();
    for (const line of started.splice(0)) await line.close(0);
    expect(clients.splice(0).flatMap(({ mistakes }) => mistakes)).toEqual([]);
  });
}

export const echo: Assistant = async (message, reply) => {
  await reply.text(`You said: ${message.text}`);
};

/** A line with a WebSocket channel on a free port. */
export async function startSocket(
  assistant: Assistant = echo,
  websocket: WebSocketOptions = {},
  options: Partial<TrunklineOptions> = {},
): Promise<SocketServer> {
  const turns: TurnReport[] = [];
  const errors: SocketServer['errors'] = [];
  const reports: unknown[] = [];
  const ignore = (): void => {};
  const logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields: Readonly<Record<string, unknown>>) => void reports.push(fields['err']),
  };
  const channel = new WebSocketInput({ logger, ...websocket });
  const line = new Trunkline({
    channels: [channel],
    assistant,
    onTurn: (report) => void turns.push(report),
    onError: (error, context) => void errors.push({ error, context }),
    ...options,
  });
  started.push(line);
  const server = await line.listen(0, '127.0.0.1');
  // A TCP server that listens has an address of this form.
  const { port } = server.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/webhooks/${channel.name}/ws`;
  const connect: SocketServer['connect'] = (query = '', clientOptions = {}) => {
    const client = new Client(url + query, clientOptions);
    clients.push(client);
    return client;
  };
  const stop = async (): Promise<void> => {
    started.splice(started.indexOf(line), 1);
    await line.close(0);
  };
  return { line, server, channel, port, url, turns, errors, reports, connect, stop };
}

/** The query that resumes a session. */
export function resuming(
  { session, token }: { session: string; token: string | null },
  seq = 0,
): string {
  return `?session=${session}&token=${token}&seq=${seq}`;
}
