// Slack: a signed event in, its acknowledgement, two answers posted; beside a bare handler, Bolt and the
// `chat` SDK. Then everything but the posts, acknowledgements in a burst, the import, and growth.
import { spawnSync } from 'node:child_process';
import { Child } from '../harness/child.mjs';
import { pinDriver, TARGET_CORE } from '../harness/cores.mjs';
import {
  median,
  printComparison,
  printGoals,
  printTable,
  printTitle,
  ratio,
} from '../harness/report.mjs';
import { takeTurns, warmUp } from '../harness/rounds.mjs';
import { SlackLoad } from './load.mjs';
import { platform } from './platform.mjs';

const IN_FLIGHT = 32;
const BURST = 500;

const script = (/** @type {string} */ name) => new URL(`targets/${name}.mjs`, import.meta.url);

/**
 * @param {string} id @param {string} label @param {string} name @param {string[]} rest
 * @returns {import('../harness/rounds.mjs').Target}
 */
function target(id, label, name, ...rest) {
  const args = async () => [String((await platform()).port), ...rest];
  return { id, label, script: script(name), args };
}

/** The floor comes first: the others are measured in it. */
export const targets = [
  target('node', '(a) node:http, undici', 'node-http'),
  target('rows', '(a) with bare rows', 'node-http', '2', 'sqlite'),
  target('trunkline', '(b) Trunkline, memory', 'trunkline'),
  target('sqlite', '(c) Trunkline, SQLite', 'trunkline', '2', 'sqlite'),
  target('bolt', '(d) Bolt 5', 'bolt'),
  target('chat', '(e) chat SDK', 'chat'),
];

const silent = [
  target('node', '(a) node:http', 'node-http', '0'),
  target('trunkline', '(b) Trunkline, memory', 'trunkline', '0'),
];

/** @type {import('../harness/rounds.mjs').Connect} */
export function connect({ port }, durationMs) {
  return SlackLoad.connect({ port, answers: 2, inFlight: IN_FLIGHT, durationMs });
}

/** @param {{ quick: boolean }} options */
export async function run({ quick }) {
  pinDriver();
  const [rounds, sliceMs] = quick ? [3, 500] : [8, 900];
  printTitle(
    'slack: one signed event in, two answers posted',
    `${IN_FLIGHT} turns in flight, ${rounds} rounds of ${sliceMs} ms a target`,
  );
  const samples = await takeTurns({ targets, connect, rounds, sliceMs });
  printComparison(targets, samples);

  console.log('\nEverything but the posts: the assistant says nothing\n');
  const quiet = await takeTurns({
    targets: silent,
    connect: ({ port }, durationMs) =>
      SlackLoad.connect({ port, answers: 0, inFlight: IN_FLIGHT, durationMs }),
    rounds,
    sliceMs,
  });
  printComparison(silent, quiet);

  const bursts = await measureBursts(quick ? 3 : 8);
  const importMs = measureImport(quick ? 3 : 7);
  const growth = await measureGrowth(quick ? 4_000 : 20_000);
  console.log(`\nImport of the package: ${importMs.toFixed(0)} ms of CPU`);
  console.log(
    `Growth: ${growth.perConversation.toFixed(0)} bytes a conversation and workspace that was here once; ` +
      `${growth.oneTeamUs.toFixed(0)} µs a turn in one workspace, ${growth.manyTeamsUs.toFixed(0)} µs over 2,000`,
  );

  const of = (/** @type {string} */ id) => (samples.get(id) ?? []).map(({ rate }) => rate);
  const cpuOf = (/** @type {string} */ id) => (samples.get(id) ?? []).map(({ cpuUs }) => cpuUs);
  const atLeast = (/** @type {string} */ id, /** @type {number} */ times) => {
    const { value, text } = ratio(of(id), of('node'));
    const byCpu = (1 / ratio(cpuOf(id), cpuOf('node')).value).toFixed(2);
    return { met: value >= times, measured: `${text}, by CPU time ${byCpu}` };
  };
  const over = (quiet.get('trunkline') ?? []).map(
    ({ cpuUs }, round) => cpuUs - (quiet.get('node')?.[round]?.cpuUs ?? Number.NaN),
  );
  const burst = ratio(bursts.get('trunkline') ?? [], bursts.get('node') ?? []);
  printGoals([
    { goal: 'turns/s: (b) at least 0.45 of (a)', ...atLeast('trunkline', 0.45) },
    { goal: 'turns/s: (c) at least 0.35 of (a)', ...atLeast('sqlite', 0.35) },
    {
      goal: `acknowledgement p99 of ${BURST} events at once: (b) at most 2 times (a)`,
      met: burst.value <= 2,
      measured: burst.text,
    },
    {
      goal: 'everything but the posts: at most 80 µs of CPU over (a)',
      met: median(over) <= 80,
      measured: `${median(over).toFixed(0)} µs (${Math.min(...over).toFixed(0)}..${Math.max(...over).toFixed(0)})`,
    },
    { goal: 'import: under 150 ms', met: importMs < 150, measured: `${importMs.toFixed(0)} ms` },
    {
      goal: 'growth: a turn costs the same over 2,000 workspaces',
      met: growth.manyTeamsUs <= growth.oneTeamUs * 1.25,
      measured: `${(growth.manyTeamsUs / growth.oneTeamUs).toFixed(2)} times`,
    },
  ]);
}

