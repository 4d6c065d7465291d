import { spawnSync } from 'node:child_process';
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

it.each(['8.17.0', '18.20.8', '20.18.3'])('refuses Node %s in one sentence', (version) => {
  expect(runOn(version)).toEqual({
    status: 1,
    said: `Trunkline needs Node 20.19 or newer, and this is Node ${version}.\n`,
  });
});

it.each(['20.19.0', '20.20.2', '22.12.0', '24.0.0', '100.0.0'])('accepts Node %s', (version) => {
  expect(runOn(version)).toEqual({ status: 0, said: '' });
});
