import { describe, expect, it } from 'vitest';
import { PATIENCE_MS, run, start } from '../support/command.ts';
import { folderOf } from '../support/folder.ts';

const ASSISTANT = `
// A connection to a database, say: it would keep the process for ever.
setInterval(() => {}, 1_000);
export default (message, reply) => {
  if (message.text === 'fail') throw new Error('I cannot');
  return reply.text('You said: ' + message.text);
};
`;

describe('trunkline shell with piped input', { timeout: PATIENCE_MS }, () => {
  it('answers, and ends with its input', async () => {
    const cwd = await folderOf({ 'assistant.ts': ASSISTANT });
    expect(await run(['shell'], { cwd, input: 'a\nb\n' })).toEqual({
      code: 0,
      text: 'You said: a\nYou said: b\n',
    });
  });

  it('ends with 1 where a message was not answered', async () => {
    const cwd = await folderOf({ 'bots/b.ts': ASSISTANT });
    const args = ['shell', '--assistant', 'bots/b.ts'];
    const { code, text } = await run(args, { cwd, input: 'fail\nb\n' });
    expect(text).toMatch(/^Error: I cannot\n/);
    expect(text).toContain('You said: b\n');
    expect(code).toBe(1);
  });

  // The story: `trunkline shell | head -1` ended with the stack of an error of Node's.
  it('ends in silence when nobody reads what it says', async () => {
    const cwd = await folderOf({ 'assistant.ts': ASSISTANT });
    const { child, says, text, ended } = start(['shell'], { cwd });
    child.stdin?.write('a\n');
    await says(/You said: a\n/);
    child.stdout?.destroy();
    child.stdin?.write('b\n');
    expect(await ended).toBe(0);
    expect(text()).toBe('You said: a\n');
  });

  it('ends with what it would end with where nobody reads its complaint', async () => {
    const { child, ended } = start(['shell'], { cwd: await folderOf({}) });
    child.stderr?.destroy();
    expect(await ended).toBe(1);
  });

  it('waits for an assistant that keeps no process alive', async () => {
    const assistant = `
import { setTimeout } from 'node:timers/promises';
export default async (message, reply) => {
  await setTimeout(200, null, { ref: false });
  await reply.text('At last');
};
`;
    const cwd = await folderOf({ 'assistant.ts': assistant });
    expect(await run(['shell'], { cwd, input: 'a\n' })).toEqual({ code: 0, text: 'At last\n' });
  });
});
