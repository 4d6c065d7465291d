import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isModulePath } from './module-ref.ts';
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
    // Some packages give another file to those who require them, and it is imported here.
    const imported = isModulePath(module)
      ? null
      : importedFile(module, resolve.paths(module) ?? []);
    if (imported !== null) return imported;
    try {
      return resolve(module);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null;
      throw error;
    }
  },
  load: (resolved) => import(pathToFileURL(resolved).href),
};
