import {
  CollectingOutputChannel,
  InputChannel,
  readJson,
  sendJson,
  UserMessage,
  type JsonObject,
  type Route,
  type Turns,
  type UpgradeHandler,
} from '@trunkline/core';

/** Answers a posted `{ sender, text }` with what was said. */
export class EchoInput extends InputChannel {
  readonly name: string;
  readonly #prefix: string | null;
  /** Told in place of the channel's own readiness. */
  override ready?: () => Promise<void>;
  override close?: () => Promise<void>;

  constructor(name = 'echo', urlPrefix: string | null = null) {
    super();
    this.name = name;
    this.#prefix = urlPrefix;
  }

  override urlPrefix(): string {
    return this.#prefix ?? this.name;
  }

  override routes(turns: Turns): Route[] {
    return [
      { method: 'GET', path: '/', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
      {
        method: 'POST',
        path: '/webhook',
        handle: async (req, res) => {
          const body = (await readJson(req, {
            channel: this.name,
            limitBytes: 1000,
          })) as JsonObject;
          const outputChannel = new CollectingOutputChannel(this.name);
          const { sender, text } = body as { sender?: string; text?: string };
          await turns.run(
            new UserMessage({ senderId: sender ?? null, text: text ?? null, outputChannel }),
          );
          sendJson(res, 200, outputChannel.messages);
        },
      },
    ];
  }
}

/** Takes over connections at `/ws` and echoes what comes, without a protocol. */
export class SocketInput extends EchoInput {
  override upgrade(_turns: Turns): UpgradeHandler {
    return {
      path: '/ws',
      handle: (_req, socket) => {
        socket.on('error', () => {});
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
        );
        socket.on('end', () => socket.end());
        socket.on('data', (chunk: Buffer) => void socket.write(`echo ${chunk.toString()}`));
      },
    };
  }
}

export function postJson(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

export const upgradeTo = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`;
