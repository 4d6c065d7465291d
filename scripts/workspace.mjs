// What the commands share: where things are, installing, building.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** @param {string} path @returns {any} */
export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

const bin = join(root, 'node_modules', '.bin');

/**
 * The environment that tools run in: they find each other (turbo looks for pnpm), and none phones
 * home.
 * @type {NodeJS.ProcessEnv}
 */
export const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
};

/** The folders of the workspace's packages, `packages/core` say. */
export const folders = ['packages', 'apps']
  .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
  .concat('crash')
  .filter((folder) => existsSync(join(root, folder, 'package.json')));

/** Ends the command with one sentence. @param {string} sentence @returns {never} */
export function fail(sentence) {
  console.error(`\n${sentence}`);
  process.exit(1);
}

/**
 * Runs a tool. Its output goes to the terminal, or with `quiet` is shown only if it fails.
 * @param {string} tool @param {string[]} args @param {{ quiet?: boolean, cwd?: string }} [options]
 */
export function run(tool, args, { quiet = false, cwd = root } = {}) {
  const result = spawnSync(tool, args, {
    cwd,
    env,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    // The tools are `.cmd` files on Windows, which only a shell runs.
    shell: process.platform === 'win32',
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (result.error) console.error(result.error.message);
  const ok = result.status === 0;
  if (quiet && !ok) process.stderr.write(result.stdout + result.stderr);
  return ok;
}

/**
 * Installs the dependencies of `cwd` unless that was done for these very manifests.
 * pnpm comes through npx: a clean clone has none.
 * @param {{ cwd: string, manifests: string[], args: string[] }} what
 */
function installOnce({ cwd, manifests, args }) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const path of manifests) hash.update(`${path}\n`).update(readFileSync(join(cwd, path)));
  const digest = hash.digest('hex');
  const stamp = join(cwd, 'node_modules', '.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;

  console.log('Installing the dependencies …');
  rmSync(stamp, { force: true });
  const pnpm = readJson(join(root, 'package.json')).packageManager;
  // Without a terminal pnpm refuses to replace a node_modules that another tool has made.
  const options = ['--frozen-lockfile', '--prefer-offline', '--config.confirmModulesPurge=false'];
  if (!run('npx', ['-y', pnpm, ...args, 'install', ...options], { cwd })) {
    fail('The dependencies could not be installed: the reason is above.');
  }
  writeFileSync(stamp, digest);
}

/** Installs what the workspace needs, if anything changed since the last time. */
export function install() {
  const manifests = ['package.json', ...folders.map((folder) => `${folder}/package.json`)];
  installOnce({
    cwd: root,
    manifests: ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests],
    args: [],
  });
}

/** Installs what the benchmarks need: peers that nobody needs to run the server or the tests. */
export function installBench() {
  const manifests = ['package.json', 'pnpm-lock.yaml'];
  installOnce({ cwd: join(root, 'bench'), manifests, args: ['--ignore-workspace'] });
}

/** Builds what changed, of everything or of what one package needs. @param {string} [name] */
export function build(name) {
  const filter = name === undefined ? [] : [`--filter=${name}...`];
  if (!run('turbo', ['run', 'build', ...filter], { quiet: true })) {
    fail('The build failed: the reason is above.');
  }
}
