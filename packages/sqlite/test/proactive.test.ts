import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { newFile } from './support/files.ts';

const program = fileURLToPath(new URL('support/line.mjs', import.meta.url));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Server {
  /** What was said. */
  said: string[];
  /** Posts JSON, resolves to the answer. */
  post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<unknown>;
  /** Resolves when so many lines were said. */
  until: (count: number) => Promise<void>;
  kill: () => Promise<void>;
}

/** Starts a server; what it says and begins with `hangs` never gets to the platform. */
async function start(file: string, hangs?: string): Promise<Server> {
  const args = hangs === undefined ? [program, file] : [program, file, hangs];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const said: string[] = [];
  const watchers = new Set<() => void>();
  const port = new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the server ended before it listened')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word = '', ...rest] = line.split(' ');
      if (word === 'port') resolve(rest.join(' '));
      else said.push(rest.join(' '));
      for (const look of watchers) look();
    });
  });
  const url = `http://127.0.0.1:${await port}`;
  return {
    said,
    async post(path, body, headers = {}) {
      const all = { 'content-type': 'application/json', ...headers };
      const request = { method: 'POST', headers: all, body: JSON.stringify(body) };
      return await (await fetch(url + path, request)).json();
    },
    until: (count) =>
      new Promise((resolve) => {
        const look = (): void => void (said.length >= count && resolve());
        watchers.add(look);
        look();
      }),
    async kill() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

const AUTH = { authorization: 'Bearer token' };

it('a proactive message survives kill -9 between its answer and its delivery, and is said once', async () => {
  const file = newFile();
  const first = await start(file, 'hang');
  await first.post('/webhooks/desk/webhook', { sender: 'ada', text: 'Hi' });
  await first.until(1);
  const path = '/conversations/ada/messages?output_channel=latest';
  const key = { ...AUTH, 'idempotency-key': 'k' };
  const news = { text: 'hang on, news' };
  expect(await first.post(path, news, key)).toMatchObject({ status: 'accepted', channel: 'desk' });
  const intent = '/conversations/ada/trigger_intent?output_channel=desk';
  expect(await first.post(intent, { name: 'remind' }, AUTH)).toMatchObject({
    posted: { status: 'accepted' },
  });
  expect(first.said).toEqual(['ada heard Hi']);
  await first.kill();

  const second = await start(file);
  await second.until(2);
  // Whoever did not see the answer asks again.
  expect(await second.post(path, news, key)).toMatchObject({ status: 'duplicate' });
  // The address is known without a message in this process.
  expect(await second.post(path, { text: 'more' }, AUTH)).toMatchObject({ status: 'accepted' });
  await second.until(3);
  expect(second.said).toEqual(['ada hang on, news', 'ada intent remind', 'ada more']);
  await second.kill();
}, 30_000);
