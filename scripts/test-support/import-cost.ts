import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What an import costs. */
export interface ImportCost {
  /** CPU time in milliseconds: the machine may be busy with other things. The best of three, the first of which may be cold. */
  cpuMs: number;
  /** What it has loaded of `node_modules`. */
  loaded: string[];
}

/** Imports core, then the package; makes a channel, and tells what the package took. */
const PROGRAM = `
  const { Module } = await import('node:module');
  const [, core, index, name, options] = process.argv;
  await import(core);
  const before = process.cpuUsage();
  const { [name]: Channel } = await import(index);
  const { user, system } = process.cpuUsage(before);
  new Channel(JSON.parse(options));
  const loaded = Object.keys(Module._cache).filter((file) => /node_modules/.test(file));
  console.log(JSON.stringify({ cpuMs: (user + system) / 1000, loaded }));
`;

/**
 * Imports what is built of a package, beside core and in processes of their own, and makes a channel of it.
 *
 * @param name - The package's folder.
 * @param channel - The class.
 * @param options - What a channel is made with.
 */
export async function importCost(
  name: string,
  channel: string,
  options: object,
): Promise<ImportCost> {
  const [core, index] = ['core', name].map((folder) =>
    fileURLToPath(new URL(`../../packages/${folder}/dist/index.js`, import.meta.url)),
  );
  const args = ['--input-type=module', '-e', PROGRAM, core ?? '', index ?? '', channel];
  const costs: ImportCost[] = [];
  for (let i = 0; i < 3; i++) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...args, JSON.stringify(options)],
      { env: { ...process.env, NODE_OPTIONS: '' } },
    );
    costs.push(JSON.parse(stdout) as ImportCost);
  }
  const cpuMs = Math.min(...costs.map((cost) => cost.cpuMs));
  return { cpuMs, loaded: costs.flatMap(({ loaded }) => loaded) };
}
