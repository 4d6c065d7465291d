// `node bench/run.mjs <name> [--quick] [--profile <target>]`: runs one of the benchmarks.
import { existsSync, readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { profileTarget } from './harness/profile.mjs';

/**
 * What a benchmark's `bench.mjs` exports.
 * @typedef {object} Bench
 * @property {readonly import('./harness/rounds.mjs').Target[]} targets
 * @property {import('./harness/rounds.mjs').Connect} connect
 * @property {(options: { quick: boolean }) => Promise<void>} run
 */

const here = (/** @type {string} */ path) => new URL(path, import.meta.url);

const names = readdirSync(here('.')).filter((name) => existsSync(here(`${name}/bench.mjs`)));
const USAGE = `Usage: npm run bench -- <${names.join('|')}> [--quick] [--profile <target>]`;

const { name, quick, profile } = readArguments();
for (const folder of ['core', 'rest', 'slack', 'sms', 'sqlite', 'redis', 'websocket']) {
  if (existsSync(here(`../packages/${folder}/dist/index.js`))) continue;
  fail(
    `packages/${folder}/dist is missing: the benchmarks measure what is built, so run "npx pnpm build".`,
  );
}
if (!existsSync(here('node_modules'))) {
  fail('bench/node_modules is missing: run "pnpm bench", which installs it on first use.');
}

try {
  /** @type {Bench} */
  const bench = await import(`./${name}/bench.mjs`);
  if (profile === undefined) await bench.run({ quick });
  else await profileTarget(bench, profile);
} catch (error) {
  console.error(error);
  fail(`The benchmark ${name} was not finished: the reason is above.`);
}
process.exit();

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { quick: { type: 'boolean', default: false }, profile: { type: 'string' } },
    });
    const [chosen, ...others] = positionals;
    if (chosen === undefined || others.length > 0) fail(`Name one benchmark. ${USAGE}`);
    if (!names.includes(chosen)) fail(`There is no benchmark ${chosen}. ${USAGE}`);
    return { name: chosen, ...values };
  } catch (error) {
    return fail(`${/** @type {Error} */ (error).message} ${USAGE}`);
  }
}

/** @param {string} sentence @returns {never} */
function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
