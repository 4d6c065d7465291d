import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PATIENCE_MS, run, start, type Running } from '../support/command.ts';
import { folderOf } from '../support/folder.ts';

const ECHO = `export default (message, reply) => reply.text('You said: ' + message.text);\n`;
const MEMORY = ['--port', '0', '--store', 'memory'];

async function urlOf(server: Running): Promise<string> {
  const [, url = ''] = await server.says(/(http:\/\/localhost:\d+)\/webhooks/);
  return url;
}

async function say(url: string, text: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sender: 'ada', message: text }),
  });
  const [answer] = (await response.json()) as { text?: string }[];
  return answer?.text;
}

/** A JSON Web Token of Rasa's form, made by hand. */
function adminToken(secret: string): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256' })}.${part({ user: { username: 'x', role: 'admin' } })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

describe('trunkline run', { timeout: PATIENCE_MS }, () => {
  it('needs nothing but an assistant', async () => {
    const cwd = await folderOf({ 'assistant.ts': ECHO });
    const server = start(['run', ...MEMORY], { cwd });
    const url = await urlOf(server);
    expect(await say(`${url}/webhooks/rest/webhook`, 'Hi')).toBe('You said: Hi');
    expect(server.text()).toContain('there is no credentials.yml: the channel is rest');
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  // The story: `trunkline run | head -1` ended the server with an error of Node's.
  it('goes on where nobody reads what it says', async () => {
    const cwd = await folderOf({ 'assistant.ts': ECHO });
    const taken = createServer().listen(0);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    taken.close();
    const args = ['run', '--store', 'memory', '--port', String(port)];
    const { child, ended } = start(args, { cwd });
    child.stdout?.destroy();
    const url = `http://localhost:${port}/webhooks/rest/webhook`;
    const answer = (): Promise<unknown> => say(url, 'Hi').catch(() => null);
    await expect.poll(answer, { timeout: PATIENCE_MS / 2 }).toBe('You said: Hi');
    expect(await answer()).toBe('You said: Hi');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('serves what the credentials name, and loads the assistant anew when it changes', async () => {
    const cwd = await folderOf({
      'assistant.ts': ECHO,
      'credentials.yml': 'rest:\n  cors: true\nsupport:\n  class: rest\n  cors: ${CORS}\n',
      '.env': 'CORS=x\n',
    });
    const wrong = await run(['run', ...MEMORY], { cwd });
    expect(wrong).toEqual({
      code: 1,
      text: expect.stringContaining('error: credentials.yml:3: [support] cors must be true'),
    });
    await writeFile(
      join(cwd, 'credentials.yml'),
      'rest:\nsupport:\n  class: rest\nrasa:\n  url: http://localhost:5002/api\n',
    );
    const server = start(['run', ...MEMORY], { cwd });
    const url = await urlOf(server);
    expect(server.text()).toContain('rasa of credentials.yml is left out: it is no channel');
    expect(await say(`${url}/webhooks/support/webhook`, 'Hi')).toBe('You said: Hi');
    await writeFile(join(cwd, 'assistant.ts'), ECHO.replace('You said', 'Heard'));
    await server.says(/assistant\.ts was loaded again/);
    expect(await say(`${url}/webhooks/rest/webhook`, 'Hi')).toBe('Heard: Hi');
    await writeFile(join(cwd, 'assistant.ts'), 'export default () => ;');
    await server.says(/the change cannot be loaded, what was there before goes on/);
    expect(await say(`${url}/webhooks/rest/webhook`, 'Hi')).toBe('Heard: Hi');
  });

  it('serves one connector alone, and does not ask for what the others need', async () => {
    const cwd = await folderOf({
      'bot.mjs': ECHO,
      'channels.yml': 'slack:\n  token: ${SLACK}\nrest:\n',
    });
    const args = ['--credentials', 'channels.yml', '--connector', 'rest', '--assistant', 'bot.mjs'];
    const server = start(['run', ...args, ...MEMORY], { cwd, env: { NODE_ENV: 'production' } });
    expect(await say(`${await urlOf(server)}/webhooks/rest/webhook`, 'Hi')).toBe('You said: Hi');
    expect(server.text()).toContain('only rest is used of channels.yml');
  });

  it('serves a connector by the name that it has, and says what is left out', async () => {
    const parley = `import { InputChannel, sendJson } from '@trunkline/core';
      export class ParleyInput extends InputChannel {
        name = 'parley';
        routes() {
          return [{ method: 'GET', path: '/', handle: (_, res) => sendJson(res, 200, 'here') }];
        }
      }`;
    const cwd = await folderOf({
      'bot/assistant.ts': ECHO,
      'addons/parley.ts': parley,
      'config/ok.yml': 'support:\n  class: rest\n../addons/parley.ts#ParleyInput:\n',
    });
    const args = ['run', '-a', 'bot/assistant.ts', '-c', 'config/ok.yml', ...MEMORY];
    const server = start([...args, '--connector', 'parley'], { cwd });
    const url = await urlOf(server);
    expect(await (await fetch(`${url}/webhooks/parley/`)).json()).toBe('here');
    expect(server.text()).toContain('only parley is used of config/ok.yml');
    // It said that only rest was used of the file, which names none.
    const other = start([...args, '--connector', 'rest'], { cwd });
    await urlOf(other);
    expect(other.text()).toContain('config/ok.yml names no rest: it is served without options');
    const none = await run([...args, '--connector', 'parlay'], { cwd });
    expect(none.text).toContain(
      'error: config/ok.yml has no channel "parlay": it has support, ../addons/parley.ts#ParleyInput',
    );
  });

  it('opens the API to those who know API_TOKEN, and to nobody where there is none', async () => {
    const cwd = await folderOf({ 'assistant.ts': ECHO });
    const post = async (env: Record<string, string>): Promise<number> => {
      const server = start(['run', ...MEMORY], { cwd, env });
      const response = await fetch(`${await urlOf(server)}/conversations/ada/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer secret' },
        body: '{"text":"Hi"}',
      });
      return response.status;
    };
    // Nobody was ever there: the token was right.
    expect(await post({ API_TOKEN: 'secret' })).toBe(409);
    expect(await post({ API_TOKEN: 'other' })).toBe(401);
    expect(await post({})).toBe(404);
  });

  // Nothing but channels, responses and the store could be set: a user whose assistant failed heard nothing.
  it('takes the options of the line that the assistant comes with', async () => {
    const assistant = (apology: string): string =>
      `export default () => { throw new Error('down'); };
       export const options = {
         apology: '${apology}',
         route: '/hooks/',
         overlap: { channels: { rest: 'latest', slack: 'queue' } },
         api: { jwt: { key: 'a secret of more than thirty-two letters' } },
       };`;
    const cwd = await folderOf({ 'assistant.ts': assistant('Sorry.') });
    const wrong = await run(['run', ...MEMORY], { cwd });
    expect(wrong.text).toContain('overlap.channels names "slack", and no channel has this name');
    const args = ['run', '--connector', 'rest', ...MEMORY];
    const server = start(args, { cwd, env: { API_TOKEN: 'secret' } });
    const [, url = ''] = await server.says(/(http:\/\/localhost:\d+)\/hooks\/rest\//);
    expect(await say(`${url}/hooks/rest/webhook`, 'Hi')).toBe('Sorry.');
    const post = async (token: string): Promise<number> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const to = `${url}/conversations/ada/messages`;
      return (await fetch(to, { method: 'POST', headers, body: '{"text":"Hi"}' })).status;
    };
    expect(await post('secret')).toBe(409);
    expect(await post(adminToken('a secret of more than thirty-two letters'))).toBe(409);
    expect(await post('other')).toBe(401);
    await writeFile(join(cwd, 'assistant.ts'), assistant('So sorry.'));
    await server.says(/assistant\.ts was loaded again; its options count from the next start on/);
    expect(await say(`${url}/hooks/rest/webhook`, 'Hi')).toBe('Sorry.');
  });

  it('keeps what it has to keep where --store says', async () => {
    const counting = `export default (message, reply) => {
      reply.state.n = (reply.state.n ?? 0) + 1;
      return reply.text(String(reply.state.n));
    };`;
    const cwd = await folderOf({ 'assistant.ts': counting });
    for (const expected of ['1', '2']) {
      const server = start(['run', '--port', '0', '--store', 'sqlite:kept/bot.db'], { cwd });
      expect(await say(`${await urlOf(server)}/webhooks/rest/webhook`, 'Hi')).toBe(expected);
      server.child.kill('SIGINT');
      expect(await server.ended).toBe(0);
    }
  });

  const broken =
    'export class Mine { static fromCredentials() {\n  throw new TypeError("oh no"); } }\n';
  it.each<[string, Record<string, string>, string[], RegExp]>([
    ['no assistant', {}, [], /^error: there is no assistant\.ts here/],
    [
      'no such credentials',
      {},
      ['--credentials', 'c.yml'],
      /^error: c\.yml cannot be read: there is no such file/,
    ],
    [
      'no such channel',
      { 'credentials.yml': 'rst:' },
      [],
      /credentials\.yml:1: there is no channel "rst", did you mean "rest"\?/,
    ],
    [
      'a package that is not there',
      { 'credentials.yml': 'slack:' },
      [],
      /credentials\.yml:1: slack needs its package: npm install @trunkline\/slack/,
    ],
    [
      'an option that is not there',
      { 'credentials.yml': 'rest:\n  corz: true' },
      [],
      /credentials\.yml:2: \[rest\] unknown option "corz", did you mean "cors"\?/,
    ],
    [
      'a variable that is not set',
      { 'credentials.yml': 'rest:\n  cors: ${NOPE}' },
      [],
      /credentials\.yml:2: the environment has no variable NOPE/,
    ],
    [
      'a class that throws',
      { 'credentials.yml': './mine.ts#Mine:', 'mine.ts': broken },
      [],
      /credentials\.yml:1: Mine\.fromCredentials failed\n\nTypeError: oh no\n\s+at .*mine\.ts:2:/,
    ],
    [
      'a file that throws',
      { 'credentials.yml': './mine.ts#Mine:', 'mine.ts': 'null.x;' },
      [],
      /mine\.ts cannot be loaded\n\nTypeError: .*\n\s+at .*mine\.ts:1/,
    ],
    [
      'a token too many',
      {
        'assistant.ts': "export default () => {}; export const options = { api: { token: 'x' } };",
        '.env': 'API_TOKEN=y',
      },
      [],
      /^error: API_TOKEN and options\.api\.token are both set/,
    ],
    [
      'a malformed domain',
      { 'domain.yml': 'responses:\n  a: b' },
      [],
      /^error: domain\.yml:2: a must be a list of variations/,
    ],
  ])('says in a sentence that there is %s', async (_what, files, args, message) => {
    const own = 'export default () => {};';
    const cwd = await folderOf(
      message.source.includes('no assistant') ? {} : { 'assistant.ts': own, ...files },
    );
    const { code, text } = await run(['run', ...MEMORY, ...args], { cwd });
    expect(text.replaceAll(/^\{.*\}\n/gm, '')).toMatch(message);
    expect(code).toBe(1);
  });

  it('listens on one address alone where --host names it', async () => {
    const cwd = await folderOf({ 'assistant.ts': ECHO, '.env': 'LISTEN_HOST=203.0.113.1\n' });
    const wrong = await run(['run', ...MEMORY], { cwd });
    expect(wrong.text).toContain('cannot be used on that host: it is no address of this machine');
    const server = start(['run', ...MEMORY, '--host', '127.0.0.1'], { cwd });
    const [, url = ''] = await server.says(/(http:\/\/127\.0\.0\.1:\d+)\/webhooks/);
    expect(await say(`${url}/webhooks/rest/webhook`, 'Hi')).toBe('You said: Hi');
    await expect(fetch(`${url.replace('127.0.0.1', '127.0.0.2')}/health`)).rejects.toThrow();
    const none = await run(['run', ...MEMORY, '--host', ''], { cwd });
    expect(none.text).toContain('It must be an address of this machine');
    expect(none.code).toBe(2);
  });

  it('says that its port is taken', async () => {
    const taken = createServer().listen(0);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const cwd = await folderOf({ 'assistant.ts': ECHO });
    const { code, text } = await run(['run', '--store', 'memory'], {
      cwd,
      env: { PORT: String(port) },
    });
    expect(text).toContain(`error: port ${port} is taken`);
    expect(code).toBe(1);
    taken.close();
  });
});
