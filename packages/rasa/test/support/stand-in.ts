/*
 * A stand-in for a Rasa server, which cannot be had here: the channels `rest` and `callback` and the
 * parts of the HTTP API that are asked for, byte for byte as Rasa 3 has them, faults included.
 */
import { customJsonText, type JsonValue } from '@trunkline/core';
import { jwtVerify } from 'jose';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BotOutput, type RasaMessage } from './bot-output.ts';

/** What Rasa has heard. */
export interface Heard {
  text: string | null;
  sender: string;
  inputChannel: string;
  metadata: unknown;
}

/** Rasa's model. What it throws is an exception within Rasa. */
export type Agent = (heard: Heard, bot: BotOutput) => Promise<void> | void;

/** Takes a request in Rasa's place: a fault, or what stands in front of Rasa. */
export type Fault = (req: IncomingMessage, res: ServerResponse, body: Buffer) => void;

export interface StandInOptions {
  agent?: Agent | null;
  /** `--enable-api`. */
  api?: boolean;
  /** `--auth-token`. */
  token?: string;
  /** `--jwt-secret`, HS256. */
  jwtSecret?: string;
  /** The `url` of `callback:` in Rasa's credentials. */
  callbackUrl?: string;
  intents?: (string | Record<string, unknown>)[];
}

const echo: Agent = ({ text }, bot) => bot.utter({ text: `You said: ${text ?? ''}` });

export class RasaStandIn {
  /** `null`: no model is loaded. */
  agent: Agent | null;
  callbackUrl: string | undefined;
  /** What it was asked, as `POST /webhooks/rest/webhook?stream=true`. */
  readonly requests: string[] = [];
  readonly heard: Heard[] = [];
  /** The next requests meet these instead of Rasa. */
  readonly faults: Fault[] = [];
  /** Its tracker store: written at the end of a turn. */
  readonly trackers: Map<string, RasaMessage[]> = new Map();
  /** What `callback` was answered. */
  readonly callbackStatuses: number[] = [];

  /** How many requests to the API had no good token. */
  refused = 0;
  /** How many answers were not waited for. */
  abandoned = 0;

  readonly #options: StandInOptions;
  readonly #server: Server;
  #port = 0;

