// REST: a message in, one text out, beside a bare handler and beside Express; and whether senders
// who were here once cost anything afterwards.
import { pinDriver } from '../harness/cores.mjs';
import { cycle } from '../harness/closed-loop.mjs';
import { HttpLoad } from '../harness/http-load.mjs';
import { printComparison, printGoals, printTitle, ratio } from '../harness/report.mjs';
import { takeTurns } from '../harness/rounds.mjs';
import { measureGrowth, printGrowth } from './growth.mjs';
import { CONNECTIONS, turnsOf } from './turns.mjs';

const script = (/** @type {string} */ name) => new URL(`targets/${name}.mjs`, import.meta.url);

/** The floor comes first: the others are measured in it. */
export const targets = [
  { id: 'node', label: '(a) node:http', script: script('node-http') },
  { id: 'express', label: '(b) Express 5', script: script('express') },
  { id: 'trunkline', label: '(c) Trunkline, listen()', script: script('trunkline') },
  { id: 'in-express', label: '(d) Trunkline in Express', script: script('trunkline-express') },
];

/** As many senders as a busy server has at a time. */
const turns = turnsOf(1_000);

/** @type {import('../harness/rounds.mjs').Connect} */
export function connect({ port }, durationMs) {
  return HttpLoad.connect({ port, connections: CONNECTIONS, next: cycle(turns), durationMs });
}

/** @param {{ quick: boolean }} options */
export async function run({ quick }) {
  pinDriver();
  const [rounds, sliceMs] = quick ? [3, 500] : [8, 900];
  printTitle(
    'rest: one message in, one text out',
    `${CONNECTIONS} keep-alive connections, ${rounds} rounds of ${sliceMs} ms a target`,
  );
  const samples = await takeTurns({ targets, connect, rounds, sliceMs });
  printComparison(targets, samples);
  const growth = await measureGrowth(script('trunkline'), quick ? 20_000 : 100_000);
  printGrowth(growth);

  const compare = (/** @type {'rate' | 'cpuUs' | 'p99'} */ key, /** @type {string} */ base) => {
    const of = (/** @type {string} */ id) => (samples.get(id) ?? []).map((sample) => sample[key]);
    return ratio(of('trunkline'), of(base));
  };
  /** Turns per second; and per second of CPU time, which neighbours disturb less. */
  const atLeast = (/** @type {number} */ times, /** @type {string} */ base) => {
    const { value, text } = compare('rate', base);
    const byCpu = (1 / compare('cpuUs', base).value).toFixed(2);
    return { met: value >= times, measured: `${text}, by CPU time ${byCpu}` };
  };
  const p99 = compare('p99', 'node');
  printGoals([
    { goal: 'turns/s: (c) at least 0.6 of (a)', ...atLeast(0.6, 'node') },
    { goal: 'turns/s: (c) at least 2.5 times (b)', ...atLeast(2.5, 'express') },
    { goal: 'p99: (c) at most 2 times (a)', met: p99.value <= 2, measured: p99.text },
    ...growth.goals,
  ]);
}
