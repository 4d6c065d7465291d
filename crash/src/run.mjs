import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './checks.mjs';
import { Child } from './child.mjs';
import { Crew } from './crew.mjs';
import { Killer } from './killer.mjs';
import { Random } from './random.mjs';
import { RedisServer } from './redis.mjs';
import { idOf, wait } from './script.mjs';
import { Users } from './users.mjs';
import { Wire } from './wire.mjs';

/** @typedef {import('./record.d.ts').RunOptions} RunOptions */
/** @typedef {import('./record.d.ts').RunRecord} RunRecord */
/** @typedef {import('./record.d.ts').RunResult} RunResult */

/** The part of the platform's answers that fails. */
const FAULTS = 0.02;

/** How long nothing may happen before a run counts as stuck. */
const STUCK_MS = 60_000;

/** The run of a turn that may come to its end in peace: six deaths make a dead letter. */
const MOST_ATTEMPTS = 3;

/** By when the end of a run is stored, about. */
const STORED_MS = 250;

/** Makes one run, from the first process to the last check. @param {RunOptions} options @returns {Promise<RunResult>} */
export async function crashRun(options) {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-crash-'));
  const redis = options.store === 'redis' ? await RedisServer.start(folder) : null;
  /** @type {Child | null} */
  let platform = null;
  try {
    const stage = new Stage(options, folder, redis);
    platform = await Child.start('platform.mjs', {
      options: { seed: options.seed, faults: FAULTS },
      log: join(folder, 'platform.log'),
      onMessage: (message) => stage.hear(message),
    });
    const result = await stage.run(platform);
    if (result.failures.length === 0 && options.keeps !== true) {
      await redis?.kill();
      rmSync(folder, { recursive: true, force: true });
      return result;
    }
    writeFileSync(join(folder, 'record.json'), JSON.stringify(result.record));
    return { ...result, folder };
  } finally {
    platform?.kill();
    await platform?.exited;
    await redis?.kill();
  }
}

/** What happens in one run. */
class Stage {
  #options;
  #folder;
  #redis;
  #random;
  /** What the assistant is at, and which run of the turn that is. @type {Map<string, number>} */
  #attempts = new Map();
  /** @type {Set<string>} */
  #ended = new Set();
  /** The turns that are over for good. @type {Set<string>} */
  #finished = new Set();
  /** @type {string[]} */
  #failures = [];
  #lastSignOfLife = performance.now();
  /** @type {Crew | null} */
  #crew = null;

  /** @param {RunOptions} options @param {string} folder @param {RedisServer | null} redis */
  constructor(options, folder, redis) {
    this.#options = options;
    this.#folder = folder;
    this.#redis = redis;
    this.#random = new Random(options.seed);
  }

