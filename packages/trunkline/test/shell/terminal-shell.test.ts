/*
 * The shell in a real terminal: `script` gives it one, as an SSH session would.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { needs, program } from '../../../../scripts/test-support/needs.ts';
import { BIN, PATIENCE_MS } from '../support/command.ts';
import { folderOf } from '../support/folder.ts';

const ASSISTANT = `
export default async (message, reply) => {
  if (message.text === 'forever') {
    async function* words() {
      yield 'word ';
      await new Promise((resolve) => reply.signal.addEventListener('abort', resolve));
    }
    return reply.stream(words());
  }
  if (message.text === 'slow') {
    await reply.text('wait');
    await new Promise((resolve) => process.stdin.once('end', resolve).once('pause', resolve));
    return reply.text('You waited');
  }
  if (message.choice) return reply.text('You chose ' + message.choice.title);
  return reply.buttons('What size?', [{ title: 'Small', payload: '/s' }, { title: 'Large', payload: '/l' }]);
};
`;

/** A shell in a terminal of its own. */
async function open(env: Record<string, string> = {}) {
  const cwd = await folderOf({ 'assistant.ts': ASSISTANT });
  const command = `'${process.execPath}' '${BIN}' shell`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, TERM: 'xterm-256color', ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  let look = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    look();
  });
  /** Resolves when the shell has written this, after what was waited for before. */
  const says = (what: string): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        const at = text.indexOf(what);
        if (at < 0) return;
        text = text.slice(at + what.length);
        resolve();
      };
      look();
    });
  return {
    says,
    rest: () => text,
    type: (keys: string) => child.stdin.write(keys),
    ended: once(child, 'close').then(([code]) => code as number),
  };
}

describe('trunkline shell in a terminal', { timeout: PATIENCE_MS }, () => {
  beforeEach(needs(program('script', 'bsdutils')));

  it('talks, in colours, until it is told to stop', async () => {
    const { says, type, ended } = await open();
    await says('Talk to ./assistant.ts; /stop ends it.');
    await says('> ');
    type('hi\r');
    await says('\u001b[36mWhat size?');
    await says('2. Large');
    await says('> ');
    type('2\r');
    await says('You chose Large');
    await says('> ');
    type('/stop\r');
    expect(await ended).toBe(0);
  });

  it('ends an answer with Ctrl-C, and the conversation with the next', async () => {
    const { says, type, ended } = await open({ NO_COLOR: '1' });
    await says('> ');
    type('forever\r');
    await says('word ');
    type('\u0003');
    await says('the turn was cancelled');
    await says('> ');
    type('hi\r');
    // Without colours now.
    await says('\r\nWhat size?\r\n1. Small');
    await says('> ');
    type('\u0003');
    expect(await ended).toBe(0);
  });

  // Left on the line of its own, what asks next would stand behind it.
  it.each([
    ['Ctrl-D', '\u0004'],
    ['Ctrl-C', '\u0003'],
  ])('ends with %s, and leaves the line that it asked on', async (_what, key) => {
    const { says, rest, type, ended } = await open({ NO_COLOR: '1' });
    await says('> ');
    type(key);
    expect(await ended).toBe(0);
    expect(rest()).toMatch(/\r\n$/);
  });

  // Node 24 fails where a line is asked for of an input that has ended.
  it('ends with Ctrl-D once the answer is said that is under way', async () => {
    const { says, rest, type, ended } = await open({ NO_COLOR: '1' });
    await says('> ');
    type('slow\r');
    await says('wait');
    type('\u0004');
    await says('You waited');
    expect(await ended).toBe(0);
    expect(rest()).toBe('\r\n');
  });
});
