import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import { join } from 'node:path';
import { wait } from './script.mjs';

/** A Redis of the run's own, which keeps what it has said that it has. */
export class RedisServer {
  /** @type {import('node:child_process').ChildProcess | null} */
  #process = null;
  #folder;
  #port;

  /** @param {string} folder @param {number} port */
  constructor(folder, port) {
    this.#folder = folder;
    this.#port = port;
  }

  /** @param {string} folder for its files */
  static async start(folder) {
    const redis = new RedisServer(folder, await freePort());
    // The other processes notice that the driver is gone; this one does not.
    process.once('exit', () => void redis.kill());
    await redis.start();
    return redis;
  }

  get port() {
    return this.#port;
  }

  async start() {
    const safe = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
    const place = ['--port', String(this.#port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const log = ['--logfile', join(this.#folder, 'redis.log')];
    const child = spawn('redis-server', [...place, ...safe, ...log], { stdio: 'ignore' });
    this.#process = child;
    const exited = once(child, 'exit');
    // It listens before it has read its file; nobody gets an answer until then.
    for (let tries = 0; !(await answers(this.#port)); tries++) {
      if (child.exitCode !== null || tries > 500) throw new Error('redis-server does not start');
      await Promise.race([wait(20), exited]);
    }
  }

  /** `kill -9`. */
  async kill() {
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
  });
}
