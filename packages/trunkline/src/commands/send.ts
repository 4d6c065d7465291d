import { isJsonObject, type JsonObject } from '@trunkline/core';
import { InvalidArgumentError, type Command } from 'commander';
import { loadEnvironment } from '../environment.ts';
import { CommandError, EXIT } from '../failure.ts';
import type { Context } from '../program.ts';
import { harmless } from '../terminal.ts';

interface SendOptions {
  response?: JsonObject;
  channel: string;
  account?: string;
  idempotencyKey?: string;
  server?: string;
}

/** Adds `trunkline send`. */
export function addSend(program: Command, { output }: Context): void {
  const command = program
    .command('send')
    .argument('<conversation>', 'the sender id', parseConversation)
    .argument('[text]', 'what is said')
    .description('say something, through a running server')
    .option(
      '--response <json>',
      'a response with any of its parts, instead of a text',
      parseResponse,
    )
    .option('--channel <name>', 'where: a channel, or latest, the last one', parseName, LATEST)
    .option(
      '--account <id>',
      'the account there: a Slack workspace, a WebSocket session',
      parseName,
    )
    .option('--idempotency-key <key>', 'with the same key, it is taken once', parseKey)
    .option('--server <url>', 'the server (PUBLIC_URL, or http://localhost:5005)', parseServer)
    .addHelpText('after', NOTES)
    .action(async (conversation: string, text: string | undefined, options: SendOptions) => {
      const refuse = (why: string): never =>
        command.error(`error: ${why}`, { exitCode: EXIT.usage });
      const response = responseOf(text, options) ?? refuse(NOTHING);
      if (options.account !== undefined && options.channel === LATEST) refuse(NO_CHANNEL);
      output.write(`${await send(conversation, response, options)}\n`);
    });
}

const LATEST = 'latest';

const NOTHING = 'say a text, or name a response with --response';

const NO_CHANNEL = 'an account needs its --channel';

/** How long the server may take, in milliseconds: it stores the message before it answers. */
const PATIENCE_MS = 30_000;

const NOTES = `
<conversation> is the sender id. One that is only claimed, as on a WebSocket
without auth, is reached with --channel and --account. What begins with a hyphen
stands behind "--": trunkline send U1 -- "- one". The server asks for API_TOKEN,
which is read from the environment or from .env.`;

/** Has the server send it. Resolves to what the server says. */
export async function send(
  conversation: string,
  response: JsonObject,
  { channel, account, idempotencyKey, server }: SendOptions,
  patienceMs: number = PATIENCE_MS,
): Promise<string> {
  const { publicUrl, apiToken } = loadEnvironment();
  const base = (server ?? publicUrl).replace(/\/+$/, '');
  const path = `/conversations/${encodeURIComponent(conversation)}/messages`;
  const query = new URLSearchParams({ output_channel: channel });
  if (account !== undefined) query.set('account', account);
  const headers = headersWith(apiToken);
  if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey);
  const body = JSON.stringify(response);
  const signal = AbortSignal.timeout(patienceMs);
  let answer: Response;
  let text: string;
  try {
    const url = `${base}${path}?${query.toString()}`;
    // Whoever follows a redirection asks with GET, and without the token.
    answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    text = await answer.text();
  } catch (error) {
    const why = signal.aborted ? `did not answer within ${patienceMs / 1000} s` : null;
    throw new CommandError(notAnswered(base, error, why), { cause: error });
  }
  if (answer.ok) return text;
  const elsewhere = redirectionOf(answer, base);
  if (elsewhere !== null) {
    throw new CommandError(`${base} redirects to ${elsewhere}: name that with --server`);
  }
  const { message, detail } = problemOf(text);
  // The API answers in Rasa's form. Where it is off, its paths are nobody's.
  const hint = 'is API_TOKEN set where the server runs?';
  const reason = message ?? (answer.status === 404 ? hint : (detail ?? text));
  throw new CommandError(`the server answered ${answer.status}: ${harmless(reason)}`);
}

/** Codes of a server that could not be asked at all. */
const NOT_THERE = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
]);

/** Codes of a connection that broke off. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Why there is no answer. `fetch` says it in the cause. */
function notAnswered(base: string, error: unknown, late: string | null): string {
  const { code = '', message = '' } = Object(Object(error).cause) as Partial<
    Record<string, string>
  >;
  const broken = BROKEN.has(code) ? 'broke off the connection' : null;
  const unknown = late ?? broken;
  if (unknown !== null) return `${base} ${unknown}; it may have been taken`;
  if (NOT_THERE.has(code)) {
    return `there is no server at ${base}: start it, or name it with --server`;
  }
  return `${base} could not be asked: ${message || String(error)}`;
}

/** Where a server redirects to; `null` if it does not. */
function redirectionOf({ status, headers }: Response, base: string): string | null {
  const location = headers.get('location') ?? '';
  const isRedirection = status >= 300 && status < 400 && URL.canParse(location, base);
  return isRedirection ? new URL(location, base).origin : null;
}

/** @throws CommandError - no header takes the token. */
function headersWith(apiToken: string | null): Headers {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (apiToken === null) return headers;
  try {
    headers.set('authorization', `Bearer ${apiToken}`);
  } catch {
    // Without its cause, which shows the token.
    throw new CommandError('API_TOKEN has characters that no HTTP header takes');
  }
  return headers;
}

/** What is to be said; `null` if that is nothing, or twice as much. */
function responseOf(text: string | undefined, { response }: SendOptions): JsonObject | null {
  if (response !== undefined) return text === undefined ? response : null;
  return text === undefined ? null : { text };
}

/** What a header can carry. */
function parseKey(key: string): string {
  if (/^[!-~]([ -~]{0,253}[!-~])?$/.test(key)) return key;
  throw new InvalidArgumentError('It must be 1 to 255 ASCII characters.');
}

function parseServer(url: string): string {
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url) && !/[?#]/.test(url)) return url;
  throw new InvalidArgumentError('It must be an address such as https://bot.example.org.');
}

/** What is empty may be a variable of a script that is not set; dots mean other paths in a URL. */
function parseConversation(id: string): string {
  if (!/^\.{0,2}$/.test(id)) return id;
  throw new InvalidArgumentError('It must be a sender id.');
}

/** Where it is empty, the server would look elsewhere. */
function parseName(name: string): string {
  if (name !== '') return name;
  throw new InvalidArgumentError('It must not be empty.');
}

function parseResponse(json: string): JsonObject {
  try {
    const response: unknown = JSON.parse(json);
    if (isJsonObject(response)) return response;
  } catch {
    // Said below, as of any other value.
  }
  throw new InvalidArgumentError('It must be a JSON object, {"text":"Hello"} say.');
}

/** What a problem document says, in Rasa's form or in the RFC's. */
function problemOf(text: string): { message?: string; detail?: string } {
  try {
    const problem: unknown = JSON.parse(text);
    if (!isJsonObject(problem)) return {};
    const { message, detail } = problem;
    return {
      ...(typeof message === 'string' ? { message } : {}),
      ...(typeof detail === 'string' ? { detail } : {}),
    };
  } catch {
    return {};
  }
}
