// Where a target's time goes: its functions by their own time, under the benchmark's load.
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pinDriver } from './cores.mjs';
import { printTable } from './report.mjs';
import { measure, startTarget, warmUp } from './rounds.mjs';

const PROFILE_MS = 6_000;
const SHOWN = 40;

/** @param {import('../run.mjs').Bench} bench @param {string} id */
export async function profileTarget(bench, id) {
  const target = bench.targets.find((candidate) => candidate.id === id);
  if (target === undefined) {
    const ids = bench.targets.map((candidate) => candidate.id).join(', ');
    throw new Error(`there is no target ${id}: choose among ${ids}`);
  }
  pinDriver();
  const child = await startTarget(target);
  await warmUp(child, bench.connect);
  const load = await bench.connect(child, PROFILE_MS);
  await child.startProfile();
  const { turns } = await measure(child, load);
  const file = join(tmpdir(), `trunkline-${id}-${process.pid}.cpuprofile`);
  await child.stopProfile(file);
  load.close();
  await child.stop();
  const places = ownTimes(file).slice(0, SHOWN);
  printTable([
    ['function', 'own time', 'µs/turn'],
    ...places.map(({ place, us, part }) => [place, percent(part), (us / turns).toFixed(1)]),
  ]);
  console.log(`\nThe whole profile, for Chrome’s or an editor’s viewer: ${file}`);
}

/** Functions by the time that was spent in themselves, without what was idle. @param {string} file */
function ownTimes(file) {
  /** @type {import('node:inspector').Profiler.Profile} */
  const profile = JSON.parse(readFileSync(file, 'utf8'));
  const places = new Map(
    profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const where = url.replace(/^.*\/(?=packages\/|node_modules\/|bench\/)/, '');
      const line = where === '' ? '' : ` ${where}:${lineNumber + 1}`;
      return [id, `${functionName || '(anonymous)'}${line}`];
    }),
  );
  /** @type {Map<string, number>} */
  const own = new Map();
  profile.samples?.forEach((id, i) => {
    const place = places.get(id) ?? '';
    if (place !== '(idle)') own.set(place, (own.get(place) ?? 0) + (profile.timeDeltas?.[i] ?? 0));
  });
  const total = [...own.values()].reduce((sum, us) => sum + us, 0);
  return [...own]
    .map(([place, us]) => ({ place, us, part: us / total }))
    .toSorted((a, b) => b.us - a.us);
}

/** @param {number} part */
const percent = (part) => `${(part * 100).toFixed(1)} %`;
