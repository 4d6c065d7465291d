import {
  Trunkline,
  type Assistant,
  type ErrorContext,
  type TrunklineOptions,
  type TurnReport,
} from '@trunkline/core';
import { RestInput, type RestOptions } from '@trunkline/rest';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

export interface RestServer {
  line: Trunkline;
  server: Server;
  port: number;
  /** Of the webhook. */
  url: string;
  /** Turns that ended so far. */
  turns: TurnReport[];
  errors: { error: Error; context: ErrorContext }[];
  post: (body: unknown, init?: PostInit) => Promise<Response>;
}

interface PostInit {
  query?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const lines: Trunkline[] = [];

/** Ends what {@link startRest} started in this file. */
export function closeAfterEach(): void {
  afterEach(async () => {
    for (const line of lines.splice(0)) await line.close(0);
  });
}

export const echo: Assistant = async (message, reply) => {
  await reply.text(`You said: ${message.text}`);
};

/** A line with a REST channel on a free port. */
export async function startRest(
  assistant: Assistant = echo,
  rest: RestOptions = {},
  options: Partial<TrunklineOptions> = {},
): Promise<RestServer> {
  const turns: TurnReport[] = [];
  const errors: RestServer['errors'] = [];
  const line = new Trunkline({
    channels: [new RestInput(rest)],
    assistant,
    onTurn: (report) => void turns.push(report),
    onError: (error, context) => void errors.push({ error, context }),
    ...options,
  });
  lines.push(line);
  const server = await line.listen(0, '127.0.0.1');
  // A TCP server that listens has an address of this form.
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/webhooks/${rest.name ?? 'rest'}/webhook`;
  const post: RestServer['post'] = (body, { query = '', headers = {}, signal } = {}) =>
    fetch(url + query, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  return { line, server, port, url, turns, errors, post };
}
