/*
 * docs/custom-channel.md, done as it is written: its files, its command, its curl, its answer.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { needs, program } from '../../../../scripts/test-support/needs.ts';
import { PATIENCE_MS, start } from '../support/command.ts';
import { folderOf } from '../support/folder.ts';

const PAGE = fileURLToPath(new URL('../../../../docs/custom-channel.md', import.meta.url));

/** The blocks of the page: the files that it names, and the others by their language. */
async function readPage(): Promise<{
  files: Record<string, string>;
  block: (tag: string) => string[];
}> {
  const page = await readFile(PAGE, 'utf8');
  const blocks = [...page.matchAll(/(.*)\n\n```(\w+)\n([\s\S]*?)```/g)].map(
    ([, lead = '', language, text = '']) => ({ lead, language, text }),
  );
  const files = blocks.flatMap(({ lead, text }) => {
    const name = /`([\w./-]+\.(?:ts|yml))`[^`]*:$/.exec(lead)?.[1];
    return name === undefined ? [] : [[name, text]];
  });
  const block = (tag: string): string[] =>
    blocks.filter(({ language }) => language === tag).map(({ text }) => text);
  return { files: Object.fromEntries(files), block };
}

describe('the page on a channel of one’s own', () => {
  beforeEach(needs(program('curl', 'curl')));

  it('works step by step', { timeout: PATIENCE_MS }, async () => {
    const { files, block } = await readPage();
    expect(Object.keys(files)).toEqual([
      'addons/custom-channel.ts',
      'credentials.yml',
      'domain.yml',
      'assistant.ts',
    ]);
    const [, command = '', curl = ''] = block('sh');
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
});
