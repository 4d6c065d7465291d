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
    .command('send <conversation> [text]')
    .description('say something, through a running server')
    .option(
      '--response <json>',
      'a response with any of its parts, instead of a text',
      parseResponse,
    )
    .option('--channel <name>', 'where: a channel, or latest, the last one', LATEST)
    .option('--account <id>', 'the account there: a Slack workspace, a WebSocket session')
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
    answer = await fetch(url, { method: 'POST', headers, body, signal });
    text = await answer.text();
  } catch (error) {
    throw new CommandError(
      signal.aborted
        ? `${base} did not answer within ${patienceMs / 1000} s; it may have been taken`
        : `there is no server at ${base}: start it, or name it with --server`,
      { cause: error },
    );
  }
  if (answer.ok) return text;
  const { message, detail } = problemOf(text);
  // The API answers in Rasa's form. Where it is off, its paths are nobody's.
  const hint = 'is API_TOKEN set where the server runs?';
  const reason = message ?? (answer.status === 404 ? hint : (detail ?? text));
  throw new CommandError(`the server answered ${answer.status}: ${harmless(reason)}`);
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
  if (/^https?:\/\/[^/]/.test(url) && URL.canParse(url)) return url;
  throw new InvalidArgumentError('It must be an address such as https://bot.example.org.');
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
