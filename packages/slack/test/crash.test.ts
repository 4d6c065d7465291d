/*
 * Real processes, killed between the acknowledgement and the answer. They run what is built: `npm test`
 * builds first.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '@trunkline/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { direct, json } from './support/requests.ts';
import { SECRET, Slack, TOKEN } from './support/slack.ts';

const SCRIPT = fileURLToPath(new URL('support/server.mjs', import.meta.url));

let slack: Slack;
let folder: string;
let server: ChildProcess | null = null;
let starts = 0;

beforeEach(async () => {
  starts = 0;
  slack = await Slack.open();
  folder = mkdtempSync(join(tmpdir(), 'trunkline-slack-'));
});
afterEach(async () => {
  await kill();
  await slack.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a process. Resolves to where Slack reaches it. */
async function start(): Promise<string> {
  server = fork(SCRIPT, {
    execArgv: [],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      API_URL: slack.apiUrl,
      FILE: join(folder, 'store.db'),
      TOKEN,
      SECRET,
      // Those that are to be killed.
      HANGS: starts++ === 0 ? 'yes' : 'no',
    },
  });
  const [message] = (await once(server, 'message')) as [{ port: number }];
  return `http://127.0.0.1:${message.port}/webhooks/slack/webhook`;
}

async function kill(): Promise<void> {
  const killed = server;
  server = null;
  if (killed === null || killed.exitCode !== null) return;
  killed.kill('SIGKILL');
  await once(killed, 'exit');
}

/** Sends an event as Slack does. Resolves when it is acknowledged. */
async function send(url: string, event: JsonObject): Promise<void> {
  const { headers = {}, body = '' } = json(event);
  const answer = await fetch(url, { method: 'POST', headers, body: body as string });
  expect(answer.status).toBe(200);
}

const posts = (): unknown[] => slack.texts('DU1');
const until = (condition: () => boolean): Promise<void> =>
  expect.poll(condition, { timeout: 40_000, interval: 20 }).toBe(true);
const answers = (text: string): string[] => [`First answer to ${text}`, `Second answer to ${text}`];

describe('a process that dies', { timeout: 60_000 }, () => {
  it('between acknowledgement and answer: the user gets the answer, once', async () => {
    const event = direct('before');
    await send(await start(), event);
    await kill();
    expect(posts()).toEqual([]);
    const url = await start();
    await until(() => posts().length >= 2);
    // Slack has not seen the acknowledgement, perhaps.
    await send(url, event);
    await send(url, direct('after'));
    await until(() => posts().length >= 4);
    expect(posts()).toEqual([...answers('before'), ...answers('after')]);
  });

  it('between two answers: nothing is said twice', async () => {
    // The receipt of the first one may not be stored yet: then Slack is asked.
    slack.on('conversations.history', () => ({ ok: true, messages: slack.messages('DU1') }));
    await send(await start(), direct('between'));
    await until(() => posts().length === 1);
    await kill();
    await start();
    await until(() => posts().length >= 2);
    expect(posts()).toEqual(answers('between'));
  });

  it('while an answer is on its way: Slack is asked, and nothing is said twice', async () => {
    const dying: Promise<void>[] = [];
    slack.on('conversations.history', () => ({ ok: true, messages: slack.messages('DU1') }));
    slack.on('chat.postMessage', async ({ args }) => {
      if (dying.length > 0 || !JSON.stringify(args).includes('Second')) return undefined;
      slack.put(args);
      dying.push(kill());
      await Promise.all(dying);
      return { ok: true, ts: '9.9', channel: 'DU1' };
    });
    await send(await start(), direct('unknown'));
    await until(() => dying.length > 0);
    await Promise.all(dying);
    const url = await start();
    await until(() => slack.of('conversations.history').length > 0);
    await send(url, direct('after'));
    await until(() => posts().length >= 4);
    expect(posts()).toEqual([...answers('unknown'), ...answers('after')]);
  });
});
