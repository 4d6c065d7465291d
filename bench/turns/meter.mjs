// Measures within a target: time, its own CPU time, and that of the server beside it.
import { CONVERSATIONS } from './messages.mjs';

/**
 * What a piece of work came to.
 * @typedef {object} Figures
 * @property {number} turns
 * @property {number} rate - Turns per second.
 * @property {number} cpuUs - CPU time of the target per turn, all threads, microseconds.
 * @property {number} serverUs - The same of the server beside it; 0 where there is none.
 * @property {number} core - The part of the time that the target worked.
 * @property {number} p50 - Milliseconds.
 * @property {number} p99 - Milliseconds.
 */

/** Adds up what is measured, and leaves out what lies between. */
export class Meter {
  /** Milliseconds so far. */
  elapsedMs = 0;
  #cpuUs = 0;
  #serverUs = 0;
  /** @type {number[]} */
  #latenciesMs = [];
  #serverCpuUs;

  /** @param {() => Promise<number>} [serverCpuUs] - CPU time so far of the server beside it. */
  constructor(serverCpuUs = async () => 0) {
    this.#serverCpuUs = serverCpuUs;
  }

  /** Measures. @param {() => Promise<number[]>} work - Resolves to a latency a turn. */
  async measure(work) {
    const serverUs = await this.#serverCpuUs();
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    const latenciesMs = await work();
    this.elapsedMs += performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpu);
    this.#cpuUs += user + system;
    this.#serverUs += (await this.#serverCpuUs()) - serverUs;
    this.#latenciesMs = this.#latenciesMs.concat(latenciesMs);
  }

  /** @returns {Figures} */
  figures() {
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b);
    const turns = sorted.length;
    const percentile = (/** @type {number} */ p) => sorted[Math.floor(turns * p)] ?? Number.NaN;
    return {
      turns,
      rate: (turns / this.elapsedMs) * 1000,
      cpuUs: this.#cpuUs / turns,
      serverUs: this.#serverUs / turns,
      core: this.#cpuUs / 1000 / this.elapsedMs,
      p50: percentile(0.5),
      p99: percentile(0.99),
    };
  }
}

/** Messages that are handed over between two moments in which a target catches up: one a conversation. */
const PART = CONVERSATIONS;

/**
 * Measures how fast messages are handed over and nothing else: a part of them at a time.
 * @param {number} durationMs
 * @param {object} target
 * @param {(count: number) => Promise<number[]>} target.hand - Hands messages over. Is measured.
 * @param {() => Promise<void>} [target.before] - Goes before each part. Is not.
 * @param {() => Promise<void>} target.after - Comes after each part, and leaves nothing over. Is not.
 * @param {() => Promise<number>} [target.serverCpuUs]
 */
export async function measureAccepts(
  durationMs,
  { hand, before = async () => {}, after, serverCpuUs },
) {
  const meter = new Meter(serverCpuUs);
  while (meter.elapsedMs < durationMs) {
    await before();
    await meter.measure(() => hand(PART));
    await after();
  }
  return meter.figures();
}

/** Counts down: whether there is one more. @param {number} count */
export function times(count) {
  let left = count;
  return () => left-- > 0;
}
