/*
 * docs/custom-channel.md, done as it is written: its files, its command, its curl, its answers. Its
 * own tests, and the contract of its channels: packages/testing/test/custom-channel-page.test.ts.
 */
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { needs, program } from '../../../../scripts/test-support/needs.ts';
import { readPart } from '../../../../scripts/test-support/page.ts';
import { PATIENCE_MS, start } from '../support/command.ts';
import { folderOf } from '../support/folder.ts';

const PAGE = fileURLToPath(new URL('../../../../docs/custom-channel.md', import.meta.url));
const [LIVE, PUSHES] = ['\n## Words as they are made\n', '\n## A platform that pushes\n'];

const page = await readFile(PAGE, 'utf8');
const [before = '', after = ''] = page.split(PUSHES);
const [first, second] = [readPart(before.split(LIVE)[0] ?? ''), readPart(after)];

describe('the page on a channel of one’s own', () => {
  beforeEach(needs(program('curl', 'curl')));

  it('works step by step', { timeout: PATIENCE_MS }, async () => {
    const { files, block } = first;
    expect(Object.keys(files)).toEqual([
      'addons/custom-channel.ts',
      'credentials.yml',
      'domain.yml',
      'assistant.ts',
    ]);
    const [command = '', curl = ''] = block('sh').slice(-2);
    const args = /^npx trunkline (.+)$/m.exec(command)?.[1]?.split(' ') ?? [];
    expect(args).toEqual(['run', '--credentials', 'credentials.yml']);

    const cwd = await folderOf(files);
    // A port that nobody else has is all that differs.
    const server = start([...args, '--port', '0'], { cwd });
    const [, port] = await server.says(/localhost:(\d+)\/webhooks\/myio\/\nCtrl-C stops it/);
    const [banner] = block('text');
    expect(server.text()).toContain(banner?.replace('5005', String(port)));

    expect(curl).toContain('http://localhost:5005/webhooks/myio/webhook');
    const answer = await promisify(execFile)('sh', [
      '-c',
      curl.replace('curl', 'curl --silent --show-error').replace('5005', String(port)),
    ]);
    expect(answer.stdout.trim()).toBe(block('json')[0]?.trim());
    expect((await fetch(`http://localhost:${port}/webhooks/myio/`)).status).toBe(200);

    server.child.kill('SIGINT');
    expect(await server.ended).toBe(0);
  });

  it('has a channel that pushes, which runs', { timeout: PATIENCE_MS }, async () => {
    const { files } = second;
    expect(Object.keys(files)).toEqual([
      'addons/pigeon.ts',
      'credentials.yml',
      'addons/polled-pigeon.ts',
      'addons/pigeon.test.ts',
    ]);
    const pigeon = await startPigeon();
    const credentials = `${files['credentials.yml'] ?? ''}  api_url: ${pigeon.url}\n`;
    const cwd = await folderOf({ ...first.files, ...files, 'credentials.yml': credentials });
    const server = start(['run', '--credentials', 'credentials.yml', '--port', '0'], {
      cwd,
      env: { PIGEON_TOKEN: 'token', PIGEON_SECRET: 'secret' },
    });
    const [, port] = await server.says(/localhost:(\d+)\/webhooks\/pigeon\/\nCtrl-C stops it/);
    const post = async (body: string, secret: string): Promise<number> => {
      const signature = createHmac('sha256', secret).update(body).digest('hex');
      const headers = { 'x-pigeon-signature': signature };
      const url = `http://localhost:${port}/webhooks/pigeon/webhook`;
      return (await fetch(url, { method: 'POST', headers, body })).status;
    };

    const click = { title: 'Greet me', payload: '/greet' };
    const body = JSON.stringify({ id: '1', user: 'anna', chat: '7', button: click });
    expect(await post(body, 'guessed')).toBe(401);
    for (const malformed of ['null', '[', '{"id":"1","user":"anna","chat":"7","text":7}']) {
      expect(await post(malformed, 'secret')).toBe(400);
    }
    expect(await post(body, 'secret')).toBe(200);
    expect(await pigeon.got).toEqual({
      authorization: 'Bearer token',
      body: { chat: '7', text: "Hi! I'm the default greeting." },
    });
    server.child.kill('SIGINT');
    expect(await server.ended).toBe(0);
  });
});

/** The platform that pushes, and the first request to its API. */
async function startPigeon(): Promise<{ url: string; got: Promise<unknown> }> {
  const server = createServer();
  const got = once(server, 'request').then(async (pair) => {
    // The event's arguments, which `once` has no type for.
    const [req, res] = pair as [IncomingMessage, ServerResponse];
    const body: unknown = JSON.parse(await textOf(req));
    res.writeHead(200, { 'x-message-id': 'm1' }).end();
    return { authorization: req.headers.authorization, body };
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on a port has an address of this form.
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}
