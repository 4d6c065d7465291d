import { join } from 'node:path';
import { Child } from './child.mjs';
import { now, wait } from './script.mjs';

/** @typedef {import('./record.d.ts').Kill} Kill */
/** @typedef {import('./random.mjs').Random} Random */

/** The workers: each is started again when it was killed. */
export class Crew {
  /** @type {Kill[]} */
  kills = [];
  /** What went wrong, one sentence each. @type {string[]} */
  failures = [];

  /** @type {Map<string, Child>} */
  #living = new Map();
  #options;
  #random;
  #onTurn;
  #onFailure;
  #isOver = false;
  /** @type {((name: string) => void)[]} */
  #whenStarted = [];

  /**
   * @param {{ folder: string, script: string, stores: readonly string[], about: object, pauseMs: number }} options -
   *   `about` is what each worker is told beside its name and its store.
   * @param {Random} random
   * @param {{ onTurn: (turn: { id: string, outcome: string }) => void, onFailure: () => void }} hooks
   */
  constructor(options, random, { onTurn, onFailure }) {
    this.#options = options;
    this.#random = random;
    this.#onTurn = onTurn;
    this.#onFailure = onFailure;
  }

  /** One for each of the stores. */
  async start() {
    await Promise.all(this.#options.stores.map((store, i) => this.#hire(`w${i + 1}`, store, 1)));
  }

  /** One that is there now, whichever, or `null`. */
  get one() {
    if (this.#living.size === 0) return null;
    const name = this.#random.pick([...this.#living.keys()]);
    // Just picked from among them.
    return { name, url: /** @type {Child} */ (this.#living.get(name)).url };
  }

  /** One that is there, whichever; waits for one. */
  async any() {
    for (;;) {
      const { one } = this;
      if (one !== null) return one;
      if (this.failures.length > 0) throw new Error(this.failures.join('; '));
      await Promise.race([this.started(), wait(1_000)]);
    }
  }

  /** Resolves to the next that is started. @returns {Promise<string>} */
  started() {
    return new Promise((resolve) => this.#whenStarted.push(resolve));
  }

  /** `kill -9`. @param {string} worker @param {Kill['moment']} moment */
  kill(worker, moment) {
    const child = this.#living.get(worker);
    if (child === undefined || !child.isAlive) return;
    this.killed({ at: now(), worker, moment });
    child.kill();
  }

  /** Ends a worker as a deployment does: it has time to finish. @param {string} worker */
  dismiss(worker) {
    this.#living.get(worker)?.dismiss();
  }

  /** Notes a kill. Nobody dies twice. @param {Kill} kill */
  killed(kill) {
    if (!this.kills.some(({ worker }) => worker === kill.worker)) this.kills.push(kill);
  }

  /** Ends them all, for good. */
  async end() {
    this.#isOver = true;
    for (const child of this.#living.values()) child.kill();
    await Promise.all([...this.#living.values()].map(({ exited }) => exited));
  }

  /** @param {string} place @param {string} store @param {number} count */
  async #hire(place, store, count) {
    if (this.#isOver) return;
    const { folder, script, about } = this.#options;
    const name = `${place}.${count}`;
    const child = await Child.start(script, {
      options: { name, store, ...about },
      log: join(folder, `${place}.log`),
      onMessage: ({ turn }) => turn && this.#onTurn(turn),
    });
    void this.#replace(child, place, store, count);
    if (!child.isAlive) return;
    if (this.#isOver) return child.kill();
    this.#living.set(name, child);
    for (const resolve of this.#whenStarted.splice(0)) resolve(name);
  }

  /** Waits for the end of a worker, and hires the next. @param {Child} child @param {string} place @param {string} store @param {number} count */
  async #replace(child, place, store, count) {
    await child.exited;
    const name = `${place}.${count}`;
    this.#living.delete(name);
    if (this.#isOver) return;
    if (!child.wasEnded) return this.#fail(`${name} ended by itself: see ${place}.log`);
    await wait(this.#random.between(0, this.#options.pauseMs));
    await this.#hire(place, store, count + 1).catch((error) => this.#fail(String(error)));
  }

  /** @param {string} sentence */
  #fail(sentence) {
    this.failures.push(sentence);
    this.#onFailure();
  }
}
