import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crew } from '../crew.mjs';
import { Random } from '../random.mjs';
import { RedisServer } from '../redis.mjs';
import { now, wait } from '../script.mjs';
import { checkTranscript, isComplete } from './checks.mjs';
import { Reader } from './reader.mjs';

/** How long nothing may come before a run counts as stuck. */
const STUCK_MS = 60_000;

/**
 * @typedef {object} WebRunOptions
 * @property {'sqlite' | 'redis'} store - One server on SQLite, or three on Redis.
 * @property {number} readers
 * @property {number} messages - Of all readers together.
 * @property {number} paceMs - Between two messages of one reader, on average.
 * @property {number} kills - Servers that are killed, or asked to end: two in five.
 * @property {number} cutMs - Between two connections that are cut, on average.
 * @property {number} seed
 * @property {boolean} [keeps] - Leaves the logs also where all is well.
 */

/**
 * @typedef {object} WebRunResult
 * @property {WebRunOptions} options
 * @property {string[]} failures - One sentence each.
 * @property {number} kills
 * @property {number} dismissals
 * @property {number} cuts
 * @property {number} interrupted - Streams that were cut, and said once more.
 * @property {number} durationMs
 * @property {string | null} folder - Where the logs are.
 */

/** Makes one run, from the first process to the last check. @param {WebRunOptions} options @returns {Promise<WebRunResult>} */
export async function webRun(options) {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-web-'));
  const redis = options.store === 'redis' ? await RedisServer.start(folder) : null;
  try {
    const file = `sqlite:${join(folder, 'trunkline.db')}`;
    const url = `redis://127.0.0.1:${redis?.port}`;
    const stores = redis === null ? [file] : [url, url, url];
    const run = new WebRun(options, folder, stores);
    const { transcripts, ...result } = await run.result();
    if (result.failures.length > 0) {
      writeFileSync(join(folder, 'transcripts.json'), JSON.stringify(transcripts));
    } else if (options.keeps !== true) {
      await redis?.kill();
      rmSync(folder, { recursive: true, force: true });
      return { ...result, options, folder: null };
    }
    return { ...result, options, folder };
  } finally {
    await redis?.kill();
  }
}

/** What happens in one run. */
class WebRun {
  #options;
  #random;
  #crew;
  /** @type {Reader[]} */
  #readers = [];
  #cuts = 0;
  #dismissals = 0;
  #isOver = false;
  #hasFailed = false;
  /** Where a server was last. */
  #lastUrl = '';

  /** @param {WebRunOptions} options @param {string} folder @param {readonly string[]} stores */
  constructor(options, folder, stores) {
    this.#options = options;
    this.#random = new Random(options.seed);
    const workers = { folder, script: 'web/server.mjs', stores, about: {}, pauseMs: 2_000 };
    this.#crew = new Crew(workers, this.#random, {
      onTurn: () => {},
      onFailure: () => (this.#hasFailed = true),
    });
  }

  async result() {
    const { readers, messages, paceMs } = this.#options;
    const startedAt = now();
    const each = Math.ceil(messages / readers);
    const crew = this.#crew;
    try {
      await crew.start();
      this.#readers = Array.from({ length: readers }, () => new Reader(() => this.#nextUrl()));
      const pauseMs = () => this.#random.between(0, 2 * paceMs);
      const disturbing = [this.#endServers(each * paceMs), this.#cutConnections()];
      await Promise.all(this.#readers.map((reader) => reader.talk(each, pauseMs)));
      this.#isOver = true;
      await Promise.all(disturbing);
      // From here on everybody lives.
      await this.#allRead();
    } finally {
      this.#isOver = true;
      for (const reader of this.#readers) reader.close();
      await crew.end();
    }
    const transcripts = this.#readers.map(({ transcript }) => transcript.entries);
    const isCut = (/** @type {import('@trunkline/webchat/client').Entry} */ entry) =>
      entry.kind === 'stream' && entry.state === 'interrupted';
    return {
      transcripts,
      failures: [...crew.failures, ...transcripts.flatMap((entries, i) => this.#wrong(entries, i))],
      kills: crew.kills.length,
      dismissals: this.#dismissals,
      cuts: this.#cuts,
      interrupted: transcripts.flat().filter(isCut).length,
      durationMs: now() - startedAt,
    };
  }

  /** @param {readonly import('@trunkline/webchat/client').Entry[]} entries @param {number} i */
  #wrong(entries, i) {
    const said = this.#readers[i]?.said ?? 0;
    return checkTranscript(said, entries).map((sentence) => `reader ${i}: ${sentence}`);
  }

  /** Where a reader's next connection goes: to any server, as behind a load balancer. */
  #nextUrl() {
    // Where none lives, the last one, where nobody answers any more.
    this.#lastUrl = this.#crew.one?.url ?? this.#lastUrl;
    return `${this.#lastUrl.replace('http:', 'ws:')}/webhooks/websocket/ws`;
  }

  /** @param {number} durationMs */
  async #endServers(durationMs) {
    const { kills } = this.#options;
    const pauseMs = durationMs / (kills + 1);
    for (let i = 0; i < kills; i++) {
      await wait(this.#random.between(0.5, 1.5) * pauseMs);
      if (this.#isOver) return;
      const { name } = await this.#crew.any();
      if (this.#random.chance(0.6)) {
        this.#crew.kill(name, 'random');
      } else {
        this.#dismissals++;
        this.#crew.dismiss(name);
      }
    }
  }

  async #cutConnections() {
    while (!this.#isOver) {
      await wait(this.#random.between(0, 2 * this.#options.cutMs));
      this.#random.pick(this.#readers).cut();
      this.#cuts++;
    }
  }

  /** Resolves when every reader has everything, or when nothing comes any more. */
  async #allRead() {
    let seen = '';
    let seenAt = now();
    const isDone = (/** @type {Reader} */ { said, transcript }) =>
      isComplete(said, transcript.entries);
    while (!this.#readers.every(isDone) && !this.#hasFailed && now() - seenAt < STUCK_MS) {
      await wait(100);
      const lengths = this.#readers.map(({ transcript }) => transcript.seq).join();
      if (lengths !== seen) [seen, seenAt] = [lengths, now()];
    }
  }
}

/** A run in figures, one line a subject, and what went wrong. @param {WebRunResult} result */
export function describeWebRun({ options, failures, folder, ...figures }) {
  const { store, readers, messages, seed } = options;
  const verdict = failures.length === 0 ? 'held' : 'FAILED';
  return [
    `web, ${store}, seed ${seed}: ${verdict} in ${(figures.durationMs / 1_000).toFixed(1)} s`,
    `readers ${readers}, messages ${messages}, kills ${figures.kills}, restarts ${figures.dismissals}, connections cut ${figures.cuts}, streams cut and said once more ${figures.interrupted}`,
    ...failures.slice(0, 20).map((failure) => `! ${failure}`),
    ...(failures.length > 20 ? [`! … and ${failures.length - 20} more`] : []),
    ...(folder === null ? [] : [`logs and transcripts: ${folder}`]),
  ];
}
