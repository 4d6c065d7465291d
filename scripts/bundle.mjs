// Run by every Node package's `build`, after `tsc` has written the types: one file of JavaScript for
// each entry of its `exports`, and of the sources that are named as arguments. Node takes longer to find
// and load two hundred small files than to run them (docs/decisions/0008-one-file-an-entry.md).
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { rolldown } from 'rolldown';

/** What a package says of an entry that was written in TypeScript. */
const SOURCE = '@trunkline/source';

/** @type {{ exports: Record<string, Record<string, string>> }} */
const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const exported = Object.values(exports).flatMap(({ [SOURCE]: source, default: built }) =>
  source === undefined || built === undefined ? [] : [[nameOf(built), source]],
);

const others = process.argv.slice(2).map((source) => [basename(source, '.ts'), source]);

const bundle = await rolldown({
  input: Object.fromEntries([...exported, ...others]),
  platform: 'node',
  // Everything else is a package, and whoever installs this one has it.
  external: /^[^./]/,
  transform: { target: 'es2022' },
});
await bundle.write({
  dir: 'dist',
  // Beside each other, so that `../package.json` is the package's from every one of them.
  chunkFileNames: '[name].js',
  // Those who read the code have it in `src`, where the map leads.
  comments: false,
  sourcemap: true,
  sourcemapExcludeSources: true,
  // An error is called what its class is.
  keepNames: true,
});

/** @param {string} file - As `./dist/express/index.js`. */
function nameOf(file) {
  return file.replace(/^\.\/dist\//, '').replace(/\.js$/, '');
}
