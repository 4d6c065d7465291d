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

  // The story: a channel was made by the half of its package that was written for `require`. The user's own code
  // imported the other half, and knew nothing of that channel.
  it('is imported, where it has another file for those who require it', async () => {
    const files = {
      'index.mjs': source('imported'),
      'index.cjs': source('required').replace('export class MyIO', 'exports.MyIO = class MyIO'),
    };
    const both = { require: './index.cjs', import: './index.mjs' };
    expect(await namesOf('pkg#MyIO', { exports: both }, files)).toEqual(['imported']);
    const older = { main: './index.cjs', exports: { '.': both } };
    expect(await namesOf('pkg#MyIO', older, files)).toEqual(['imported']);
    expect(await namesOf('pkg#MyIO', { main: './index.cjs' }, files)).toEqual(['required']);
    const required = { exports: { require: './index.cjs' } };
    expect(await namesOf('pkg#MyIO', required, files)).toEqual(['required']);
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
