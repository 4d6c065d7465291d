// Where the stores keep their files: beside the sources and not in /tmp, which may be no disk at all.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TEMP = fileURLToPath(new URL('../temp/', import.meta.url));

/** @type {string | null} */
let made = null;

/** A folder of this run's own, gone when the run is. */
export function folder() {
  if (made !== null) return made;
  mkdirSync(TEMP, { recursive: true });
  const path = mkdtempSync(join(TEMP, 'run-'));
  made = path;
  process.once('exit', () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  return path;
}
