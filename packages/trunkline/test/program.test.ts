import { readFileSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../src/program.ts';
import { BIN } from './support/command.ts';
import { fakeTerminal } from './support/screen.ts';

async function say(
  ...args: string[]
): Promise<{ code: number | null; said: string; complained: string }> {
  const terminal = fakeTerminal();
  const code = await runCommandLine(args, terminal);
  return { code, said: terminal.said(), complained: terminal.complained() };
}

describe('the command line', () => {
  it.each([
    [['--help']],
    [['run', '--help']],
    [['shell', '--help']],
    [['send', '--help']],
    [['dead-letters', '--help']],
    [['dead-letters', 'replay', '--help']],
  ])('helps on a screen: %j', async (args) => {
    const { code, said } = await say(...args);
    expect(code).toBe(0);
    expect(said).toContain(`Usage: trunkline`);
    const lines = said.split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  // An installation links it before anything is built: dist/bin.js could not be linked, which was said twice.
  it('is a file that is not built', () => {
    expect(BIN).not.toContain(`${sep}dist${sep}`);
    // Windows has no such bit.
    if (sep === '/') expect(statSync(BIN).mode & 0o111).toBe(0o111);
    expect(readFileSync(BIN, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('names its commands, and what it ends with', async () => {
    const { said } = await say('--help');
    for (const name of ['run', 'shell', 'send', 'dead-letters', 'Exit codes']) {
      expect(said).toContain(name);
    }
  });

  it('tells its version', async () => {
    expect(await say('--version')).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it.each([
    [[], 'Usage: trunkline'],
    [['rum'], "unknown command 'rum'\n(Did you mean run?)"],
    [['run', '--prot', '1'], "unknown option '--prot'\n(Did you mean --port?)"],
    [['run', '--port', 'x'], 'must be a number from 0 to 65535, and is "x"'],
    [['run', '--port', '70000'], 'must be a number from 0 to 65535'],
    [['run', '--store', 'mysql:x'], 'must be "sqlite:" and a file'],
    [['run', 'assistant.ts'], 'too many arguments'],
    [['send'], "missing required argument 'conversation'"],
    [['send', 'ada', '--response', '[1]'], 'It must be a JSON object'],
    [['send', 'ada', '--response', '{'], 'It must be a JSON object'],
    [['dead-letters', 'show'], "missing required argument 'id'"],
  ])('does not understand %j, says why, and ends with 2', async (args, message) => {
    const { code, said, complained } = await say(...args);
    expect(complained).toContain(message);
    expect(said).toBe('');
    expect(code).toBe(2);
  });

  it('says in a sentence what it cannot do, and ends with 1', async () => {
    expect(await say('dead-letters', 'list', '--store', 'memory')).toEqual({
      code: 1,
      said: '',
      complained: 'error: a store in memory is seen by its own server alone\n',
    });
  });
});