  private constructor(options: StandInOptions) {
    this.#options = options;
    this.agent = options.agent === undefined ? echo : options.agent;
    this.callbackUrl = options.callbackUrl;
    this.#server = createServer((req, res) => {
      void this.#receive(req, res).catch((error: unknown) => {
        sanicError(res, 500, 'Internal Server Error', String(error));
      });
    });
    // Sanic's own. No test waits for it: a connection that is let go was let go by the client.
    this.#server.keepAliveTimeout = 120_000;
  }

  static async start(options: StandInOptions = {}): Promise<RasaStandIn> {
    const rasa = new RasaStandIn(options);
    await rasa.listen();
    return rasa;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Open connections. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  /** Starts it, again on the same port if it was stopped. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Kills it. */
  async stop(): Promise<void> {
    const stopped = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await stopped;
  }

  /** A reminder, or `trigger_intent?output_channel=callback`: the bot speaks through `callback`. */
  async proactive(sender: string, agent: (bot: BotOutput) => Promise<void>): Promise<void> {
    const bot = new BotOutput(sender, (message) => this.#callBack(message), false);
    await agent(bot);
    this.#save(sender, bot.events);
  }

  async #receive(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.requests.push(`${req.method} ${req.url}`);
    res.on('close', () => {
      if (!res.writableEnded) this.abandoned++;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const fault = this.faults.shift();
    if (fault !== undefined) {
      fault(req, res, body);
      return;
    }
    const { pathname, searchParams: query } = new URL(req.url ?? '/', this.url);
    const route = `${req.method} ${pathname}`;
    if (route === 'GET /webhooks/rest/') sanicJson(res, 200, { status: 'ok' });
    else if (route === 'POST /webhooks/rest/webhook') await this.#rest(res, query, body);
    else if (route === 'POST /webhooks/callback/webhook') await this.#callback(res, body);
    else if (this.#options.api === true) await this.#api(req, res, query, body);
    else sanicError(res, 404, 'Not Found', `Requested URL ${pathname} not found`);
  }

  async #rest(res: ServerResponse, query: URLSearchParams, body: Buffer): Promise<void> {
    const heard = heardFrom(body, 'rest');
    if (query.get('stream')?.toLowerCase() !== 'true') {
      const messages: RasaMessage[] = [];
      const bot = new BotOutput(heard.sender, (message) => void messages.push(message), false);
      // Whatever fails: 200, with what there is.
      await this.#handle(heard, bot).catch(() => {});
      sanicJson(res, 200, messages);
      return;
    }
    // Sanic sends the head with the first line.
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const bot = new BotOutput(
      heard.sender,
      (message) => void res.write(`${customJsonText(message as JsonValue)}\n`),
      true,
    );
    try {
      await this.#handle(heard, bot);
    } catch {
      // DONE is never put into the queue: the response stays open.
      return;
    }
    res.end();
  }

  async #callback(res: ServerResponse, body: Buffer): Promise<void> {
    const { sender, text } = heardFrom(body, 'callback');
    const heard = { sender, text, inputChannel: 'callback', metadata: null };
    const bot = new BotOutput(sender, (message) => this.#callBack(message), false);
    await this.#handle(heard, bot);
    res.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('success');
  }

  /** One POST a message; a status of 400 and more is logged, and that is all. */
  async #callBack(message: RasaMessage): Promise<void> {
    const response = await fetch(this.callbackUrl ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: customJsonText(message as JsonValue),
    });
    this.callbackStatuses.push(response.status);
    await response.arrayBuffer();
  }

  async #handle(heard: Heard, bot: BotOutput): Promise<void> {
    // "Ignoring message as there is no agent to handle it."
    if (this.agent === null) return;
    this.heard.push(heard);
    if (heard.text === null) throw new TypeError("'NoneType' object has no attribute 'startswith'");
    await this.agent(heard, bot);
    const { text, inputChannel: input_channel, metadata } = heard;
    this.#save(heard.sender, [{ event: 'user', text, input_channel, metadata }, ...bot.events]);
  }

  #save(sender: string, events: RasaMessage[]): void {
    this.trackers.set(sender, [...(this.trackers.get(sender) ?? []), ...events]);
  }

  async #api(
    req: IncomingMessage,
    res: ServerResponse,
    query: URLSearchParams,
    body: Buffer,
  ): Promise<void> {
    if (!(await this.#isLetIn(req, query))) {
      this.refused++;
      apiError(res, 401, 'NotAuthenticated', 'User is not authenticated.');
      return;
    }
    // Not decoded, as in Sanic since 21.
    const path = (req.url ?? '').split('?', 1)[0] ?? '';
    const [, id, what] = /^\/conversations\/(.+)\/(tracker|trigger_intent)$/.exec(path) ?? [];
    if (id !== undefined && what === 'tracker') sanicJson(res, 200, this.#tracker(id));
    else if (id !== undefined) await this.#trigger(res, id, query, body);
    else if (path === '/domain' && req.headers.accept?.endsWith('json') !== true) {
      apiError(res, 406, 'NotAcceptable', 'Invalid Accept header.');
    } else if (path === '/domain') sanicJson(res, 200, { intents: this.#options.intents ?? [] });
    else if (path === '/status' && this.agent === null) {
      apiError(res, 409, 'Conflict', 'No agent loaded. To continue processing, load a model.');
    } else if (path === '/status') sanicJson(res, 200, { model_file: 'model.tar.gz' });
    else sanicError(res, 404, 'Not Found', `Requested URL ${path} not found`);
  }

  async #trigger(
    res: ServerResponse,
    id: string,
    query: URLSearchParams,
    body: Buffer,
  ): Promise<void> {
    const { name, entities } = JSON.parse(String(body)) as RasaMessage;
    const known = (this.#options.intents ?? []).map((intent) =>
      typeof intent === 'string' ? intent : Object.keys(intent)[0],
    );
    if (typeof name !== 'string') {
      apiError(res, 400, 'BadRequest', 'Missing intent.', { parameter: 'name', in: 'body' });
    } else if (!known.includes(name)) {
      apiError(res, 404, 'NotFound', 'The intent was not found in the domain.');
    } else {
      const messages: RasaMessage[] = [];
      const isCallback = query.get('output_channel') === 'callback';
      const put = isCallback
        ? (message: RasaMessage): Promise<void> => this.#callBack(message)
        : (message: RasaMessage): void => void messages.push(message);
      const bot = new BotOutput(id, put, false);
      const heard = {
        text: `EXTERNAL: ${name}`,
        sender: id,
        inputChannel: 'rest',
        metadata: entities,
      };
      await this.#handle(heard, bot);
      sanicJson(res, 200, { tracker: this.#tracker(id), messages });
    }
  }

  #tracker(sender: string): RasaMessage {
    return { sender_id: sender, slots: {}, events: this.trackers.get(sender) ?? [] };
  }

  async #isLetIn(req: IncomingMessage, query: URLSearchParams): Promise<boolean> {
    const { token, jwtSecret } = this.#options;
    if (token === undefined && jwtSecret === undefined) return true;
    if (token !== undefined && query.get('token') === token) return true;
    const bearer = req.headers.authorization?.replace('Bearer ', '');
    if (jwtSecret === undefined || bearer === undefined) return false;
    const key = new TextEncoder().encode(jwtSecret);
    const { payload } = await jwtVerify(bearer, key, { algorithms: ['HS256'] });
    return (payload['user'] as { role?: string } | undefined)?.role === 'admin';
  }
}

function heardFrom(body: Buffer, channel: string): Heard {
  const { sender, message, input_channel, metadata } = JSON.parse(String(body)) as RasaMessage;
  const inputChannel = typeof input_channel === 'string' && input_channel ? input_channel : channel;
  const text = typeof message === 'string' ? message.trim() : null;
  const id = typeof sender === 'string' ? sender : 'default';
  return { text, sender: id, inputChannel, metadata: metadata ?? null };
}

function sanicJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sanicError(res: ServerResponse, status: number, title: string, message: string): void {
  if (!res.headersSent) sanicJson(res, status, { description: title, status, message });
}

function apiError(
  res: ServerResponse,
  code: number,
  reason: string,
  message: string,
  details: RasaMessage = {},
): void {
  const body = { version: '3.7.0', status: 'failure', message, reason, details, help: null, code };
  sanicJson(res, code, body);
}
