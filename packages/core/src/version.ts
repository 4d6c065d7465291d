import { createRequire } from 'node:module';
import { isJsonObject } from './message/json.ts';

/** This package's version, as in its `package.json`, which is one folder up here and once it is built. */
export function version(): string {
  const manifest: unknown = createRequire(import.meta.url)('../package.json');
  const known = isJsonObject(manifest) ? manifest['version'] : null;
  return typeof known === 'string' ? known : '';
}
