// Targets take turns, so that whatever drifts (the machine's neighbours, its clock rate) hits all of
// them: A B C, B C A, C A B, … What is quoted are medians of ratios within a round.
import { Child } from './child.mjs';

/**
 * @typedef {object} Target
 * @property {string} id
 * @property {string} label
 * @property {URL} script
 * @property {() => Promise<string[]>} [args] - What the script is started with.
 */

/**
 * A target under load, connected and checked.
 * @typedef {object} Load
 * @property {number} [answered] - Replies so far. Absent where the target makes its own load: the
 *   driver has nothing to look for then, and sleeps.
 * @property {() => Promise<Work>} run - One slice.
 * @property {() => void} close
 */

/**
 * What a slice of load came to.
 * @typedef {object} Work
 * @property {number} turns
 * @property {number[]} latenciesMs
 */

/** @typedef {(child: Child, durationMs: number) => Promise<Load>} Connect */

/**
 * What one slice of load measured.
 * @typedef {object} Sample
 * @property {number} turns
 * @property {number} rate - Turns per second.
 * @property {number} cpuUs - CPU time of the target per turn, all threads, microseconds.
 * @property {number} p50 - Milliseconds.
 * @property {number} p99 - Milliseconds.
 * @property {number} targetBusy - The part of the time that the target's core worked for it.
 * @property {number} driverBusy - The same of the driver's. Near 1, and the driver was measured.
 */

/** Starts a target. @param {Target} target */
export async function startTarget({ script, args }) {
  return await Child.start(script, { args: (await args?.()) ?? [] });
}

/**
 * Measures one slice.
 * @param {Child} child
 * @param {Load} load
 * @returns {Promise<Sample>}
 */
export async function measure(child, load) {
  const stopPolling = poll(load);
  const targetCpuMs = child.cpuMs();
  const startedAt = performance.now();
  const { turns, latenciesMs } = await load.run();
  const elapsedMs = performance.now() - startedAt;
  const cpuMs = child.cpuMs() - targetCpuMs;
  const idleMs = stopPolling();
  latenciesMs.sort((a, b) => a - b);
  const percentile = (/** @type {number} */ p) => latenciesMs[Math.floor(turns * p)] ?? Number.NaN;
  return {
    turns,
    rate: (turns / elapsedMs) * 1000,
    cpuUs: (cpuMs / turns) * 1000,
    p50: percentile(0.5),
    p99: percentile(0.99),
    targetBusy: cpuMs / elapsedMs,
    driverBusy: 1 - idleMs / elapsedMs,
  };
}

/**
 * Keeps the driver looking for replies instead of sleeping until one comes. To wake its core up
 * costs the target up to 25 µs a reply, but only a target so slow that the driver falls asleep: the
 * ratios would be those of the sleep. Returns what ends it and tells how long there was no reply.
 * @param {Load} load
 */
function poll(load) {
  if (load.answered === undefined) return () => Number.NaN;
  let idleMs = 0;
  let isOver = false;
  /** @type {number | undefined} */
  let seen = load.answered;
  let lookedAt = performance.now();
  const look = () => {
    if (isOver) return;
    const now = performance.now();
    if (load.answered === seen) idleMs += now - lookedAt;
    seen = load.answered;
    lookedAt = now;
    setImmediate(look);
  };
  setImmediate(look);
  return () => {
    isOver = true;
    return idleMs;
  };
}

/**
 * How many turns a target makes before it is measured. Node compiles what runs often while it runs: the
 * first thousand turns cost ten times as much as those after three thousand, and the more code a turn
 * has, the longer that takes.
 */
export const WARM_UP_TURNS = 6_000;
/** A target that is slow has this long, in milliseconds. */
export const WARM_UP_MOST_MS = 20_000;
const WARM_UP_SLICE_MS = 1_000;

/**
 * Has a target make its first turns.
 * @param {Child} child @param {Connect} connect @param {number} [count]
 */
export async function warmUp(child, connect, count = WARM_UP_TURNS) {
  let turns = 0;
  for (let ms = 0; turns < count && ms < WARM_UP_MOST_MS; ms += WARM_UP_SLICE_MS) {
    turns += (await slice(child, connect, WARM_UP_SLICE_MS)).turns;
  }
}

/** A round is quiet if each target had as much of its core as this. */
export const QUIET = 0.9;
/** How often a round is done at most, for one that is wanted. */
const MOST_ROUNDS = 1.5;

/**
 * Starts the targets, warms them up and measures them in turns. A round during which somebody else
 * used the core is done again, within limits; the quietest count.
 * @param {object} options
 * @param {readonly Target[]} options.targets
 * @param {Connect} options.connect
 * @param {number} options.rounds - How many count.
 * @param {number} options.sliceMs
 * @param {number} [options.warmUpTurns] - Of each target.
 * @returns {Promise<Map<string, Sample[]>>} By the target's id, a sample a round.
 */
export async function takeTurns({ targets, connect, rounds, sliceMs, warmUpTurns }) {
  const running = await Promise.all(
    targets.map(async (target) => ({ id: target.id, child: await startTarget(target) })),
  );
  try {
    for (const { child } of running) await warmUp(child, connect, warmUpTurns);
    /** @type {Map<string, Sample>[]} */
    const measured = [];
    const isDone = () => measured.filter((round) => shareOf(round) >= QUIET).length >= rounds;
    while (!isDone() && measured.length < rounds * MOST_ROUNDS) {
      const first = measured.length % running.length;
      /** @type {Map<string, Sample>} */
      const round = new Map();
      for (const { id, child } of [...running.slice(first), ...running.slice(0, first)]) {
        round.set(id, await slice(child, connect, sliceMs));
      }
      measured.push(round);
    }
    const quietest = measured.toSorted((a, b) => shareOf(b) - shareOf(a)).slice(0, rounds);
    return new Map(targets.map(({ id }) => [id, quietest.flatMap((round) => round.get(id) ?? [])]));
  } finally {
    await Promise.all(running.map(({ child }) => child.stop()));
  }
}

/** How much of their core the targets of a round had, the one that had least. */
function shareOf(/** @type {Map<string, Sample>} */ round) {
  return Math.min(...[...round.values()].map(({ targetBusy }) => targetBusy));
}

/** Connections are made for a slice: a server closes those that idle while others have their turn. */
async function slice(
  /** @type {Child} */ child,
  /** @type {Connect} */ connect,
  /** @type {number} */ durationMs,
) {
  const load = await connect(child, durationMs);
  try {
    return await measure(child, load);
  } finally {
    load.close();
  }
}
