import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../message/json.ts';

/** The conditions that hold where Node imports a module. */
const CONDITIONS = ['import', 'node', 'node-addons', 'module-sync', 'default'];

/**
 * The file that a package exports to those who import it. `require.resolve` finds it only where those
 * who require it are given one as well, and `import.meta.resolve` sees packages from here alone.
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
  const exported: unknown = Object(manifest).exports;
  // Without paths, what there is stands for the package itself.
  const hasPaths =
    isJsonObject(exported) && Object.keys(exported).some((key) => key.startsWith('.'));
  const paths = hasPaths ? exported : { '.': exported };
  const target = targetOf(paths, `.${module.slice(name.length)}`);
  // What leads out of the package is nobody's to export.
  const isInside =
    target?.startsWith('./') === true && !/[/\\](\.\.|node_modules)[/\\]/.test(target);
  return isInside ? join(folder, target) : null;
}

function targetOf(paths: Readonly<Record<string, unknown>>, path: string): string | null {
  if (Object.hasOwn(paths, path) && !path.includes('*')) return underConditions(paths[path]);
  const patterns = Object.keys(paths)
    .map((key) => ({ key, ends: key.split('*') }))
    .filter(({ ends: [before = '', after, more] }) => {
      if (after === undefined || more !== undefined) return false;
      return path.length > before.length && path.startsWith(before) && path.endsWith(after);
    });
  // The one that says the most of the path.
  const lengthOf = ({ ends: [before = ''] }: { ends: string[] }): number => before.length;
  const [best] = patterns.toSorted(
    (a, b) => lengthOf(b) - lengthOf(a) || b.key.length - a.key.length,
  );
  if (best === undefined) return null;
  const [before = '', after = ''] = best.ends;
  const matched = path.slice(before.length, path.length - after.length);
  return underConditions(paths[best.key])?.replaceAll('*', () => matched) ?? null;
}

/** The first target whose conditions hold. */
function underConditions(target: unknown): string | null {
  if (typeof target === 'string') return target;
  if (!Array.isArray(target) && !isJsonObject(target)) return null;
  for (const [condition, next] of Object.entries(target)) {
    if (!Array.isArray(target) && !CONDITIONS.includes(condition)) continue;
    const found = underConditions(next);
    if (found !== null) return found;
  }
  return null;
}
