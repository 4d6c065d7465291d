import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Summary } from '../reporter.ts';
import { root } from '../workspace.mjs';

// Each of these starts a Vitest, on a machine that may be busy with the rest of the tests.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;

beforeEach(() => {
  mkdirSync(join(root, 'temp'), { recursive: true });
  folder = mkdtempSync(join(root, 'temp', 'summary-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs test files of our own making, and gives what `npm test` would close with. */
function summarise(files: Record<string, string>, ci: string): Summary {
  // Without a configuration here Vitest takes the workspace's, and this test runs itself for ever.
  writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {};');
  // A configuration of its own: Vitest would look for one upwards and find ours, with this very test.
  const config = join(folder, 'vitest.config.mjs');
  writeFileSync(config, 'export default {};');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const summary = join(folder, 'summary.json');
  const reporter = join(root, 'scripts', 'reporter.ts');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  spawnSync(process.execPath, [vitest, 'run', `--config=${config}`, `--reporter=${reporter}`], {
    cwd: folder,
    env: { ...process.env, CI: ci, TRUNKLINE_TEST_SUMMARY: summary },
    stdio: 'ignore',
    timeout: 30_000,
  });
  return JSON.parse(readFileSync(summary, 'utf8'));
}

const withPart = `
  import { beforeEach, describe, it } from 'vitest';
  import { needs } from ${JSON.stringify(join(root, 'scripts', 'test-support', 'needs.ts'))};
  const flyer = { name: 'a flyer', present: () => false, provide: 'build one' };
  describe('in the air', () => {
    beforeEach(needs(flyer));
    it('flies', () => {});
  });
  describe('on the ground', () => {
    beforeEach(needs({ ...flyer, present: async () => true }));
    it('walks', () => {});
  });`;

it('names what a missing part kept from running, and how to provide it', () => {
  expect(summarise({ 'a.test.ts': withPart }, '')).toEqual({
    passed: 1,
    failed: 0,
    skipped: [
      {
        name: 'a.test.ts > in the air > flies',
        reason: 'needs a flyer, which is not here: build one',
      },
    ],
  });
});

it('counts a missing part as a failure in CI', () => {
  expect(summarise({ 'a.test.ts': withPart }, 'true')).toEqual({
    passed: 1,
    failed: 1,
    skipped: [],
  });
});

it('counts what fails outside of a test', () => {
  const files = {
    'unloadable.test.ts': `throw new Error('no');`,
    'hook.test.ts': `
      import { describe, afterAll, it } from 'vitest';
      describe('a suite', () => { afterAll(() => { throw new Error('no'); }); it('passes', () => {}); });`,
    'unhandled.test.ts': `
      import { it } from 'vitest';
      it('passes', () => { void Promise.reject(new Error('no')); });`,
  };
  expect(summarise(files, '')).toEqual({ passed: 2, failed: 3, skipped: [] });
});
