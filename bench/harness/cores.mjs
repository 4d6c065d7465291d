// Which core runs what: the targets one, the driver and whatever it brings along the other.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The cores that this process may use. */
function allowedCores() {
  if (process.platform !== 'linux') {
    throw new Error(
      'the benchmarks need Linux: they pin with taskset and read CPU time from /proc',
    );
  }
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return (list ?? '0').split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

const cores = allowedCores();
if (cores.length < 2) throw new Error('the benchmarks need two cores, one for the target alone');

/** As far from each other as they are numbered: neighbours may be two threads of one core. */
export const DRIVER_CORE = cores[0] ?? 0;
export const TARGET_CORE = cores.at(-1) ?? 1;

/** Keeps this process, the driver, off the targets' core. */
export function pinDriver() {
  const args = ['-a', '-c', '-p', String(DRIVER_CORE), String(process.pid)];
  const { error, status } = spawnSync('taskset', args, { stdio: 'ignore' });
  if (error ?? status !== 0) {
    throw new Error('taskset does not work here: install util-linux', { cause: error });
  }
}
