/*
 * Slack, as far as it can be had here: the `emulate` package, with routes of ours for what it lacks
 * (streams, status, 429, tokens that are not known), and a record of every call.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createEmulator, type Emulator } from 'emulate';
import { isJsonObject, type JsonObject } from '@trunkline/core';
import { FakeStreams } from './streams.ts';

export const TOKEN = 'xoxb-test-bot';
export const SECRET = 'foobar';
export const TEAM = 'T000000001';
export const BOT = 'UBOT00001';
export const CHANNEL = 'C000000001';

/** One call of a method of the Web API. */
export interface Call {
  method: string;
  args: JsonObject;
  token: string;
  at: number;
}

/** What a test says to a call instead: an answer, a status with a body, or nothing. */
export type Script = (call: Call) => unknown;

/** A scripted answer that is not JSON with status 200. */
export class Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Record<string, string>;

  constructor(status: number, body = '', headers: Record<string, string> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

interface Context {
  req: { method: string; path: string; raw: Request; header(name: string): string | undefined };
}
interface App {
  use(
    path: string,
    handle: (c: Context, next: () => Promise<void>) => Promise<Response | void>,
  ): void;
}
interface Collection {
  insert(item: object): unknown;
  all(): JsonObject[];
  findOneBy(key: string, value: string): unknown;
}
interface Plugin {
  register(...args: [App, object, { register(subscription: object): void }, ...unknown[]]): void;
}
interface SlackModule {
  slackPlugin: Plugin;
  getSlackStore(store: object): Record<'channels' | 'messages' | 'users', Collection>;
}

const dist = fileURLToPath(new URL('../../node_modules/emulate/dist', import.meta.url));

/** The bundled module of the Slack service: the one with the path of a method in it. */
async function slackModule(): Promise<SlackModule> {
  const name = readdirSync(dist).find(
    (file) =>
      file.endsWith('.js') &&
      readFileSync(join(dist, file), 'utf8').includes('"/api/chat.postMessage"'),
  );
  return (await import(pathToFileURL(join(dist, name ?? '')).href)) as SlackModule;
}

export class Slack {
  readonly calls: Call[] = [];
  readonly streams: FakeStreams = new FakeStreams();
  /** What is at other paths than those of the API: files. */
  readonly pages: Map<string, (url: string, body: string) => Response> = new Map();
  /** With which tokens they were asked for. */
  readonly pageTokens: string[] = [];
  readonly #scripts = new Map<string, Script[]>();
  readonly #tokens = new Set([TOKEN]);
  #emulator: Emulator | null = null;
  #module: SlackModule | null = null;
  #store: object = {};
  #webhooks: { register(subscription: object): void } | null = null;

  static async open(): Promise<Slack> {
    const slack = new Slack();
    const module = await slackModule();
    slack.#module = module;
    const { register } = module.slackPlugin;
    module.slackPlugin.register = (app, store, webhooks, ...rest) => {
      slack.#store = store;
      slack.#webhooks = webhooks;
      app.use('*', (c, next) => slack.#handle(c, next));
      register.call(module.slackPlugin, app, store, webhooks, ...rest);
    };
    try {
      slack.#emulator = await createEmulator({
        service: 'slack',
        port: 0,
        seed: {
          slack: {
            signing_secret: SECRET,
            oauth_apps: [
              {
                app_id: 'A1',
                client_id: 'c',
                client_secret: 's',
                name: 'Trunk',
                redirect_uris: [],
                bot_id: 'B1',
                bot_user_id: BOT,
                bot_name: 'trunk',
              },
            ],
            tokens: [{ token: TOKEN, user: BOT, bot_id: 'B1', bot_user_id: BOT, app_id: 'A1' }],
          },
        },
      });
    } finally {
      module.slackPlugin.register = register;
    }
    return slack;
  }

  get apiUrl(): string {
    return `${this.#emulator?.url}/api/`;
  }

  get url(): string {
    return this.#emulator?.url ?? '';
  }

  /** Sends its events, signed, to a URL. */
  sendEventsTo(url: string): void {
    this.#webhooks?.register({ url, events: ['*'], active: true, owner: 'slack' });
  }

  /** Takes another token. */
  knows(token: string): void {
    this.#tokens.add(token);
  }

  /** Answers calls of a method by a script; one that gives `undefined` leaves the call to the emulator. */
  on(method: string, script: Script): void {
    this.#scripts.set(method, [...(this.#scripts.get(method) ?? []), script]);
  }

  /** Answers the next call of a method, or the next ones. */
  next(method: string, answer: unknown, times = 1): void {
    let left = times;
    this.on(method, (call) => {
      if (left === 0) return undefined;
      left--;
      return typeof answer === 'function' ? (answer as Script)(call) : answer;
    });
  }

  /** The calls of a method, or of all that post. */
  of(method: string): JsonObject[] {
    return this.calls.filter((call) => call.method === method).map(({ args }) => args);
  }

  /** The messages that are in a channel now. */
  messages(channel: string = CHANNEL): JsonObject[] {
    return this.#all('messages').filter((message) => message['channel_id'] === channel);
  }

  /** A message is there, whoever hears of it. */
  put(args: JsonObject): void {
    const { channel: channel_id = '', text = '', metadata = null } = args;
    const message = { ts: '9.9', channel_id, text, metadata, type: 'message', user: BOT };
    const rest = { reply_count: 0, reply_users: [], reactions: [] };
    this.#module?.getSlackStore(this.#store).messages.insert({ ...message, ...rest });
  }

  /** Everything that users can read, in order. */
  texts(channel?: string): string[] {
    return this.messages(channel).map(({ text }) => (typeof text === 'string' ? text : ''));
  }

  async close(): Promise<void> {
    await this.#emulator?.close();
  }

  #all(name: 'channels' | 'messages'): JsonObject[] {
    return this.#module?.getSlackStore(this.#store)[name].all() ?? [];
  }

  async #handle(c: Context, next: () => Promise<void>): Promise<Response | void> {
    const method = /^\/api\/([\w.]+)$/.exec(c.req.path)?.[1];
    const token = /^Bearer (.*)$/.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    const page = this.pages.get(c.req.path);
    if (page !== undefined) {
      this.pageTokens.push(token);
      return page(this.url + c.req.path, await c.req.raw.text());
    }
    if (method === undefined) return await next();
    const call: Call = {
      method,
      args: readForm(await c.req.raw.clone().text()),
      token,
      at: Date.now(),
    };
    this.calls.push(call);
    for (const script of this.#scripts.get(method) ?? []) {
      const answer: unknown = await script(call);
      if (answer instanceof Answer) {
        const { status, headers } = answer;
        return new Response(answer.body, { status, headers });
      }
      if (answer !== undefined) return Response.json(answer);
    }
    if (!this.#tokens.has(call.token)) return Response.json({ ok: false, error: 'invalid_auth' });
    const streamed = this.streams.answer(method, call.args);
    if (streamed !== undefined) return Response.json(streamed);
    if (method === 'assistant.threads.setStatus') return Response.json({ ok: true });
    this.#makeChannel(call.args['channel']);
    return await next();
  }

  /** Every channel is there once somebody writes to it. */
  #makeChannel(id: unknown): void {
    const channels = this.#module?.getSlackStore(this.#store).channels;
    if (typeof id !== 'string' || !/^[CD]\w+$/.test(id) || id === 'CNONE') return;
    if (channels === undefined || channels.findOneBy('channel_id', id)) return;
    const topic = { value: '', creator: BOT, last_set: 0 };
    channels.insert({
      channel_id: id,
      team_id: TEAM,
      name: id.toLowerCase(),
      is_channel: true,
      is_private: false,
      is_archived: false,
      topic,
      purpose: topic,
      members: [BOT, 'U000000001'],
      creator: BOT,
      num_members: 2,
    });
  }
}

/** A form whose values may be JSON, as Slack reads it. */
function readForm(body: string): JsonObject {
  const args: JsonObject = {};
  for (const [name, text] of new URLSearchParams(body)) {
    let value: unknown = text;
    if (/^[[{]|^(?:true|false)$/.test(text)) {
      try {
        value = JSON.parse(text);
      } catch {
        value = text;
      }
    }
    // JSON, or the text itself.
    args[name] = (
      isJsonObject(value) || Array.isArray(value) ? value : value
    ) as JsonObject[string];
  }
  return args;
}
