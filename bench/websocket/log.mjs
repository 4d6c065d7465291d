// The log of a session: what it takes up when it is full, and that a full one costs no more time.
import { Child } from '../harness/child.mjs';
import { cycle } from '../harness/closed-loop.mjs';
import { median, printTable, ratio } from '../harness/report.mjs';
import { measure } from '../harness/rounds.mjs';
import { openConnections, WsLoad } from '../harness/ws-load.mjs';
import { PATH, turnsOf } from './turns.mjs';

/** A turn is three messages, and a log holds 500. */
const UNTIL_FULL = 170;
const ROUNDS = 4;
/** How much may still be added to full logs: as much as a heap is off by. */
const GROWTH_LIMIT = 0.05;
const COST_LIMIT = 1.15;

/** @param {URL} script @param {number} sessions */
export async function measureLog(script, sessions) {
  const child = await Child.start(script, { args: ['logs'] });
  try {
    const { port } = child;
    const connections = await openConnections({ port, path: PATH, connections: sessions });
    const turns = turnsOf(1_000);
    const say = async (/** @type {number} */ each) => {
      const load = new WsLoad(connections, cycle(turns, each * sessions));
      return (await measure(child, load)).cpuUs;
    };
    await say(5);
    const before = await child.heapBytes();
    /** @type {{ filling: number[], full: number[] }} CPU microseconds per turn. */
    const cpuUs = { filling: [], full: [] };
    for (let i = 0; i < ROUNDS; i++) cpuUs.filling.push(await say(UNTIL_FULL / ROUNDS));
    await say(UNTIL_FULL);
    const heap = async () => {
      await child.ask('forget');
      return (await child.heapBytes()) - before;
    };
    const full = await heap();
    for (let i = 0; i < ROUNDS; i++) cpuUs.full.push(await say(UNTIL_FULL / ROUNDS));
    const later = await heap();
    for (const connection of connections) connection.close();
    const cost = ratio([median(cpuUs.full)], [median(cpuUs.filling)]);
    const growth = later / full - 1;
    const goals = [
      {
        goal: `heap of full logs: at most ${GROWTH_LIMIT * 100} % more after as many turns again`,
        met: growth <= GROWTH_LIMIT,
        measured: `${(growth * 100).toFixed(1)} %`,
      },
      {
        goal: `CPU: a turn with a full log at most ${COST_LIMIT} times one with room in it`,
        met: cost.value <= COST_LIMIT,
        measured: cost.value.toFixed(2),
      },
    ];
    return { sessions, bytes: full / sessions, cpuUs, goals };
  } finally {
    await child.stop();
  }
}

/** @param {Awaited<ReturnType<typeof measureLog>>} log */
export function printLog({ sessions, bytes, cpuUs }) {
  console.log(`\nThe log: ${sessions} sessions, each with the 500 messages that it holds\n`);
  printTable([
    ['', 'CPU µs/turn'],
    ['while it fills', median(cpuUs.filling).toFixed(1)],
    ['when it is full', median(cpuUs.full).toFixed(1)],
  ]);
  console.log(`\nA full log takes ${(bytes / 1024).toFixed(0)} kB.`);
}
