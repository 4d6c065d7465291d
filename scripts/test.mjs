// `npm test`: installs, builds, runs every test, and closes with one line over the whole workspace.
// Arguments go to Vitest: `npm test -- --project rest`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, env, fail, install, run } from './workspace.mjs';

install();
build();

// Through a file and not the output, so that nothing a tool prints can come after the last line.
const folder = mkdtempSync(join(tmpdir(), 'trunkline-test-'));
const file = join(folder, 'summary.json');
env.TRUNKLINE_TEST_SUMMARY = file;
const ok = run('vitest', [
  'run',
  '--reporter=default',
  '--reporter=./scripts/reporter.ts',
  ...process.argv.slice(2),
]);

/** @type {import('./reporter.ts').Summary | undefined} */
let summary;
try {
  summary = JSON.parse(readFileSync(file, 'utf8'));
} catch {
  // Reported below.
}
rmSync(folder, { recursive: true, force: true });
if (!summary) fail('The tests could not be run (the reason is above).');

const { passed, failed, skipped } = summary;
if (skipped.length > 0) {
  console.log('\nSkipped:');
  for (const { name, reason } of skipped) console.log(`  ${name}\n    ${reason}`);
}
if (passed + failed === 0) console.error('\nNo test ran.');
console.log(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = ok && failed === 0 && passed > 0 ? 0 : 1;
