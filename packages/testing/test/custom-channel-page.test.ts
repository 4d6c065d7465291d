/*
 * The channels of docs/custom-channel.md, as they are written there: the second one by the tests that
 * the page has for it. That both run: packages/trunkline/test/commands/custom-channel.test.ts.
 */
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InputChannel, OutputChannel } from '@trunkline/core';
import { inputChannelContract, outputChannelContract, startLine } from '@trunkline/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { readPart } from '../../../scripts/test-support/page.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const folder = await realpath(await mkdtemp(join(tmpdir(), 'trunkline-page-')));
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
const { files } = readPart(await readFile(join(root, 'docs/custom-channel.md'), 'utf8'));
for (const [name, text] of Object.entries(files)) {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), text);
}
await mkdir(join(folder, 'node_modules/@trunkline'), { recursive: true });
for (const name of ['core', 'testing']) {
  await symlink(join(root, 'packages', name), join(folder, 'node_modules/@trunkline', name));
}
await symlink(join(root, 'node_modules/vitest'), join(folder, 'node_modules/vitest'));

const { MyIO } = (await import(join(folder, 'addons/custom-channel.ts'))) as {
  MyIO: new () => InputChannel;
};
const { LiveInput, LiveOutput } = (await import(join(folder, 'addons/live.ts'))) as {
  LiveInput: new () => InputChannel;
  LiveOutput: new (out: { write: (line: string) => void }) => OutputChannel;
};
await import(join(folder, 'addons/pigeon.test.ts'));

const linesOf = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

describe('MyIO', () => {
  inputChannelContract({
    it,
    create: () => new MyIO(),
    message: (message, sender) => ({ body: { sender, message } }),
    replies: (answer) => JSON.parse(answer.body) as unknown,
  });

  // Rasa's page says that metadata is passed on. Who followed ours got none, and was not told why.
  it('passes on the metadata of the page’s curl', async () => {
    const got: unknown[] = [];
    const { url, close } = await startLine({
      channels: [new MyIO()],
      assistant: ({ metadata }) => void got.push(metadata),
    });
    for (const metadata of [{ page: 'cart' }, 'no object', undefined]) {
      const body = JSON.stringify({ sender: 'anna', message: 'Hi', metadata });
      const headers = { 'content-type': 'application/json' };
      await fetch(`${url}/webhooks/myio/webhook`, { method: 'POST', headers, body });
    }
    await close();
    expect(got).toEqual([{ page: 'cart' }, null, null]);
  });
});

describe('LiveInput', () => {
  inputChannelContract({
    it,
    create: () => new LiveInput(),
    message: (message, sender) => ({ body: { sender, message } }),
    replies: ({ body }) => linesOf(body),
  });
});

describe('LiveOutput', () => {
  outputChannelContract({
    it,
    create() {
      let text = '';
      const output = new LiveOutput({ write: (line) => void (text += line) });
      return { output, sent: () => linesOf(text) };
    },
  });

  it('shows a stream word by word, and says it once', async () => {
    const { url, close } = await startLine({
      channels: [new LiveInput()],
      assistant: (_message, reply) => reply.stream(wordsOf('Once upon a time')),
    });
    const answer = await fetch(`${url}/webhooks/live/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sender: 'anna', message: 'Hi' }),
    });
    const lines = linesOf(await answer.text());
    await close();
    expect(lines).toEqual([
      { start: true },
      { chunk: 'Once ' },
      { chunk: 'upon ' },
      { chunk: 'a ' },
      { chunk: 'time' },
      { end: true },
    ]);
  });
});

async function* wordsOf(text: string): AsyncGenerator<string> {
  yield* text.split(/(?<= )/);
}
