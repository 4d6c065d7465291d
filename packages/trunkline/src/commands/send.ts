import { isJsonObject, type JsonObject } from '@trunkline/core';
import { InvalidArgumentError, type Command } from 'commander';
import { loadEnvironment } from '../environment.ts';
import { CommandError } from '../failure.ts';
import type { Context } from '../program.ts';
import { harmless } from '../terminal.ts';

interface SendOptions {
  response?: JsonObject;
  channel: string;
  server?: string;
}

/** Adds `trunkline send`. */
export function addSend(program: Command, { output }: Context): void {
  program
    .command('send <conversation> [text]')
    .description('say something, through a running server')
    .option(
      '--response <json>',
      'a response with any of its parts, instead of a text',
      parseResponse,
    )
    .option('--channel <name>', 'where: a channel, or latest, the last one', 'latest')
    .option('--server <url>', 'the server (PUBLIC_URL, or http://localhost:5005)')
    .addHelpText('after', NOTES)
    .action(async (conversation: string, text: string | undefined, options: SendOptions) => {
      output.write(`${await send(conversation, responseOf(text, options), options)}\n`);
    });
}

const NOTES = `
<conversation> is the sender id. The server asks for API_TOKEN, which is read
from the environment or from .env.`;

/** Has the server send it. Resolves to what the server says. */
async function send(
  conversation: string,
  response: JsonObject,
  { channel, server }: SendOptions,
): Promise<string> {
  const { publicUrl, apiToken } = loadEnvironment();
  const base = (server ?? publicUrl).replace(/\/+$/, '');
  const path = `/conversations/${encodeURIComponent(conversation)}/messages`;
  const query = new URLSearchParams({ output_channel: channel });
  let answer: Response;
  try {
    answer = await fetch(`${base}${path}?${query.toString()}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiToken === null ? {} : { authorization: `Bearer ${apiToken}` }),
      },
      body: JSON.stringify(response),
    });
  } catch (error) {
    throw new CommandError(`there is no server at ${base}: start it, or name it with --server`, {
      cause: error,
    });
  }
  const text = await answer.text();
  if (answer.ok) return text;
  throw new CommandError(`the server answered ${answer.status}: ${harmless(reasonOf(text))}`);
}

function responseOf(text: string | undefined, { response }: SendOptions): JsonObject {
  if (response !== undefined && text === undefined) return response;
  if (response === undefined && text !== undefined) return { text };
  throw new CommandError('say a text, or name a response with --response');
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

/** The detail of a problem document, in Rasa's form or the RFC's; else the answer as it is. */
function reasonOf(text: string): string {
  try {
    const problem: unknown = JSON.parse(text);
    const detail = isJsonObject(problem) ? (problem['message'] ?? problem['detail']) : null;
    return typeof detail === 'string' ? detail : text;
  } catch {
    return text;
  }
}
