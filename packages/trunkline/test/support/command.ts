import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const manifest = new URL('../../package.json', import.meta.url);
const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { trunkline: string } };

/** The real command; what it imports, `npm test` has built. */
export const BIN: string = fileURLToPath(new URL(bin.trunkline, manifest));

/** How a command is started. */
export interface CommandOptions {
  cwd: string;
  input?: string;
  env?: Record<string, string>;
}

/** A command that runs. */
export interface Running {
  child: ChildProcess;
  /** What it has written so far. */
  text: () => string;
  /** Resolves when it has written something that matches. */
  says: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Resolves to what it ended with. */
  ended: Promise<number | NodeJS.Signals>;
}

/** Starts `trunkline`; it is gone at the end of the test. */
export function start(args: readonly string[], { cwd, input, env }: CommandOptions): Running {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd,
    // Nothing of the tester's own environment decides.
    env: { PATH: process.env['PATH'], HOME: cwd, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (const look of waiting) look();
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number);
  onTestFinished(() => void child.kill('SIGKILL'));
  if (input !== undefined) child.stdin.end(input);
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(text);
        if (found === null) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void ended.then((code) => reject(new Error(`ended with ${code}, and said: ${text}`)));
    });
  return { child, text: () => text, says, ended };
}

/** Runs `trunkline` to its end. */
export async function run(
  args: readonly string[],
  options: CommandOptions,
): Promise<{ code: number | NodeJS.Signals; text: string }> {
  const { ended, text } = start(args, { input: '', ...options });
  return { code: await ended, text: text() };
}

/** How long a test of a real command may take: it loads TypeScript on a busy machine. */
export const PATIENCE_MS = 90_000;
