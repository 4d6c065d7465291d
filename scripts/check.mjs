// `npm run check`: everything that CI looks at beside the tests. Names steps to run only these:
// `npm run check lint docs`.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, fail, folders, install, readJson, root, run } from './workspace.mjs';
import { tryStart } from './try-start.mjs';

/** @type {Record<string, () => boolean | Promise<boolean>>} */
const steps = {
  lint: () => run('oxlint', []),
  format: () => run('oxfmt', ['--check']),
  types: () => run('turbo', ['run', 'typecheck']) && run('tsc', []),
  unused: () => run('knip', []),
  packages: () => published().map(checkPackage).every(Boolean),
  api: () => run('node', ['scripts/api.mjs', '--check']),
  docs: () => run('node', ['scripts/check-docs.mjs']),
  start: tryStart,
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
install();
build();

const failed = [];
for (const name of names) {
  const step = steps[name];
  if (!step) fail(`There is no step ${name}: choose among ${Object.keys(steps).join(', ')}.`);
  console.log(`\n── ${name}`);
  const start = performance.now();
  const ok = await step();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`── ${name}: ${ok ? 'passed' : 'failed'} in ${seconds} s`);
  if (!ok) failed.push(name);
}
if (failed.length > 0) fail(`Failed: ${failed.join(', ')}.`);

/** The folders of the packages that are published. */
function published() {
  return folders.filter((folder) => !readJson(join(root, folder, 'package.json')).private);
}

/** Checks what would be published: the packed file. @param {string} folder */
function checkPackage(folder) {
  console.log(folder);
  const temp = mkdtempSync(join(tmpdir(), 'trunkline-pack-'));
  const cwd = join(root, folder);
  try {
    if (!run('pnpm', ['pack', '--pack-destination', temp], { cwd, quiet: true })) return false;
    const [file] = readdirSync(temp);
    const packed = join(temp, String(file));
    // pnpm adds the licence of the workspace only where it finds no file that is called like one.
    const texts = ['package/LICENSE', 'package/README.md'];
    if (!run('tar', ['-xzf', String(file), ...texts], { cwd: temp, quiet: true })) return false;
    const publint = run('publint', ['run', packed, '--strict'], { quiet: true });
    const attw = run('attw', [packed, '--profile', 'esm-only', '--format', 'ascii'], {
      quiet: true,
    });
    return publint && attw;
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}
