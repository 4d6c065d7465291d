import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../errors.ts';
import { isJsonObject } from '../message/json.ts';
import { readYaml } from '../yaml/yaml-file.ts';
import { checkResponses } from './check.ts';
import type { CheckedVariation } from './variation.ts';

/**
 * Reads the `responses:` of a domain: of a file, or of every `.yml` and `.yaml` of a folder and those
 * in it. What else a domain holds is left alone.
 *
 * @throws ConfigurationError - a file is malformed, or two define the same response.
 */
export async function readResponses(path: string): Promise<Map<string, CheckedVariation[]>> {
  const all = new Map<string, CheckedVariation[]>();
  for (const file of await filesOf(path)) {
    const yaml = await readYaml(file);
    const domain = yaml.value ?? {};
    if (!isJsonObject(domain)) {
      throw new ConfigurationError(`${yaml.at([])}: a domain must be a map with "responses:"`);
    }
    const responses = domain['responses'] ?? {};
    const at = (way: readonly (string | number)[]): string => yaml.at(['responses', ...way]);
    if (!isJsonObject(responses)) {
      throw new ConfigurationError(`${at([])}: responses must be a map of names to variations`);
    }
    for (const [name, variations] of checkResponses({ responses, at })) {
      const first = all.get(name)?.[0];
      if (first !== undefined) {
        throw new ConfigurationError(`${at([name])}: ${name} is there already, at ${first.place}`);
      }
      all.set(name, variations);
    }
  }
  return all;
}

async function filesOf(path: string): Promise<string[]> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    // The reader says what is wrong.
    () => false,
  );
  if (!isFolder) return [path];
  const names = await readdir(path, { recursive: true });
  const files = names.filter((name) => /\.ya?ml$/.test(name) && !isHidden(name)).toSorted();
  if (files.length === 0) {
    throw new ConfigurationError(`${path} has no .yml file in it: responses are read from those`);
  }
  return files.map((name) => join(path, name));
}

/** What editors and systems keep beside a file, as `.#domain.yml`. */
function isHidden(name: string): boolean {
  return /(^|[/\\])\./.test(name);
}
