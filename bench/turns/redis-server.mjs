// A redis-server of the benchmark's own, on the driver's core, gone when the driver is.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { DRIVER_CORE } from '../harness/cores.mjs';
import { folder } from '../harness/folder.mjs';

const START_MS = 10_000;

/** Whether there is one to start. */
export const hasRedis = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;

/** Starts one. Resolves to its port. @param {'always' | 'everysec'} appendfsync */
export async function startRedis(appendfsync) {
  const port = await freePort();
  const dir = join(folder(), `redis-${appendfsync}`);
  mkdirSync(dir);
  const options = { port, dir, bind: '127.0.0.1', save: '', appendonly: 'yes', appendfsync };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn('taskset', ['-c', String(DRIVER_CORE), 'redis-server', ...args], {
    stdio: 'ignore',
  });
  process.once('exit', () => server.kill('SIGKILL'));
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50 });
  client.on('error', () => {});
  try {
    await Promise.race([client.ping(), tooLate()]);
  } finally {
    client.disconnect();
  }
  return port;
}

async function tooLate() {
  await setTimeout(START_MS, undefined, { ref: false });
  throw new Error('redis-server was started, and does not answer');
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
