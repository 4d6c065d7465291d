// The WebSocket channel beside a bare `ws` server that says the same: whole turns, pieces of streams,
// connections on which nothing is said, and what the log of a session costs.
import { cycle } from '../harness/closed-loop.mjs';
import { pinDriver } from '../harness/cores.mjs';
import { folder } from '../harness/folder.mjs';
import { printComparison, printGoals, printTitle, ratio } from '../harness/report.mjs';
import { takeTurns } from '../harness/rounds.mjs';
import { openConnections, WsLoad } from '../harness/ws-load.mjs';
import { measureIdle, printIdle } from './idle.mjs';
import { measureLog, printLog } from './log.mjs';
import { CHUNKS, PATH, streamTurn, turnsOf } from './turns.mjs';

/** @typedef {import('../harness/rounds.mjs').Target} Target */

const script = (/** @type {string} */ name) => new URL(`targets/${name}.mjs`, import.meta.url);

/** The floor comes first: the others are measured in it. @type {Target} */
const floor = { id: 'ws', label: '(a) ws', script: script('ws') };
/** The floor with the least of an engine of turns: what no goal of turns can be above. @type {Target} */
const bare = {
  id: 'bare',
  label: '(a) with bare turns',
  script: script('ws'),
  args: async () => ['turns'],
};
/** @type {Target} */
const memory = {
  id: 'trunkline',
  label: '(b) Trunkline',
  script: script('trunkline'),
  args: async () => ['memory'],
};
/** @type {Target} */
const sqlite = {
  id: 'sqlite',
  label: '(c) Trunkline, SQLite',
  script: script('trunkline'),
  args: async () => ['sqlite', folder()],
};

export const targets = [floor, bare, memory, sqlite];

const FEW = 100;
const turns = turnsOf(1_000);

/**
 * @param {number} connections
 * @param {readonly import('../harness/ws-load.mjs').Exchange[]} exchanges
 * @returns {import('../harness/rounds.mjs').Connect}
 */
function connector(connections, exchanges) {
  return async ({ port }, durationMs) => {
    const open = await openConnections({ port, path: PATH, connections });
    return new WsLoad(open, cycle(exchanges), durationMs);
  };
}

/** What `--profile` runs. */
export const connect = connector(FEW, turns);

/** @param {{ quick: boolean }} options */
export async function run({ quick }) {
  pinDriver();
  const [rounds, sliceMs] = quick ? [3, 600] : [6, 1_000];
  /** @type {import('../harness/report.mjs').Goal[]} */
  const goals = [];

  for (const connections of [FEW, 1_000, 10_000]) {
    // Ten thousand are opened for seconds; each has its turn a few times.
    const plan = connections > 1_000 ? { rounds: 3, sliceMs: 2 * sliceMs } : { rounds, sliceMs };
    printTitle(
      'websocket: one message in, two texts out',
      `${count(connections)} connections, ${plan.rounds} rounds of ${plan.sliceMs} ms a target`,
    );
    const compared = connections === FEW ? targets : [floor, bare, memory];
    const samples = await takeTurns({
      targets: compared,
      connect: connector(connections, turns),
      ...plan,
    });
    printComparison(compared, samples);
    const { value, text } = compare(samples, 'rate');
    const byCpu = (1 / compare(samples, 'cpuUs').value).toFixed(2);
    goals.push({
      goal: `turns/s, ${count(connections)} connections: (b) at least 0.8 of (a)`,
      met: value >= 0.8,
      measured: `${text}, by CPU time ${byCpu}`,
    });
  }

  printTitle('websocket: a stream', `${FEW} connections, ${CHUNKS} pieces a turn`);
  const samples = await takeTurns({
    targets: [floor, memory],
    connect: connector(FEW, [streamTurn]),
    warmUpTurns: 1_000,
    rounds,
    sliceMs: 2 * sliceMs,
  });
  printComparison([floor, memory], samples);
  const perPiece = compare(samples, 'cpuUs');
  goals.push({
    goal: 'CPU per streamed piece: (b) at most 1.3 times (a)',
    met: perPiece.value <= 1.3,
    measured: perPiece.text,
  });

  const idle = await measureIdle([floor, memory], quick ? 2_000 : 10_000, quick ? 4_000 : 15_000);
  printIdle(idle);
  const log = await measureLog(script('trunkline'), quick ? 100 : 200);
  printLog(log);
  printGoals([...goals, ...idle.goals, ...log.goals]);
}

/**
 * @param {Map<string, import('../harness/rounds.mjs').Sample[]>} samples
 * @param {'rate' | 'cpuUs'} key
 */
function compare(samples, key) {
  const of = (/** @type {Target} */ { id }) => (samples.get(id) ?? []).map((one) => one[key]);
  return ratio(of(memory), of(floor));
}

/** @param {number} number */
const count = (number) => number.toLocaleString('en');
