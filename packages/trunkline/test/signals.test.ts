import { fork, type ChildProcess } from 'node:child_process';
import { once, type EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import { stopOnSignals } from '../src/signals.ts';

const script = fileURLToPath(new URL('support/stopping.mjs', import.meta.url));
const built = fileURLToPath(new URL('../dist/index.js', import.meta.url));
beforeEach(needs({ name: 'a build', present: () => existsSync(built), provide: 'npm run build' }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trunkline-signals-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A server in a process of its own, and what it tells. */
class Server {
  readonly events: unknown[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;

  constructor(...how: ('hurries' | 'retries')[]) {
    const args = [join(folder, 'trunkline.db'), ...how];
    // On what is built: not with the conditions that Vitest finds the sources by.
    this.#child = fork(script, args, {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#exited = once(this.#child, 'exit');
    this.#child.on('message', (event) => void this.events.push(event));
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  send(text: string): void {
    this.#child.send(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async hear(event: unknown): Promise<void> {
    await expect.poll(() => this.events, { timeout: 25_000 }).toContainEqual(event);
  }

  /** Its exit code. */
  async end(): Promise<unknown> {
    const [code] = await this.#exited;
    return code;
  }
}

describe('a server that is told to stop', () => {
  it('finishes what runs, and exits with 0', async () => {
    const server = new Server('hurries');
    await server.hear({ isUp: true });
    server.send('Hi');
    await server.hear({ began: 'Hi', attempt: 1 });
    server.signal('SIGTERM');
    expect(await server.end()).toBe(0);
    expect(server.events).toContainEqual({ said: 'about Hi' });
  });

  // The story: nothing but a timer was left, which keeps no process alive. It exited with 0, and the answer was lost.
  it('finishes what waits for its platform, too', async () => {
    const server = new Server('retries');
    await server.hear({ isUp: true });
    server.send('Hi');
    await server.hear({ failed: 'about Hi' });
    server.signal('SIGTERM');
    expect(await server.end()).toBe(0);
    expect(server.events).toContainEqual({ said: 'about Hi' });
  });

  it('stops at once at the second signal, and everything that was accepted is still there', async () => {
    const server = new Server();
    await server.hear({ isUp: true });
    for (const text of ['1', '2']) server.send(text);
    await server.hear({ began: '1', attempt: 1 });
    await expect
      .poll(() => server.events.filter((event) => JSON.stringify(event).includes('accepted')))
      .toHaveLength(2);
    server.signal('SIGTERM');
    // Again and again, until the server takes one for another press of the key: it may hear two at once.
    const again = setInterval(() => server.signal('SIGTERM'), 300);
    onTestFinished(() => clearInterval(again));
    // After the 10 seconds of the grace it would be 0.
    expect(await server.end()).toBe(128 + 15);

    const next = new Server('hurries');
    await next.hear({ said: 'about 2' });
    expect(next.events.filter((event) => JSON.stringify(event).includes('said'))).toEqual([
      { said: 'about 1' },
      { said: 'about 2' },
    ]);
    expect(next.events).toContainEqual({ began: '1', attempt: 2 });
  });
});

describe('a second signal', () => {
  /** Sends a signal to what listens in this process. */
  const emitter: EventEmitter = process;
  const signal = (): void => void emitter.emit('SIGTERM', 'SIGTERM', 15);

  it('does not wait also where the clock was set back since the first', () => {
    const before = process.listeners('SIGTERM');
    const isOurs = (listener: NodeJS.SignalsListener): boolean => !before.includes(listener);
    onTestFinished(() => {
      const [ours] = process.listeners('SIGTERM').filter(isOurs);
      if (ours) process.off('SIGTERM', ours).off('SIGINT', ours);
    });
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
    const log = vi.spyOn(console, 'log').mockReturnValue();
    const time = vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
    onTestFinished(() => [exit, log, time].forEach((spy) => spy.mockRestore()));
    const timers: (() => void)[] = [];
    const after = (_delayMs: number, callback: () => void): (() => void) => {
      timers.push(callback);
      return () => {};
    };
    stopOnSignals(() => new Promise(() => {}), { now: Date.now, after });
    signal();
    signal();
    expect(exit).not.toHaveBeenCalled();
    time.mockReturnValue(1_600_000_000_000);
    for (const due of timers) due();
    signal();
    expect(exit).toHaveBeenCalledWith(128 + 15);
    expect(log).toHaveBeenCalledTimes(1);
  });
});
