import { createEmulator, type Emulator } from 'emulate';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import twilioWebhooks from 'twilio/lib/webhooks/webhooks.js';
import { mistakesIn } from './openapi.ts';

export const ACCOUNT: string = `AC${'0'.repeat(31)}1`;
export const TOKEN = 'a-token-for-tests';
export const SERVICE: string = `MG${'0'.repeat(31)}1`;
export const OUR_NUMBER = '+15550001111';
export const OTHER_NUMBER = '+15550002222';
export const PHONE = '+15557654321';

/** A message that was sent, by Twilio's names. */
export type SentForm = Record<string, string | string[]>;

/** What answers in the place of the emulator. */
export type Answer = (res: ServerResponse, form: URLSearchParams) => void;

/** A file that Twilio keeps. */
interface Media {
  type: string;
  bytes: Buffer;
  status?: number;
}

/**
 * Twilio, as `emulate` plays it, behind a front of ours: it checks each request against Twilio's
 * OpenAPI description, and adds what the emulator lacks (errors, throttling, broken connections,
 * media that need a login).
 */
export class Twilio {
  /** Where the API is. */
  readonly url: string;
  /** What was sent and taken, in order. */
  readonly sent: SentForm[] = [];
  /** All requests that were made for a message, taken or not. */
  tries: number = 0;
  /** What Twilio would not have understood. */
  readonly mistakes: string[] = [];
  /** Files, by their path. */
  readonly media: Map<string, Media> = new Map();
  /** Where files really are, by their path here. */
  readonly redirects: Map<string, string> = new Map();
  /** Answers the next requests to send, the first first; `null` lets one through. */
  readonly script: (Answer | null)[] = [];
  /** After a message was taken: may answer in the place of Twilio. */
  onTaken: ((res: ServerResponse) => void) | null = null;
  /** Told what its log is searched for. */
  onSearch: ((query: URLSearchParams) => void) | null = null;

  readonly #emulator: Emulator;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sids: string[] = [];
  #wake: (() => void)[] = [];

  private constructor(emulator: Emulator, server: ReturnType<typeof createServer>) {
    this.#emulator = emulator;
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (req, res) => {
      this.#handle(req, res).catch((error: unknown) => {
        this.mistakes.push(String(error));
        res.destroy();
      });
    });
  }

  static async start(): Promise<Twilio> {
    const numbers = [OUR_NUMBER, OTHER_NUMBER, `whatsapp:${OUR_NUMBER}`];
    const emulator = await createEmulator({
      service: 'twilio',
      port: 0,
      seed: {
        twilio: {
          account: { sid: ACCOUNT, auth_token: TOKEN },
          phone_numbers: numbers.map((phone_number, index) => ({
            phone_number,
            sid: numberSid(index),
          })),
          messaging_services: [
            { sid: SERVICE, friendly_name: 'Pizza', phone_numbers: [OTHER_NUMBER] },
          ],
        },
      },
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Twilio(emulator, server);
  }

  /** Has the messages to our numbers brought to a webhook. */
  async callAt(webhook: string): Promise<void> {
    for (const index of [0, 1, 2]) {
      const path = `2010-04-01/Accounts/${ACCOUNT}/IncomingPhoneNumbers/${numberSid(index)}.json`;
      await this.#post(path, { SmsUrl: webhook });
    }
  }

  /** The texts that were sent, in order. */
  get texts(): (string | undefined)[] {
    return this.sent.map(({ Body }) => (typeof Body === 'string' ? Body : undefined));
  }

  /** Resolves when so many messages were sent. */
  async until(count: number): Promise<readonly SentForm[]> {
    while (this.sent.length < count) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.sent;
  }

  /** A user writes: Twilio calls the webhook, and this resolves when it was answered. */
  async receive(
    text: string,
    { from = PHONE, to = OUR_NUMBER }: { from?: string; to?: string } = {},
  ): Promise<void> {
    await this.#simulate('inbound-message', { From: from, To: to, Body: text });
  }

  /** The SID of a message that was sent. */
  sidOf(index: number): string {
    return this.#sids[index] ?? '';
  }

  /** A message's status changes: Twilio calls the message's `StatusCallback`. */
  async report(sid: string, status: string): Promise<void> {
    await this.#simulate('message-status', { MessageSid: sid, Status: status });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#emulator.close();
  }

  #simulate(what: string, form: Record<string, string>): Promise<void> {
    return this.#post(`_twilio/simulate/${what}`, form);
  }

  async #post(path: string, form: Record<string, string>): Promise<void> {
    const response = await fetch(`${this.#emulator.url}/${path}`, {
      method: 'POST',
      headers: { authorization: basic(ACCOUNT, TOKEN) },
      body: new URLSearchParams(form),
    });
    if (!response.ok) throw new Error(`the emulator says ${await response.text()}`);
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = req;
    const { pathname, searchParams } = new URL(url, this.url);
    const media = this.media.get(pathname);
    if (media !== undefined) return serveMedia(media, headers.authorization, res);
    const location = this.redirects.get(pathname);
    if (location !== undefined) return void res.writeHead(307, { location }).end();
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const form = method === 'POST' ? new URLSearchParams(body) : searchParams;
    this.mistakes.push(...mistakesIn(method, pathname, form));
    if (method === 'POST') {
      this.tries++;
      const answer = this.script.shift() ?? null;
      if (answer !== null) return answer(res, form);
    } else this.onSearch?.(form);
    const response = await fetch(this.#emulator.url + url, {
      method,
      headers: {
        authorization: headers.authorization ?? '',
        'content-type': headers['content-type'] ?? '',
      },
      ...(method === 'POST' ? { body } : {}),
    });
    const text = await response.text();
    if (method === 'POST' && response.ok) {
      this.sent.push(formOf(form));
      this.#sids.push((JSON.parse(text) as { sid: string }).sid);
      for (const wake of this.#wake.splice(0)) wake();
      if (this.onTaken !== null) return this.onTaken(res);
    }
    res.writeHead(response.status, { 'content-type': 'application/json' }).end(text);
  }
}

