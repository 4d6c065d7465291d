// The targets take turns, as in harness/rounds.mjs. They make their own load, and most of them wait
// for a disk or a server: how much of their core they had tells nothing about the neighbours.
import { median } from '../harness/report.mjs';
import { startTarget, WARM_UP_MOST_MS, WARM_UP_TURNS } from '../harness/rounds.mjs';

/** @typedef {import('../harness/rounds.mjs').Target} Target */
/** @typedef {import('./meter.mjs').Figures} Figures */

/**
 * What a target is asked to do: take over and nothing more; whole turns, as fast as they go; whole
 * turns at a pace.
 * @typedef {'accepts' | 'saturated' | 'paced'} Job
 */

/** Turns a second that every store manages with ease. */
export const PACE = 300;

/** How long a target is asked for the same while it warms up, in milliseconds. */
const WARM_UP_SLICE_MS = 400;

/**
 * @typedef {object} Plan
 * @property {number} rounds
 * @property {number} acceptsMs
 * @property {number} saturatedMs
 * @property {number} pacedMs
 */

/** What was measured. */
export class Measured {
  /** @type {Map<string, Figures[]>} */
  #figures = new Map();

  /** @param {string} id @param {Job} job @param {Figures} figures */
  add(id, job, figures) {
    const key = `${id} ${job}`;
    this.#figures.set(key, [...(this.#figures.get(key) ?? []), figures]);
  }

  /** Round by round. @param {string} id @param {Job} job @param {keyof Figures} key */
  rounds(id, job, key) {
    return (this.#figures.get(`${id} ${job}`) ?? []).map((figures) => figures[key]);
  }

  /** The median of the rounds. @param {string} id @param {Job} job @param {keyof Figures} key */
  median(id, job, key) {
    return median(this.rounds(id, job, key));
  }
}

/**
 * Those of the targets that do more than to take over.
 * @typedef {object} Roles
 * @property {readonly Target[]} lines - They do all.
 * @property {Target} bare - It does whole turns alone.
 */

/**
 * Starts all targets, warms them up and measures them in turns: floors take over, lines do all.
 * @param {readonly Target[]} targets
 * @param {Roles} roles
 * @param {Plan} plan
 */
export async function measureInTurns(targets, roles, plan) {
  const running = await Promise.all(
    targets.map(async (target) => {
      const jobs = jobsOf(target, roles, plan);
      return { id: target.id, jobs, child: await startTarget(target) };
    }),
  );
  const measured = new Measured();
  try {
    for (const { child, jobs } of running) {
      for (const job of jobs) await warmUp(child, job);
    }
    for (let round = 0; round < plan.rounds; round++) {
      const first = round % running.length;
      for (const { id, child, jobs } of [...running.slice(first), ...running.slice(0, first)]) {
        for (const { job, ...how } of jobs) measured.add(id, job, await child.ask(job, how));
      }
    }
    return measured;
  } finally {
    await Promise.all(running.map(({ child }) => child.stop()));
  }
}

/** As {@link WARM_UP_TURNS} says. @param {import('../harness/child.mjs').Child} child @param {Task} task */
async function warmUp(child, { job, ...how }) {
  let turns = 0;
  for (let ms = 0; turns < WARM_UP_TURNS && ms < WARM_UP_MOST_MS; ms += WARM_UP_SLICE_MS) {
    turns += (await child.ask(job, { ...how, durationMs: WARM_UP_SLICE_MS })).turns;
    // Nothing that the jobs before it have not warmed.
    if (job === 'paced') return;
  }
}

/** @typedef {{ job: Job, durationMs: number, perSecond?: number }} Task */

/**
 * @param {Target} target
 * @param {Roles} roles
 * @param {Plan} plan
 * @returns {Task[]}
 */
function jobsOf(target, { lines, bare }, { acceptsMs, saturatedMs, pacedMs }) {
  if (target === bare) return [{ job: 'saturated', durationMs: saturatedMs }];
  if (!lines.includes(target)) return [{ job: 'accepts', durationMs: acceptsMs }];
  return [
    { job: 'accepts', durationMs: acceptsMs },
    { job: 'saturated', durationMs: saturatedMs },
    { job: 'paced', durationMs: pacedMs, perSecond: PACE },
  ];
}