/** Acknowledgement p99 of bursts, by target, one a round. @param {number} rounds */
async function measureBursts(rounds) {
  /** @type {Map<string, number[]>} */
  const p99s = new Map(targets.map(({ id }) => [id, []]));
  const running = await Promise.all(
    targets.map(async ({ id, script: url, args }) => ({
      id,
      child: await Child.start(url, { args: (await args?.()) ?? [] }),
    })),
  );
  try {
    for (const { child } of running) await warmUp(child, connect);
    for (let round = 0; round <= rounds; round++) {
      for (const { id, child } of running) {
        const load = await SlackLoad.connect({
          port: child.port,
          answers: 2,
          inFlight: BURST,
          count: BURST,
        });
        await load.run();
        load.close();
        const sorted = load.acknowledgedMs.toSorted((a, b) => a - b);
        // Of so many connections at once, the first round is the first time.
        if (round > 0) p99s.get(id)?.push(sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN);
      }
    }
  } finally {
    await Promise.all(running.map(({ child }) => child.stop()));
  }
  console.log(`\nAcknowledgements of ${BURST} events at once, p99\n`);
  const base = p99s.get('node') ?? [];
  printTable([
    ['', 'ms', 'x node'],
    ...targets.map(({ id, label }) => {
      const own = p99s.get(id) ?? [];
      return [label, median(own).toFixed(0), own === base ? '1' : ratio(own, base).text];
    }),
  ]);
  return p99s;
}

/** CPU time of an import, without Node's own start. @param {number} times */
function measureImport(times) {
  const cpuMs = (/** @type {string} */ code) => {
    const source = `${code}; const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)`;
    const args = ['-c', String(TARGET_CORE), process.execPath, '--input-type=module', '-e', source];
    return Number(
      spawnSync('taskset', args, { encoding: 'utf8', cwd: new URL('..', import.meta.url) }).stdout,
    );
  };
  const all = Array.from(
    { length: times },
    () => cpuMs("await import('@trunkline/slack')") - cpuMs(''),
  );
  return median(all);
}

/** What conversations and workspaces leave behind. @param {number} count */
async function measureGrowth(count) {
  const { port } = await platform();
  const spread = async (/** @type {number} */ teams) => {
    const child = await Child.start(script('trunkline'), {
      args: [String(port), '2', 'memory', String(teams)],
    });
    try {
      const load = (/** @type {number} */ turns) =>
        SlackLoad.connect({
          port: child.port,
          answers: 2,
          inFlight: IN_FLIGHT,
          count: turns,
          users: 100_000,
          teams,
        });
      const first = await load(count / 4);
      await first.run();
      first.close();
      const before = await child.heapBytes();
      const cpuMs = child.cpuMs();
      const second = await load(count);
      await second.run();
      second.close();
      const perTurnUs = ((child.cpuMs() - cpuMs) / (count + IN_FLIGHT)) * 1000;
      return { perTurnUs, bytes: ((await child.heapBytes()) - before) / count };
    } finally {
      await child.stop();
    }
  };
  const one = await spread(1);
  const many = await spread(2_000);
  return { perConversation: many.bytes, oneTeamUs: one.perTurnUs, manyTeamsUs: many.perTurnUs };
}
