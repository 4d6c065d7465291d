// Type checks every ```ts block of every README.md and of docs/, by our own compiler options and by
// a reader's, since each finds errors that the other does not. A block is a module of its own that may
// import every package of the workspace and whatever these depend on. "```ts continue" goes on with
// the block before it. A block that is led in by the name of its file, `addons/a.ts` and a colon, is
// found under this name by the page's other blocks.
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { env, fail, folders, readJson, root } from './workspace.mjs';

const temp = join(root, 'temp', 'docs');
rmSync(temp, { recursive: true, force: true });

const pages = ['README.md', ...folders.map((folder) => `${folder}/README.md`), 'bench/README.md'];
for (const path of list(join(root, 'docs'))) {
  if (path.endsWith('.md')) pages.push(join('docs', path));
}

let count = 0;
for (const page of pages) {
  const blocks = read(page);
  count += blocks.length;
  blocks.forEach(({ name, text }, i) => write(`${page}/${name ?? `${i}.ts`}`, text));
}

link();
write('package.json', JSON.stringify({ type: 'module' }));
// Pages are documented too.
const lib = ['ES2023', 'DOM', 'DOM.Iterable'];
compile('tsconfig.json', {
  extends: '../../tsconfig.base.json',
  compilerOptions: { lib, isolatedDeclarations: false, declaration: false },
});
// What docs/custom-channel.md has its readers write: `strict`, and what was built.
compile('tsconfig.reader.json', {
  compilerOptions: {
    lib,
    strict: true,
    module: 'nodenext',
    types: ['node'],
    allowImportingTsExtensions: true,
    noEmit: true,
  },
});
console.log(`${count} code blocks of ${pages.length} pages compile.`);

/** Compiles all blocks. @param {string} name @param {{ extends?: string, compilerOptions: object }} options */
function compile(name, { compilerOptions, ...rest }) {
  const options = { ...compilerOptions, moduleDetection: 'force', skipLibCheck: true };
  write(name, JSON.stringify({ ...rest, compilerOptions: options, include: ['.'] }));
  const tsc = spawnSync('tsc', ['-p', name, '--pretty', 'false'], {
    cwd: temp,
    env,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (tsc.status !== 0) {
    // A block keeps its line numbers, so that an error points into the page.
    console.error((tsc.stdout + tsc.stderr).replaceAll(/^(.+\.md)\/[\w./-]+\.ts\(/gm, '$1('));
    fail('A code block of the documentation does not compile.');
  }
}

/** The files below a folder, if there is one. @param {string} folder @returns {string[]} */
function list(folder) {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}

/** The blocks of a page, each padded to stand on its own lines. @param {string} page */
function read(page) {
  /** @type {{ name: string | undefined, text: string }[]} */
  const blocks = [];
  let text;
  try {
    text = readFileSync(join(root, page), 'utf8');
  } catch {
    return blocks;
  }
  /** @type {string[] | undefined} */
  let block;
  let fence = '';
  /** @type {string | undefined} */
  let name;
  let lead = '';
  text.split('\n').forEach((line, i) => {
    const opening = /^ *(```+)ts( continue)?\s*$/.exec(line);
    if (block === undefined && opening) {
      fence = opening[1] ?? '';
      const before = opening[2] ? blocks.pop()?.text.split('\n') : [];
      if (before === undefined) fail(`${page}:${i + 1}: there is no block to continue.`);
      name = /`([\w./-]+\.ts)`:$/.exec(lead)?.[1];
      block = before.concat(Array(i + 1 - before.length).fill(''));
    } else if (block !== undefined && line.trim() === fence) {
      blocks.push({ name, text: block.join('\n') });
      block = undefined;
    } else block?.push(line);
    if (block === undefined && line !== '') lead = line;
  });
  return blocks;
}

/** @param {string} path @param {string} text */
function write(path, text) {
  mkdirSync(dirname(join(temp, path)), { recursive: true });
  writeFileSync(join(temp, path), text);
}

/** Makes what a reader would have installed: our packages, and what these depend on. */
function link() {
  const modules = join(temp, 'node_modules');
  for (const folder of folders) {
    const manifest = readJson(join(root, folder, 'package.json'));
    const installed = { ...manifest.dependencies, ...manifest.devDependencies };
    if (!manifest.private) add(manifest.name, folder);
    for (const name of Object.keys(installed)) {
      if (!name.startsWith('@trunkline/')) add(name, `${folder}/node_modules/${name}`);
    }
  }

  /** @param {string} name @param {string} target */
  function add(name, target) {
    const path = join(modules, name);
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    symlinkSync(join(root, target), path, 'junction');
  }
}
