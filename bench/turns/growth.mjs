// Growth: what conversations that are over leave in a process with the memory store.
import { Child } from '../harness/child.mjs';
import { printTable } from '../harness/report.mjs';

/** A conversation that leaves this much leaves nothing: what is measured is as uncertain. */
const LIMIT_BYTES = 20;
/** Those of the store's sweep, and whatever else is one for all. */
const LIMIT_TIMERS = 3;

/** More than the marks' second, and the two minutes in which they are swept. */
const MINUTES = 4;

/** @param {URL} script @param {number} count - How many conversations there are, of one turn each. */
export async function measureGrowth(script, count) {
  const child = await Child.start(script);
  try {
    // What the first turns leave is compiled code.
    await child.ask('pass', { first: count, count });
    await child.ask('wait', { minutes: MINUTES });
    await child.ask('forget');
    const before = await child.heapBytes();
    const { timers, resources } = await child.ask('pass', { first: 0, count });
    const withMarks = await child.heapBytes();
    await child.ask('wait', { minutes: MINUTES });
    const after = await child.heapBytes();
    await child.ask('forget');
    const later = await child.heapBytes();
    const each = (/** @type {number} */ bytes) => (bytes - before) / count;
    return {
      count,
      timers,
      resources,
      bytes: { withMarks: each(withMarks), after: each(after), later: each(later) },
      goals: [
        {
          goal: `memory: of a conversation that is over nothing (${LIMIT_BYTES} bytes) but its marks`,
          met: each(after) <= LIMIT_BYTES,
          measured: `${each(after).toFixed(0)} bytes`,
        },
        {
          goal: 'memory: no timers per conversation',
          met: timers <= LIMIT_TIMERS,
          measured: `${timers} after ${count.toLocaleString('en')} conversations`,
        },
      ],
    };
  } finally {
    await child.stop();
  }
}

/** @param {Awaited<ReturnType<typeof measureGrowth>>} growth */
export function printGrowth({ count, timers, resources, bytes }) {
  console.log(
    `\nGrowth: ${count.toLocaleString('en')} conversations of one turn, memory store, no history\n`,
  );
  printTable([
    ['heap after a collection', 'bytes a conversation'],
    ['when all turns have ended', bytes.withMarks.toFixed(0)],
    ['when the marks have expired', bytes.after.toFixed(0)],
    ['after a year', bytes.later.toFixed(0)],
  ]);
  console.log(
    `\nTimers when all turns have ended: ${timers}; resources that keep the process alive: ${resources}`,
  );
}
