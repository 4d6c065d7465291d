/*
 * `trunkline run` with a Rasa that speaks through its `callback` channel. The Rasa is a stand-in: a whole one
 * is in packages/rasa/test/support.
 */
import { symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { PATIENCE_MS, run, start } from '../support/command.ts';
import { folderOf } from '../support/folder.ts';

const SECRET = 'aSecretOfSomeLength';
const ASSISTANT = `import { RasaAssistant } from '@trunkline/rasa';
  export default new RasaAssistant({ url: process.env['RASA_URL'] ?? '', via: 'rasa' });\n`;
const CALLBACK = `"@trunkline/rasa#RasaCallback":\n  secret: ${SECRET}\n`;
const ARGS = ['run', '--port', '0', '--store', 'memory'];

/** A Rasa that repeats what it hears, to its `callback` channel's `url`. */
async function startRasa(): Promise<{ url: string; callback: { url: string } }> {
  const callback = { url: '' };
  const server = createServer((req, res) => {
    void (async () => {
      const { sender, message } = (await json(req)) as { sender: string; message: string };
      const body = JSON.stringify({ recipient_id: sender, text: `Rasa heard: ${message}` });
      const headers = { 'content-type': 'application/json' };
      await fetch(callback.url, { method: 'POST', headers, body });
      res.end('success');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, callback };
}

async function folderWith(files: Record<string, string>): Promise<string> {
  const cwd = await folderOf(files);
  const rasa = fileURLToPath(new URL('../../../rasa', import.meta.url));
  await symlink(rasa, join(cwd, 'node_modules/@trunkline/rasa'));
  return cwd;
}

// The assistant could not name the callback, which the command line makes of the credentials.
it('finds the callback of the credentials by its name', { timeout: PATIENCE_MS }, async () => {
  const rasa = await startRasa();
  const cwd = await folderWith({
    'assistant.ts': ASSISTANT,
    'credentials.yml': `rest:\n${CALLBACK}`,
  });
  const server = start(ARGS, { cwd, env: { RASA_URL: rasa.url } });
  const [, url = ''] = await server.says(/(http:\/\/localhost:\d+)\/webhooks/);
  rasa.callback.url = `${url}/webhooks/rasa/webhook?token=${SECRET}`;
  const say = async (message: string): Promise<unknown> => {
    const response = await fetch(`${url}/webhooks/rest/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sender: 'ada', message }),
    });
    return await response.json();
  };
  expect(await say('Hi')).toEqual([{ recipient_id: 'ada', text: 'Rasa heard: Hi' }]);
  // Also once it was loaded again.
  await writeFile(join(cwd, 'assistant.ts'), `${ASSISTANT}// changed\n`);
  await server.says(/assistant\.ts was loaded again/);
  expect(await say('Hi again')).toEqual([{ recipient_id: 'ada', text: 'Rasa heard: Hi again' }]);
});

it('says which channels there are where it is none of them', { timeout: PATIENCE_MS }, async () => {
  const cwd = await folderWith({ 'assistant.ts': ASSISTANT, 'credentials.yml': CALLBACK });
  const env = { RASA_URL: 'http://127.0.0.1:1' };
  expect(await run([...ARGS, '--connector', 'rest'], { cwd, env })).toEqual({
    code: 1,
    text: expect.stringContaining(
      'error: RasaAssistant: via names "rasa", and the line has no channel of this name: it has rest.',
    ),
  });
});
