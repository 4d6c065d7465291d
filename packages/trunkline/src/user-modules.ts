import { ConfigurationError, isModulePath, type Modules } from '@trunkline/core';
import { createJiti } from 'jiti';
import { readFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Modules of the user's folder, in TypeScript or JavaScript. A package that is not there is looked for
 * among those that the command line brings.
 */
export function userModules(): Modules {
  const jiti = createJiti(import.meta.url);
  return {
    resolve(module, folder) {
      const parents = [pathToFileURL(join(folder, '_')).href, import.meta.url];
      for (const parentURL of isModulePath(module) ? parents.slice(0, 1) : parents) {
        const found = jiti.esmResolve(module, { parentURL, try: true });
        if (found !== undefined) return found;
      }
      return null;
    },
    load: (resolved) => jiti.import(resolved),
  };
}

/**
 * With two copies of core, a channel of the one is a stranger to the other.
 *
 * @throws ConfigurationError - the folder has a copy of its own.
 */
export function assertOneCore(modules: Modules, folder: string): void {
  const [theirs, ours] = [folder, dirname(fileURLToPath(import.meta.url))].map((from) =>
    modules.resolve('@trunkline/core', from),
  );
  if (theirs === ours) return;
  throw new ConfigurationError(
    `${folder} has a @trunkline/core of its own, and this command line another one: ` +
      'npm install trunkline there, and say npx trunkline',
  );
}

/**
 * Loads a file that was loaded before. JavaScript that Node runs by itself it keeps for good, whatever
 * stands in the file: from the second time on it is run like TypeScript.
 */
export async function loadAnew(resolved: string): Promise<Readonly<Record<string, unknown>>> {
  const filename = pathOf(resolved);
  const source = await readFile(filename, 'utf8');
  const options = { filename, async: true, forceTranspile: true };
  // With `async`, a promise of what the module exports.
  const loaded = createJiti(import.meta.url).evalModule(source, options);
  return (await loaded) as Readonly<Record<string, unknown>>;
}

/** Has the modules of a folder, beside packages, loaded anew by whoever asks next. */
export function forgetModules(folder: string): void {
  const { cache } = createJiti(import.meta.url);
  for (const file of Object.keys(cache)) {
    const path = pathOf(file);
    if (path.startsWith(folder + sep) && !path.includes(`${sep}node_modules${sep}`)) {
      delete cache[file];
    }
  }
}

/** The files that were loaded as modules, or as data of one. */
export function loadedFiles(): string[] {
  return Object.keys(createJiti(import.meta.url).cache).map(pathOf);
}

function pathOf(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file;
}
