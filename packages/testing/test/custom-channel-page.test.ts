/*
 * The channels of docs/custom-channel.md, as they are written there: the second one by the tests that
 * the page has for it. That both run: packages/trunkline/test/commands/custom-channel.test.ts.
 */
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InputChannel } from '@trunkline/core';
import { inputChannelContract } from '@trunkline/testing';
import { afterAll, describe, it } from 'vitest';
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
await import(join(folder, 'addons/pigeon.test.ts'));

describe('MyIO', () => {
  inputChannelContract({
    it,
    create: () => new MyIO(),
    message: (message, sender) => ({ body: { sender, message } }),
    replies: (answer) => JSON.parse(answer.body) as unknown,
  });
});
