import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../check-node.cjs', import.meta.url));

/** Runs the check as if this Node were another. */
function runOn(version: string): { status: number | null; said: string } {
  const code = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });
    require(${JSON.stringify(script)});`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', code], {
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

// Node 21 and the first ones of 22 are above the floor, and `@trunkline/redis` could not be imported on
// them: they have no `crc32`, and up to 22.11 no `require` of modules either.
const tooOld = ['8.17.0', '18.20.8', '20.18.3', '21.7.3', '22.1.0', '22.11.0'];
it.each(tooOld)('refuses Node %s in one sentence', (version) => {
  expect(runOn(version)).toEqual({
    status: 1,
    said: `Trunkline needs Node 20 from 20.19 on, or 22.12 or newer, and this is Node ${version}.\n`,
  });
});

const goodEnough = ['20.19.0', '20.20.2', '22.12.0', '23.0.0', '24.0.0', '100.0.0'];
it.each(goodEnough)('accepts Node %s', (version) => {
  expect(runOn(version)).toEqual({ status: 0, said: '' });
});

it('is what every package asks for', () => {
  const root = new URL('../../', import.meta.url);
  const enginesOf = (folder: string): unknown => {
    const text = readFileSync(new URL(`${folder}package.json`, root), 'utf8');
    return (JSON.parse(text) as { engines?: unknown }).engines;
  };
  const folders = ['packages', 'apps'].flatMap((group) =>
    readdirSync(new URL(group, root)).map((name) => `${group}/${name}/`),
  );
  for (const folder of [...folders, 'crash/', 'bench/']) {
    expect(enginesOf(folder), folder).toEqual(enginesOf(''));
  }
});