/** Twilio refuses: its error as it writes it, phone number included. */
export function refusing(code: number, status = 400, headers: Record<string, string> = {}): Answer {
  return (res, form) => {
    const message = `The 'To' number ${form.get('To')} is refused`;
    const more_info = `https://www.twilio.com/docs/errors/${code}`;
    res.writeHead(status, { 'content-type': 'application/json', ...headers });
    res.end(JSON.stringify({ code, message, more_info, status }));
  };
}

/** The connection breaks before there is an answer. */
export const breaking: Answer = (res) => void res.destroy();

/** A page of some proxy. */
export const badGateway: Answer = (res) => void res.writeHead(502).end('<h1>Bad gateway</h1>');

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** A webhook's form, as Twilio fills it. */
export function inboundForm(values: Record<string, string> = {}): Record<string, string> {
  const sid = `SM${(++count).toString(16).padStart(32, '0')}`;
  return {
    ToCountry: 'US',
    ToState: '',
    SmsMessageSid: sid,
    NumMedia: '0',
    ToCity: '',
    FromZip: '94105',
    SmsSid: sid,
    FromState: 'CA',
    SmsStatus: 'received',
    FromCity: 'SAN FRANCISCO',
    Body: 'Hello',
    FromCountry: 'US',
    To: OUR_NUMBER,
    ToZip: '',
    NumSegments: '1',
    MessageSid: sid,
    AccountSid: ACCOUNT,
    From: PHONE,
    ApiVersion: '2010-04-01',
    ...values,
  };
}

let count = 0;

/** The headers of a form that Twilio has signed, by its own SDK. */
export function signedHeaders(
  url: string,
  form: Record<string, string>,
  token: string = TOKEN,
): Record<string, string> {
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': twilioWebhooks.getExpectedTwilioSignature(token, url, form),
  };
}

/** Calls a webhook as Twilio does. */
export function call(
  url: string,
  form: Record<string, string>,
  { signedUrl = url, token = TOKEN }: { signedUrl?: string; token?: string } = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: signedHeaders(signedUrl, form, token),
    body: new URLSearchParams(form).toString(),
  });
}

function numberSid(index: number): string {
  return `PN${'0'.repeat(30)}1${index}`;
}

function serveMedia(
  { type, bytes, status = 200 }: Media,
  login: string | undefined,
  res: ServerResponse,
): void {
  if (login !== basic(ACCOUNT, TOKEN)) return void res.writeHead(401).end();
  res.writeHead(status, { 'content-type': type }).end(bytes);
}

function formOf(form: URLSearchParams): SentForm {
  const entries = [...new Set(form.keys())].map((name) => {
    const all = form.getAll(name);
    return [name, name === 'MediaUrl' ? all : (all[0] ?? '')] as const;
  });
  return Object.fromEntries(entries);
}
