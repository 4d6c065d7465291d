import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How long a process may take to start: long, on a machine that has much else to do. */
const START_MS = 60_000;

/** A process of ours that listens on a port. */
export class Child {
  /** Where it listens. */
  port = 0;
  /** Resolves when it is no more, however that came. */
  exited;

  #process;
  /** It was asked to end. */
  #isDismissed = false;

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.#process = child;
    this.exited = once(child, 'exit');
  }

  /**
   * Starts a script. Resolves when it listens, or has ended before.
   * @param {string} script in this folder
   * @param {{ options: unknown, log: string, onMessage: (message: any) => void }} how
   */
  static async start(script, { options, log, onMessage }) {
    const file = openSync(log, 'a');
    const child = fork(fileURLToPath(new URL(script, import.meta.url)), [JSON.stringify(options)], {
      // Not those of Vitest: what runs is what is built.
      execArgv: [],
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
      stdio: ['ignore', file, file, 'ipc'],
    });
    closeSync(file);
    const started = new Child(child);
    /** @type {Promise<void>} */
    const listens = new Promise((resolve, reject) => {
      const late = () => {
        child.kill('SIGKILL');
        reject(new Error(`${script} does not start: see ${log}`));
      };
      const timer = setTimeout(late, START_MS);
      child.on('message', (/** @type {any} */ message) => {
        if (message.port !== undefined) {
          started.port = message.port;
          clearTimeout(timer);
          resolve();
        } else onMessage(message);
      });
      child.on('error', reject);
      void started.exited.then(() => clearTimeout(timer)).then(resolve);
    });
    await listens;
    return started;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get isAlive() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Whether it has ended because somebody wanted that: killed, or dismissed and in good order. */
  get wasEnded() {
    const { signalCode, exitCode } = this.#process;
    return signalCode === 'SIGKILL' || (this.#isDismissed && exitCode === 0);
  }

  /** @param {import('node:child_process').Serializable} message */
  tell(message) {
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  /** Asks it to end, as a deployment does. */
  dismiss() {
    this.#isDismissed = true;
    this.#process.kill('SIGTERM');
  }

  /** `kill -9`. */
  kill() {
    this.#process.kill('SIGKILL');
  }
}
