// The tables of this benchmark.
import { printTable, ratio } from '../harness/report.mjs';
import { MOST_UNFINISHED } from './bench-line.mjs';
import { PACE } from './slices.mjs';

/** @typedef {import('./slices.mjs').Measured} Measured */
/** @typedef {import('../harness/rounds.mjs').Target} Target */
/** @typedef {import('./bench.mjs').Group} Group */

/** Taking over alone, each line below what it is measured in. @param {readonly Group[]} groups @param {Measured} measured */
export function printAccepts(groups, measured) {
  console.log('Taking over: no turn begins meanwhile\n');
  const cell = cellsOf(measured, 'accepts');
  const rows = groups.flatMap(({ floors, line }) =>
    [...floors, line].map((target) => {
      const { id, label } = target;
      const against = (/** @type {'rate' | 'cpuUs'} */ key) =>
        target === line && floors.length > 0
          ? floors.map((floor) => times(measured, key, id, floor.id)).join(', ')
          : '';
      return [
        label,
        cell(id, 'rate'),
        against('rate'),
        cell(id, 'cpuUs', 1),
        against('cpuUs'),
        cell(id, 'serverUs', 1),
        cell(id, 'p50', 1),
        cell(id, 'p99', 1),
        cell(id, 'core', 2),
      ];
    }),
  );
  printTable([
    ['', 'accepts/s', 'x floor', 'CPU µs', 'x floor', 'server µs', 'p50 ms', 'p99 ms', 'core'],
    ...rows,
  ]);
  console.log(
    '\nMedians over the rounds; ratios are medians of the rounds’ own ratios (min..max), against each\n' +
      'floor above. server: CPU time of redis-server. core: the part of the time that the target worked.',
  );
}

/** Whole turns. @param {import('./slices.mjs').Roles} roles @param {Measured} measured */
export function printTurns({ lines, bare }, measured) {
  console.log('\nWhole turns: taken over, begun, two texts, ended\n');
  const saturated = cellsOf(measured, 'saturated');
  const paced = cellsOf(measured, 'paced');
  const rows = [bare, ...lines].map(({ id, label }) => [
    label,
    saturated(id, 'rate'),
    saturated(id, 'cpuUs', 1),
    saturated(id, 'serverUs', 1),
    saturated(id, 'p50', 1),
    saturated(id, 'p99', 1),
    ...(id === bare.id ? ['', ''] : [paced(id, 'p50', 2), paced(id, 'p99', 2)]),
  ]);
  const at = `${PACE}/s`;
  printTable([
    ['', 'turns/s', 'CPU µs', 'server µs', 'start p50 ms', 'p99', `${at} start p50 ms`, 'p99'],
    ...rows,
  ]);
  console.log(
    `\nstart: from accept to the assistant. With ${MOST_UNFINISHED} turns under way it is mostly the rate turned over.`,
  );
}

/** @param {Measured} measured @param {import('./slices.mjs').Job} job */
function cellsOf(measured, job) {
  return (
    /** @type {string} */ id,
    /** @type {keyof import('./meter.mjs').Figures} */ key,
    digits = 0,
  ) => measured.median(id, job, key).toFixed(digits);
}

/** @param {Measured} measured @param {'rate' | 'cpuUs'} key @param {string} id @param {string} base */
function times(measured, key, id, base) {
  return ratio(measured.rounds(id, 'accepts', key), measured.rounds(base, 'accepts', key)).text;
}
