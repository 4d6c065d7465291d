import {
  isJsonObject,
  MemoryStore,
  sendJson,
  type JsonObject,
  type Route,
  type Turns,
} from '@trunkline/core';
import { inputChannelContract, outputChannelContract, startLine } from '@trunkline/testing';
import { WebSocketInput } from '@trunkline/websocket';
import type { ServerFrame } from '@trunkline/websocket/protocol';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { Client } from './support/client.ts';
import { mistakeIn } from './support/schemas.ts';

expectNoUnhandledRejections();

/** What the assistant says. */
const SAID = new Set<ServerFrame['type']>([
  ...(['text', 'image', 'attachment', 'buttons', 'quick_replies', 'elements', 'custom'] as const),
  ...(['stream_start', 'stream_chunk', 'stream_end'] as const),
]);

/**
 * The contract of input channels speaks HTTP: this one passes a request's body on as a frame, over a
 * socket of the sender's own, and answers what the frame was answered.
 */
class BridgedInput extends WebSocketInput {
  readonly #clients = new Map<string, Client>();

  override routes(turns: Turns): Route[] {
    const handle = (req: IncomingMessage, res: ServerResponse): Promise<void> =>
      this.#pass(req, res);
    // The upgrade is a GET, which is what getMetadata() is told.
    const bridges = ['GET', 'POST'].map((method) => ({ method, path: '/bridge', handle }));
    return [...super.routes(turns), ...bridges];
  }

  /** Everything that the users have seen. */
  async seen(): Promise<ServerFrame[]> {
    const clients = [...this.#clients.values()];
    for (const client of clients) await client.settled();
    return clients.flatMap(({ frames }) => frames.filter(({ type }) => SAID.has(type)));
  }

  override async close(): Promise<void> {
    await super.close();
    const mistakes = [...this.#clients.values()].flatMap((client) => client.mistakes);
    if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  }

  async #pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body: Buffer[] = [];
    for await (const chunk of req) body.push(chunk as Buffer);
    const text = Buffer.concat(body).toString();
    const client = this.#clientOf(text, req.socket.localPort ?? 0);
    // One that was closed for what it sent is no loss.
    if (client.socket.readyState > 1) return sendJson(res, 400, {});
    await client.session();
    const from = client.frames.length;
    client.sendRaw(text);
    // A message that has no name is not acknowledged.
    const isNamed = /"id":"/.test(text);
    if (!isNamed) client.sendRaw('{"type":"ping"}');
    const isAnswer = ({ type }: ServerFrame): boolean =>
      type === 'error' || type === (isNamed ? 'ack' : 'pong');
    const answer = await client
      .until('an answer', () => client.frames.slice(from).some(isAnswer))
      .then(() => client.frames.slice(from).find(isAnswer))
      .catch(() => undefined);
    sendJson(res, statusOf(answer), answer ?? {});
  }

  #clientOf(text: string, port: number): Client {
    const sender = /"sender":"(\w+)"/.exec(text)?.[1] ?? text.slice(0, 40);
    const known = this.#clients.get(sender);
    if (known !== undefined) return known;
    const client = new Client(`ws://127.0.0.1:${port}/webhooks/websocket/ws`);
    this.#clients.set(sender, client);
    return client;
  }
}

/** What an HTTP platform would be told. */
function statusOf(answer: ServerFrame | undefined): number {
  if (answer?.type !== 'error') return 200;
  return answer.code === 'refused' || answer.code === 'unavailable' ? 503 : 400;
}

let count = 0;

describe('WebSocketInput', () => {
  inputChannelContract({
    it,
    create: () => new BridgedInput({ framesPerSecond: Infinity }),
    message: (message, sender) => ({
      path: '/bridge',
      method: 'GET',
      body: { message, sender, id: `m${++count}` },
    }),
    replies: (_answer, channel) => channel.seen(),
    credentials: {
      name: 'chat',
      origins: ['https://example.org'],
      jwt_key: 'x',
      jwt_method: 'HS256',
    },
  });
});

describe('the output of a WebSocketInput', () => {
  outputChannelContract({
    it,
    async create() {
      const channel = new WebSocketInput();
      const { url, close } = await startLine({ channels: [channel], assistant: () => {} });
      const client = new Client(`${url.replace('http', 'ws')}/webhooks/websocket/ws`);
      const { session } = await client.session();
      return {
        output: channel.getOutputChannel({ session }),
        async sent() {
          await client.settled();
          const frames = client.frames.filter(({ type }) => SAID.has(type));
          const mistakes = frames.flatMap((frame) => mistakeIn('server', frame) ?? []);
          if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
          return frames.map(withoutRepetition);
        },
        async close() {
          client.cut();
          await close();
        },
      };
    },
    async createFailing() {
      const channel = new WebSocketInput();
      const store = new MemoryStore();
      store.lists.append = () => Promise.reject(new Error('disk full'));
      const { close } = await startLine({ channels: [channel], assistant: () => {}, store });
      await close();
      return channel.getOutputChannel({ session: 'anybody' });
    },
  });
});

/** A stream's end repeats what its pieces said, and names what nobody reads. */
function withoutRepetition(frame: ServerFrame): JsonObject {
  const { type: _type, ...rest } = frame;
  const json: unknown = JSON.parse(JSON.stringify(rest));
  return isJsonObject(json) ? json : {};
}
