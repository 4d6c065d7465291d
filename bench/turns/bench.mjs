// Deferred turns: how fast a line takes messages over and handles them, beside what its stores are
// made of; and what conversations leave in memory.
import { pinDriver } from '../harness/cores.mjs';
import { printGoals, printTitle, ratio } from '../harness/report.mjs';
import { QUIET } from '../harness/rounds.mjs';
import { folder } from '../harness/folder.mjs';
import { measureGrowth, printGrowth } from './growth.mjs';
import { CONVERSATIONS, PRODUCERS } from './messages.mjs';
import { hasRedis, startRedis } from './redis-server.mjs';
import { measureInTurns } from './slices.mjs';
import { printAccepts, printTurns } from './tables.mjs';

/** @typedef {import('../harness/rounds.mjs').Target} Target */

/** @typedef {{ floors: Target[], line: Target }} Group - A line, and what it is measured in. */

const script = (/** @type {string} */ name) => new URL(`targets/${name}.mjs`, import.meta.url);

/** The least that a whole turn over memory could be. */
const bare = {
  id: 'bare',
  label: 'A bare queue, memory',
  script: script('memory-bare'),
  args: async () => [],
};

/** @type {Group} */
const memory = {
  floors: [],
  line: {
    id: 'memory',
    label: 'Trunkline, memory',
    script: script('line'),
    args: async () => ['memory'],
  },
};

/** @type {Group} */
const sqlite = {
  floors: [
    {
      id: 'insert',
      label: 'libsql, INSERT, 32 a commit',
      script: script('sqlite-insert'),
      args: async () => [folder()],
    },
  ],
  line: {
    id: 'sqlite',
    label: 'Trunkline, SQLite',
    script: script('line'),
    args: async () => ['sqlite', folder()],
  },
};

/** @param {'always' | 'everysec'} fsync @param {string} suffix @returns {Group} */
function redisGroup(fsync, suffix) {
  /** @type {Promise<number> | null} */
  let started = null;
  const port = async () => String(await (started ??= startRedis(fsync)));
  return {
    floors: [
      {
        id: `xadd${suffix}`,
        label: `ioredis, XADD, fsync ${fsync}`,
        script: script('redis-xadd'),
        args: async () => [await port()],
      },
      {
        id: `bullmq${suffix}`,
        label: `BullMQ, queue.add, fsync ${fsync}`,
        script: script('redis-bullmq'),
        args: async () => [await port()],
      },
    ],
    line: {
      id: `redis${suffix}`,
      label: `Trunkline, Redis, fsync ${fsync}`,
      script: script('line'),
      args: async () => ['redis', await port()],
    },
  };
}

const redis = redisGroup('always', '');
const groups = hasRedis
  ? [memory, sqlite, redis, redisGroup('everysec', '-everysec')]
  : [memory, sqlite];

export const targets = [bare, ...groups.flatMap(({ floors, line }) => [...floors, line])];

/**
 * What `--profile` runs: whole turns where the target has them.
 * @type {import('../harness/rounds.mjs').Connect}
 */
export async function connect(child, durationMs) {
  return {
    async run() {
      const { turns } = await child.ask('profiled', { durationMs });
      return { turns, latenciesMs: [] };
    },
    close() {},
  };
}

/** @param {{ quick: boolean }} options */
export async function run({ quick }) {
  pinDriver();
  const plan = quick
    ? { rounds: 3, acceptsMs: 200, saturatedMs: 400, pacedMs: 700 }
    : { rounds: 5, acceptsMs: 500, saturatedMs: 1_000, pacedMs: 1_500 };
  printTitle(
    'turns: a deferred message in, two texts out',
    `${PRODUCERS} producers over ${CONVERSATIONS} conversations, ${plan.rounds} rounds`,
  );
  if (!hasRedis) console.log('! redis-server is not installed: nothing is measured on Redis.\n');
  const lines = groups.map(({ line }) => line);
  const measured = await measureInTurns(targets, { lines, bare }, plan);
  printAccepts(groups, measured);
  printTurns({ lines, bare }, measured);
  if (measured.median('memory', 'saturated', 'core') < QUIET) {
    console.log('! Something else used the cores: trust the CPU times, not the rates.');
  }
  const growth = await measureGrowth(script('growth'), quick ? 20_000 : 100_000);
  printGrowth(growth);

  const perSecond = measured.median('sqlite', 'accepts', 'rate');
  const cpuUs = measured.median('memory', 'saturated', 'cpuUs');
  const bareUs = measured.median('bare', 'saturated', 'cpuUs');
  const atLeast = (
    /** @type {number} */ times,
    /** @type {string} */ base,
    /** @type {string} */ id,
  ) => {
    const rates = (/** @type {string} */ of) => measured.rounds(of, 'accepts', 'rate');
    const { value, text } = ratio(rates(id), rates(base));
    return { met: value >= times, measured: text };
  };
  printGoals([
    {
      goal: 'memory: less than 15 µs of CPU a turn',
      met: cpuUs < 15,
      measured: `${cpuUs.toFixed(1)} µs, where the bare queue takes ${bareUs.toFixed(1)}`,
    },
    {
      goal: 'SQLite: accepts/s at least 0.6 of the bare INSERT',
      ...atLeast(0.6, 'insert', 'sqlite'),
    },
    {
      goal: 'SQLite: at least 5,000 accepts/s',
      met: perSecond >= 5_000,
      measured: perSecond.toFixed(0),
    },
    ...(hasRedis
      ? [
          { goal: 'Redis: accepts/s at least 0.5 of XADD', ...atLeast(0.5, 'xadd', 'redis') },
          {
            goal: 'Redis: accepts/s at least 0.5 of queue.add',
            ...atLeast(0.5, 'bullmq', 'redis'),
          },
        ]
      : []),
    ...growth.goals,
  ]);
}
