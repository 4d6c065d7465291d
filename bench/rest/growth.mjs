// Growth: a process that hears from ever new senders, beside one that hears from the same few.
import { Child } from '../harness/child.mjs';
import { cycle } from '../harness/closed-loop.mjs';
import { HttpLoad } from '../harness/http-load.mjs';
import { median, printTable, ratio } from '../harness/report.mjs';
import { measure } from '../harness/rounds.mjs';
import { CONNECTIONS, turnsOf } from './turns.mjs';

const FEW = 1_000;
const ROUNDS = 5;
/** How much more a turn of somebody new may cost: as much as the measurement is off by. */
const COST_LIMIT = 1.1;
const HEAP_LIMIT_MB = 20;

/** @param {URL} script @param {number} many - How many distinct senders come. */
export async function measureGrowth(script, many) {
  const perRound = many / ROUNDS;
  const few = turnsOf(FEW);
  const [withFew, withMany] = await Promise.all([Child.start(script), Child.start(script)]);
  try {
    const heapBefore = await withMany.heapBytes();
    await slice(withFew, few, perRound / 4);
    await slice(withMany, turnsOf(perRound / 4, many), perRound / 4);
    /** @type {{ few: number[], many: number[] }} CPU microseconds per turn, round by round. */
    const cpuUs = { few: [], many: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const fresh = turnsOf(perRound, round * perRound);
      const slices = [
        async () => cpuUs.few.push(await slice(withFew, few, perRound / 4)),
        async () => cpuUs.many.push(await slice(withMany, fresh, perRound)),
      ];
      for (const next of round % 2 === 0 ? slices : slices.toReversed()) await next();
    }
    const heapAfter = await withMany.heapBytes();
    const cost = ratio(cpuUs.many, cpuUs.few);
    const grownMb = (heapAfter - heapBefore) / 2 ** 20;
    return { many, cpuUs, cost, heapBefore, heapAfter, goals: goalsOf(many, cost, grownMb) };
  } finally {
    await Promise.all([withFew.stop(), withMany.stop()]);
  }
}

/** @param {Awaited<ReturnType<typeof measureGrowth>>} growth */
export function printGrowth({ many, cpuUs, cost, heapBefore, heapAfter }) {
  const mb = (/** @type {number} */ bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  console.log('\nGrowth: Trunkline, listen(), two processes\n');
  printTable([
    ['', 'CPU µs/turn', 'ratio'],
    [`${count(FEW)} senders over and over`, median(cpuUs.few).toFixed(0), '1'],
    [`${count(many)} senders, each once`, median(cpuUs.many).toFixed(0), cost.text],
  ]);
  console.log(
    `\nHeap before the ${count(many)} came ${mb(heapBefore)}, after them ${mb(heapAfter)}`,
  );
}

/**
 * @param {number} many
 * @param {{ value: number, text: string }} cost
 * @param {number} grownMb
 */
function goalsOf(many, cost, grownMb) {
  return [
    {
      goal: `CPU: ${count(many)} senders at most ${COST_LIMIT} times ${count(FEW)}, per turn`,
      met: cost.value <= COST_LIMIT,
      measured: cost.text,
    },
    {
      goal: `heap: after them at most ${HEAP_LIMIT_MB} MB above the start`,
      met: grownMb <= HEAP_LIMIT_MB,
      measured: `${grownMb.toFixed(1)} MB`,
    },
  ];
}

/** CPU microseconds per turn over a number of turns. */
async function slice(
  /** @type {Child} */ child,
  /** @type {readonly import('../harness/http-load.mjs').Exchange[]} */ turns,
  /** @type {number} */ length,
) {
  const next = cycle(turns, length);
  const load = await HttpLoad.connect({ port: child.port, connections: CONNECTIONS, next });
  try {
    return (await measure(child, load)).cpuUs;
  } finally {
    load.close();
  }
}

/** @param {number} number */
const count = (number) => number.toLocaleString('en');