  /** What the platform says. @param {{ run?: { kind: 'start' | 'end', id: string, attempt?: number }, kill?: import('./record.d.ts').Kill }} message */
  hear({ run, kill }) {
    this.#lastSignOfLife = performance.now();
    if (run?.kind === 'start') this.#attempts.set(run.id, run.attempt ?? 1);
    if (run?.kind === 'end') {
      const attempt = this.#attempts.get(run.id);
      // The end is still to be stored.
      setTimeout(() => {
        if (this.#attempts.get(run.id) === attempt) this.#attempts.delete(run.id);
      }, STORED_MS);
      this.#ended.add(run.id);
    }
    if (kill !== undefined) this.#crew?.killed(kill);
  }

  /** @param {Child} platform @returns {Promise<RunResult>} */
  async run(platform) {
    const { mode, messages, conversations, kills, outages, cuts, paceMs } = this.#options;
    const startedAt = performance.now();
    const redis = this.#redis;
    const random = this.#random;
    const wires = redis === null ? [] : await Promise.all([1, 2, 3].map(() => Wire.to(redis.port)));
    const file = `sqlite:${join(this.#folder, 'trunkline.db')}`;
    const stores = redis === null ? [file] : wires.map(({ url }) => url);
    const pauseMs = redis === null ? 300 : 2_000;
    const about = { platform: platform.url, mode };
    const workers = { folder: this.#folder, script: 'worker.mjs', stores, about, pauseMs };
    const stuck = new AbortController();
    const crew = new Crew(workers, random, {
      onTurn: (turn) => this.#turnEnded(turn),
      onFailure: () => stuck.abort(),
    });
    this.#crew = crew;
    const users = new Users(crew, random, stuck.signal);
    const hasDone = async (/** @type {number} */ part) => {
      while (this.#ended.size < part * messages && !stuck.signal.aborted) await wait(5);
      // A turn whose process dies again and again becomes a dead letter, rightly.
      const isHardHit = (/** @type {number} */ attempt) => attempt >= MOST_ATTEMPTS;
      while ([...this.#attempts.values()].some(isHardHit) && !stuck.signal.aborted) await wait(5);
    };
    const killer = new Killer({ crew, users, platform, redis, wires, random, hasDone });
    const watch = setInterval(() => {
      if (performance.now() - this.#lastSignOfLife > STUCK_MS) stuck.abort();
    }, 500);
    try {
      await crew.start();
      const names = Array.from({ length: conversations }, (_, i) => `c${i + 1}`);
      const each = Math.ceil(messages / conversations);
      await Promise.all([
        ...names.map((name) => users.talk(name, 0, each, paceMs)),
        killer.killWorkers(kills),
        killer.killRedis(outages),
        killer.breakWires(cuts),
        killer.silencePlatform(2),
      ]);
      // From here on everybody lives. Each conversation's last message comes after all the others.
      await Promise.all(names.map((name) => users.talk(name, each, each + 1, 0)));
      const last = names.map((name) => idOf(name, each));
      while (!last.every((id) => this.#finished.has(id)) && !stuck.signal.aborted) await wait(10);
      if (stuck.signal.aborted && crew.failures.length === 0)
        this.#failures.push(this.#stuckAt(last));
      this.#failures.push(...(await deadLetters((await crew.any()).url)));
    } catch (error) {
      // What was seen until then is looked at all the same.
      this.#failures.push(`the run broke off: ${String(error)}`);
    } finally {
      clearInterval(watch);
      await crew.end();
      for (const wire of wires) wire.end();
    }
    const response = await fetch(`${platform.url}/record`);
    /** @type {RunRecord} */
    const record = {
      mode,
      // The platform's own list: its elements are written there.
      events: /** @type {RunRecord['events']} */ (await response.json()),
      kills: crew.kills.toSorted((a, b) => a.at - b.at),
      messages: users.acknowledged,
      outages: killer.outages,
    };
    const findings = check(record);
    findings.failures.push(...this.#failures, ...crew.failures);
    /** @type {RunResult['moments']} */
    const moments = {};
    for (const { moment } of crew.kills) moments[moment] = (moments[moment] ?? 0) + 1;
    const { duplicates, refusals, worstRefusalMs } = users;
    const durationMs = performance.now() - startedAt;
    return {
      ...findings,
      options: this.#options,
      record,
      durationMs,
      outages: killer.outages.length,
      duplicates,
      refusals,
      worstRefusalMs,
      moments,
      folder: null,
    };
  }

  /** @param {{ id: string, outcome: string }} turn */
  #turnEnded({ id, outcome }) {
    this.#lastSignOfLife = performance.now();
    this.#finished.add(id);
    this.#attempts.delete(id);
    if (outcome !== 'answered') this.#failures.push(`the turn of ${id} ended as ${outcome}`);
  }

  /** @param {string[]} last */
  #stuckAt(last) {
    const open = last.filter((id) => !this.#finished.has(id));
    return `stuck: nothing has happened for ${STUCK_MS / 1_000} s; ${open.length} conversations are not at their end, ${open.slice(0, 5).join(', ')} say`;
  }
}

/** The dead letters, of which there must be none. @param {string} url */
async function deadLetters(url) {
  const response = await fetch(`${url}/dead-letters`);
  if (!response.ok) return [`the dead letters cannot be listed: ${await response.text()}`];
  const letters = /** @type {import('@trunkline/core').DeadLetter[]} */ (await response.json());
  return letters.map(({ message, reason }) => `a dead letter: ${message.messageId}, ${reason}`);
}
