import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importedFile } from './package-exports.ts';

/** How modules of a user's are found and loaded. */
export interface Modules {
  /** Where a module is, seen from a folder; `null` if there is none. */
  resolve(module: string, folder: string): string | null;
  /** What the module exports that `resolve` has found. */
  load(resolved: string): Promise<Readonly<Record<string, unknown>>>;
}

/** By Node's own means: what Node runs by itself. */
export const nodeModules: Modules = {
  resolve(module, folder) {
    const { resolve } = createRequire(join(folder, '_'));
    try {
      return resolve(module);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'MODULE_NOT_FOUND') return null;
      const isOther = code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED';
      const found = isOther ? null : importedFile(module, resolve.paths(module) ?? []);
      if (found === null) throw error;
      return found;
    }
  },
  load: (resolved) => import(pathToFileURL(resolved).href),
};
