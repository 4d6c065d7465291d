import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCredentials } from '@trunkline/core';
import { folderOf } from '../support/files.ts';

const source = (name: string): string =>
  `export class MyIO { name = '${name}'; static fromCredentials() { return new MyIO(); } }`;

/** The names of the channels that a key makes, in a folder with one package in it. */
async function namesOf(
  key: string,
  manifest: object,
  files: Record<string, string> = { 'index.mjs': source('myio') },
): Promise<string[]> {
  const inPackage = Object.entries(files).map(([name, text]) => [`node_modules/pkg/${name}`, text]);
  const folder = await folderOf({
    'credentials.yml': `${JSON.stringify(key)}:\n`,
    'node_modules/pkg/package.json': JSON.stringify({ name: 'pkg', ...manifest }),
    ...Object.fromEntries(inPackage),
  });
  const file = join(folder, 'credentials.yml');
  const { channels } = await loadCredentials({ file, env: {} });
  return channels.map(({ name }) => name);
}

describe('a package that a key of credentials names', () => {
  // `require.resolve` knows no condition but `require`: such a package could not be found.
  it.each<[string, object]>([
    ['pkg#MyIO', { exports: { import: './index.mjs' } }],
    ['pkg#MyIO', { exports: { '.': { types: './x.d.ts', import: './index.mjs' } } }],
    ['pkg#MyIO', { exports: { '.': { browser: './x.js', node: { import: './index.mjs' } } } }],
    ['pkg#MyIO', { exports: { '.': [{ worker: './x.js' }, { import: './index.mjs' }] } }],
    ['pkg/index#MyIO', { exports: { './*': { import: './*.mjs' } } }],
    [
      'pkg/in/index#MyIO',
      { exports: { './*': './none/*', './in/*': { import: './*.mjs' }, './in': './none' } },
    ],
    ['pkg#MyIO', { exports: './index.mjs' }],
    ['pkg#MyIO', { main: './index.mjs' }],
  ])('%s may be for import alone: %j', async (key, manifest) => {
    expect(await namesOf(key, manifest)).toEqual(['myio']);
  });

  it.each<[string, object]>([
    ['pkg#MyIO', { exports: { './other': { import: './index.mjs' } } }],
    ['pkg/own#MyIO', { exports: { './*': { import: './*.mjs' }, './own': null } }],
    ['pkg#MyIO', { exports: { '.': { worker: './index.mjs' } } }],
    ['pkg#MyIO', { exports: { '.': { import: '../elsewhere.mjs' } } }],
  ])('%s has to be among its exports: %j', async (key, manifest) => {
    await expect(namesOf(key, manifest)).rejects.toThrow(
      /credentials\.yml:1: pkg.* cannot be found/,
    );
  });
});
