import { now, wait } from './script.mjs';
import { TROUBLES } from './wire.mjs';

/** @typedef {import('./record.d.ts').Moment} Moment */

/** Each of them comes as often as the others. */
const MOMENTS = /** @type {const} */ ([
  'step',
  'accept',
  'send',
  'between',
  'run',
  'last',
  'start',
  'random',
]);

/** How long a trap is left: nobody may come by. */
const TRAP_MS = 2_000;

/** Kills workers, Redis, the way to it, and the platform's good will, as the run goes on. */
export class Killer {
  /** @type {{ from: number, to: number }[]} */
  outages = [];

  #parts;

  /**
   * @param {{
   *   crew: import('./crew.mjs').Crew,
   *   users: import('./users.mjs').Users,
   *   platform: import('./child.mjs').Child,
   *   redis: import('./redis.mjs').RedisServer | null,
   *   wires: readonly import('./wire.mjs').Wire[],
   *   random: import('./random.mjs').Random,
   *   hasDone: (part: number) => Promise<void>,
   * }} parts `hasDone` resolves when that part of all messages, from 0 to 1, was answered
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Kills workers, spread over the run. @param {number} count */
  async killWorkers(count) {
    const { random, crew, hasDone } = this.#parts;
    /** @type {Moment[]} */
    let moments = [];
    for (let i = 0; i < count; i++) {
      await hasDone((i + 1) / (count + 1));
      if (moments.length === 0) moments = MOMENTS.toSorted(() => random.next() - 0.5);
      // It was just filled.
      const moment = /** @type {Moment} */ (moments.pop());
      const before = crew.kills.length;
      await this.#kill(moment);
      // Nobody came by, or whoever did was dead already.
      while (crew.kills.length === before) {
        crew.kill((await crew.any()).name, 'random');
        await wait(5);
      }
    }
  }

  /** Kills Redis, spread over the run, and starts it again. @param {number} count */
  async killRedis(count) {
    const { random, redis, hasDone } = this.#parts;
    for (let i = 0; i < count && redis !== null; i++) {
      await hasDone((i + 0.5) / count);
      const from = now();
      await redis.kill();
      await wait(random.between(0, 2_500));
      await redis.start();
      this.outages.push({ from, to: now() });
    }
  }

  /** Breaks the way from a worker to Redis, spread over the run. @param {number} count */
  async breakWires(count) {
    const { random, wires, hasDone } = this.#parts;
    for (let i = 0; i < count && wires.length > 0; i++) {
      await hasDone((i + 0.7) / count);
      await wait(random.between(0, 20));
      random.pick(wires).break(random.pick(TROUBLES));
    }
  }

  /** Lets the platform refuse everything for a while. @param {number} count */
  async silencePlatform(count) {
    const { random, platform, hasDone } = this.#parts;
    for (let i = 0; i < count; i++) {
      await hasDone((i + 0.3) / count);
      platform.tell({ isDown: true });
      await wait(random.between(200, 2_000));
      platform.tell({ isDown: false });
    }
  }

  /** @param {Moment} moment */
  async #kill(moment) {
    const { crew, users, random } = this.#parts;
    if (moment === 'random') return crew.kill((await crew.any()).name, moment);
    if (moment === 'start') {
      const started = crew.started();
      crew.kill((await crew.any()).name, 'random');
      const worker = await started;
      await wait(random.between(0, 150));
      return crew.kill(worker, moment);
    }
    if (moment === 'accept' || moment === 'send') {
      const worker = await Promise.race([users.next(moment), wait(TRAP_MS)]);
      if (worker === undefined) return;
      // Some before it is read, some after it is stored.
      const delayMs = random.between(-1, 5);
      if (delayMs > 0) await wait(delayMs);
      return crew.kill(worker, moment);
    }
    await this.#trap(moment);
  }

  /** Has the platform kill who comes next to a moment. @param {Moment} moment */
  async #trap(moment) {
    const { crew, platform, random } = this.#parts;
    const before = crew.kills.length;
    const delayMs = moment === 'run' ? random.between(0, 25) : random.between(0, 6);
    platform.tell({ trap: { moment, delayMs, isTaken: random.chance(0.5) } });
    const until = now() + TRAP_MS;
    while (crew.kills.length === before && now() < until) await wait(5);
    if (crew.kills.length === before) platform.tell({ trap: null });
  }
}
