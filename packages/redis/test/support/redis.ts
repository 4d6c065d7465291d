import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach } from 'vitest';
import { program, type Part } from '../../../../scripts/test-support/needs.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { RedisStore, type RedisStoreOptions } from '../../src/index.ts';
import type { Timing } from '../../src/options.ts';

// The last hook of a file: one that fails keeps those before it, which end the servers, from running.
expectNoUnhandledRejections();

/** Redis as a program, for tests that start and kill it. */
export const redisProgram: Part = program('redis-server', 'redis-server');

/** Redis, wherever it is. */
export const anyRedis: Part = {
  ...redisProgram,
  name: 'Redis',
  present: () => process.env['REDIS_URL'] !== undefined || redisProgram.present(),
  provide: 'set REDIS_URL, or apt-get install redis-server',
};

/** A Redis of the test's own. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #args: readonly string[];
  #child: ChildProcess | null = null;

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = args;
    this.#folder = mkdtempSync(join(tmpdir(), 'trunkline-redis-'));
  }

  /** Starts one on a free port, for the time of the test file. */
  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), args);
    servers.push(server);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const fixed = ['--port', String(this.port), '--dir', this.#folder, '--bind', '127.0.0.1'];
    const quiet = ['--save', '', '--loglevel', 'warning'];
    const child = spawn(redisProgram.name, [...fixed, ...quiet, ...this.#args], {
      stdio: 'ignore',
    });
    this.#child = child;
    await until(`redis-server on port ${this.port}`, async () => {
      const answer = await this.command('PING').catch(String);
      return answer === 'PONG' || String(answer).includes('NOAUTH');
    });
  }

  /** As a loss of power would. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Holds it, as a machine that swaps would; `SIGCONT` lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** One command over a connection of its own. */
  async command(name: string, ...args: string[]): Promise<unknown> {
    return await command(this.url, name, ...args);
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const servers: RedisServer[] = [];
afterAll(async () => {
  for (const server of servers.splice(0)) await server.end();
});

/** One command over a connection of its own. */
export async function command(url: string, name: string, ...args: string[]): Promise<unknown> {
  const client = new Redis(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.call(name, ...args);
  } finally {
    client.disconnect();
  }
}

/** Everything in the shared Redis whose name begins with a prefix. */
export async function keysOf(prefix: string): Promise<string[]> {
  return (await command(await redisUrl(), 'KEYS', `${prefix}*`)) as string[];
}

let shared: Promise<string> | undefined;

/** The URL of a Redis that tests share: that of `REDIS_URL`, else one of the file's own. */
export function redisUrl(): Promise<string> {
  const given = process.env['REDIS_URL'];
  shared ??=
    given === undefined ? RedisServer.start().then(({ url }) => url) : Promise.resolve(given);
  return shared;
}

/** Times that are short enough to be waited for. */
export const QUICK: Partial<Timing> = {
  leaseMs: 800,
  graceMs: 1_000,
  beatMs: 200,
  checkMs: 150,
  sweepMs: 3_000,
};

const open: RedisStore[] = [];
let prefixes = 0;
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});
afterAll(async () => {
  const given = process.env['REDIS_URL'];
  if (given === undefined) return;
  for (const key of await keysOf(RUN)) await command(given, 'UNLINK', key);
});

const RUN = `test-${randomBytes(6).toString('hex')}`;

/** A prefix that nobody has used. */
export function newPrefix(): string {
  return `${RUN}-${prefixes++}`;
}

/** A store with short times, closed after the test. */
export function openStore(options: RedisStoreOptions, timing: Partial<Timing> = QUICK): RedisStore {
  const all: RedisStoreOptions & { timing: Partial<Timing> } = { ...options, timing };
  const store = new RedisStore(all);
  open.push(store);
  return store;
}

/** Waits until something is so, and fails with its name if it is not in time. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms for: ${what}`);
    await wait(10);
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
