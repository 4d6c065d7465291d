// Connections on which nothing is said: what they take up, and whether they keep anybody busy.
import { printTable } from '../harness/report.mjs';
import { startTarget } from '../harness/rounds.mjs';
import { openConnections } from '../harness/ws-load.mjs';
import { PATH } from './turns.mjs';

/** How much more memory a connection may take than the floor's. */
const HEAP_LIMIT = 1.6;
/** A part of one core, pings included: as little as can be told from none. */
const CPU_LIMIT = 0.01;

/**
 * @param {readonly import('../harness/rounds.mjs').Target[]} targets - The floor, and another one.
 * @param {number} connections
 * @param {number} idleMs
 */
export async function measureIdle(targets, connections, idleMs) {
  const rows = [];
  for (const target of targets) rows.push(await measureOne(target, connections, idleMs));
  const [floor, own] = rows;
  const times = (own?.heap ?? Number.NaN) / (floor?.heap ?? Number.NaN);
  const cpu = own?.cpu ?? Number.NaN;
  const goals = [
    {
      goal: `heap per idle connection: (b) at most ${HEAP_LIMIT} times (a)`,
      met: times <= HEAP_LIMIT,
      measured: times.toFixed(2),
    },
    {
      goal: `CPU while all are idle: (b) less than ${CPU_LIMIT * 100} % of a core`,
      met: cpu < CPU_LIMIT,
      measured: percent(cpu),
    },
  ];
  return { connections, idleMs, rows, goals };
}

/** @param {Awaited<ReturnType<typeof measureIdle>>} idle */
export function printIdle({ connections, idleMs, rows }) {
  console.log(`\n${connections.toLocaleString('en')} connections, and nothing is said on them\n`);
  printTable([
    ['', 'heap B/connection', `core, over ${idleMs / 1000} s`],
    ...rows.map(({ label, heap, cpu }) => [label, heap.toFixed(0), percent(cpu)]),
  ]);
}

/**
 * @param {import('../harness/rounds.mjs').Target} target
 * @param {number} connections
 * @param {number} idleMs
 */
async function measureOne(target, connections, idleMs) {
  const child = await startTarget(target);
  try {
    const open = (/** @type {number} */ count) =>
      openConnections({ port: child.port, path: PATH, connections: count });
    // What is loaded and compiled at the first of them is none of the others’.
    const first = await open(50);
    const before = await child.heapBytes();
    const opened = await open(connections);
    const heap = ((await child.heapBytes()) - before) / connections;
    const cpuMs = child.cpuMs();
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    const cpu = (child.cpuMs() - cpuMs) / idleMs;
    for (const connection of [...first, ...opened]) connection.close();
    return { label: target.label, heap, cpu };
  } finally {
    await child.stop();
  }
}

/** @param {number} part */
const percent = (part) => `${(part * 100).toFixed(2)} %`;
