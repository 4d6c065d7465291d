import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exports } from 'resolve.exports';

/**
 * The file that a package exports to those who import it. `require.resolve` finds that for those who
 * require it, if there is one, and `import.meta.resolve` sees packages from here alone.
 *
 * @param module - A package, `@scope/my-package/channel` say.
 * @param folders - The `node_modules` that it may be in, the nearest first.
 * @returns The file; `null` if the package exports none of this name.
 * @see Node's "Packages", the resolution algorithm of ES modules
 */
export function importedFile(module: string, folders: readonly string[]): string | null {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? module;
  const folder = folders
    .map((each) => join(each, name))
    .find((each) => existsSync(join(each, 'package.json')));
  if (folder === undefined) return null;
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const target = targetOf(manifest, `.${module.slice(name.length)}`);
  // What leads out of the package is nobody's to export.
  const isInside =
    target?.startsWith('./') === true && !/[/\\](\.\.|node_modules)[/\\]/.test(target);
  return isInside ? join(folder, target) : null;
}

function targetOf(manifest: unknown, path: string): string | null {
  try {
    return exports(manifest, path)?.[0] ?? null;
  } catch {
    // It exports none, or none under the conditions that hold here.
    return null;
  }
}
