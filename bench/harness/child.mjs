// Processes beside the driver: the targets, and platforms that are played to them.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TARGET_CORE } from './cores.mjs';

/** How long a process may take to start or to answer a question, in milliseconds. */
const ANSWER_MS = 20_000;

/** /proc counts CPU time in these. */
const TICKS_PER_SECOND =
  Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;

/** A process that called `ready` of target.mjs. */
export class Child {
  /** Where it listens. */
  port = 0;

  /** @type {import('node:child_process').ChildProcess} */
  #process;
  #name;

  /** @param {import('node:child_process').ChildProcess} child @param {string} name */
  constructor(child, name) {
    this.#process = child;
    this.#name = name;
  }

  /**
   * Starts a script, pinned to a core, and resolves when it is ready.
   * @param {URL} script
   * @param {{ core?: number, args?: string[] }} [options]
   */
  static async start(script, { core = TARGET_CORE, args = [] } = {}) {
    const path = fileURLToPath(script);
    // taskset becomes the program that it starts: the process id is Node's.
    const child = spawn(
      'taskset',
      ['-c', String(core), process.execPath, '--expose-gc', path, ...args],
      {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        env: { ...process.env, NODE_ENV: 'production' },
      },
    );
    const started = new Child(child, path);
    ({ port: started.port } = await started.#answer());
    return started;
  }

  /** CPU time of all threads so far, in milliseconds, to the tick (10 ms). */
  cpuMs() {
    const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8');
    // The second field is the name in parentheses, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1000;
  }

  /**
   * Asks the script one of the questions that it gave `ready` answers to.
   * @param {string} question
   * @param {unknown} [argument] - JSON, as is the answer.
   */
  ask(question, argument) {
    this.#process.send({ question, argument });
    return this.#answer();
  }

  /** Bytes of the heap in use after a collection. Not between slices: it throws compiled code away. */
  async heapBytes() {
    return (await this.ask('heap')).bytes;
  }

  /** Begins to sample where the time goes. */
  async startProfile() {
    await this.ask('start-profile');
  }

  /** Ends it and writes the profile to a file. @param {string} file */
  async stopProfile(file) {
    await this.ask('stop-profile', file);
  }

  /** Ends the process. */
  async stop() {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }

  /** @returns {Promise<any>} */
  async #answer() {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const child = this.#process;
    return await new Promise((resolve, reject) => {
      const settle = (/** @type {() => void} */ how) => {
        child.off('message', onMessage);
        child.off('exit', onExit);
        child.off('error', onError);
        signal.onabort = null;
        how();
      };
      const onMessage = (/** @type {unknown} */ message) => settle(() => resolve(message));
      const onError = (/** @type {Error} */ error) => settle(() => reject(error));
      const onExit = () => settle(() => reject(new Error(`${this.#name} ended by itself`)));
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.on('error', onError);
      signal.onabort = () => settle(() => reject(new Error(`${this.#name} does not answer`)));
    });
  }
}
