// What a benchmark prints: tables of medians and ratios, and the goals with what became of them.
import { DRIVER_CORE, TARGET_CORE } from './cores.mjs';
import { QUIET } from './rounds.mjs';

/** Above this the driver was measured. */
const DRIVER_LIMIT = 0.9;

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

/**
 * A ratio as it is quoted: the median of the rounds' ratios, and how far they lie apart.
 * @param {readonly number[]} values
 * @param {readonly number[]} base - Round by round.
 */
export function ratio(values, base) {
  const ratios = values.map((value, round) => value / (base[round] ?? Number.NaN));
  const value = median(ratios);
  const text = `${value.toFixed(2)} (${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)})`;
  return { value, text };
}

/** @param {string} title @param {string} detail */
export function printTitle(title, detail) {
  console.log(`\n${title}\n${detail}`);
  console.log(
    `Node ${process.versions.node}, targets on core ${TARGET_CORE}, driver on core ${DRIVER_CORE}\n`,
  );
}

/**
 * A line a target, ratios against the first.
 * @param {readonly import('./rounds.mjs').Target[]} targets
 * @param {Map<string, import('./rounds.mjs').Sample[]>} samples
 */
export function printComparison(targets, samples) {
  const base = samples.get(targets[0]?.id ?? '') ?? [];
  const rows = targets.map(({ id, label }) => {
    const own = samples.get(id) ?? [];
    const cell = (/** @type {keyof import('./rounds.mjs').Sample} */ key, digits = 0) => {
      const values = own.map((sample) => sample[key]);
      const against = ratio(
        values,
        base.map((sample) => sample[key]),
      );
      return [median(values).toFixed(digits), own === base ? '1' : against.text];
    };
    const [targetBusy, driverBusy] = busy(own);
    return [
      label,
      ...cell('rate'),
      ...cell('cpuUs'),
      ...cell('p50', 1),
      ...cell('p99', 1),
      percent(targetBusy),
      percent(driverBusy),
    ];
  });
  const times = `x ${targets[0]?.id}`;
  printTable([
    [
      '',
      'turns/s',
      times,
      'CPU µs/turn',
      times,
      'p50 ms',
      times,
      'p99 ms',
      times,
      'core',
      'driver',
    ],
    ...rows,
  ]);
  console.log(
    '\nMedians over the rounds; ratios are medians of the rounds’ own ratios (min..max).\n' +
      'core: how much of its core the target had; driver: how busy the driver was meanwhile.',
  );
  for (const { id, label } of targets) printDoubts(label, samples.get(id) ?? []);
}

/** Says where the numbers are not to be trusted. */
function printDoubts(
  /** @type {string} */ label,
  /** @type {readonly import('./rounds.mjs').Sample[]} */ samples,
) {
  const [targetBusy, driverBusy] = busy(samples);
  if (driverBusy > DRIVER_LIMIT) {
    console.log(`! ${label}: the driver had no time left, so this is the driver’s rate.`);
  } else if (targetBusy < QUIET) {
    console.log(`! ${label}: something else used the cores; trust the CPU ratio, not the rate.`);
  }
}

/** @param {readonly import('./rounds.mjs').Sample[]} samples */
function busy(samples) {
  return /** @type {const} */ ([
    median(samples.map(({ targetBusy }) => targetBusy)),
    median(samples.map(({ driverBusy }) => driverBusy)),
  ]);
}

/** @param {number} part */
const percent = (part) => `${(part * 100).toFixed(0)} %`;

/** The first column to the left, the others to the right. @param {readonly string[][]} rows */
export function printTable(rows) {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    console.log(cells.join('  ').trimEnd());
  }
}

/** @typedef {{ goal: string, met: boolean, measured: string }} Goal */

/**
 * What was to be reached. A goal that is missed fails nothing: the numbers are for people.
 * @param {readonly Goal[]} goals
 */
export function printGoals(goals) {
  console.log('\nGoals');
  const width = Math.max(...goals.map(({ goal }) => goal.length));
  for (const { goal, met, measured } of goals) {
    console.log(`${met ? 'pass' : 'MISS'}  ${goal.padEnd(width)}  ${measured}`);
  }
}
