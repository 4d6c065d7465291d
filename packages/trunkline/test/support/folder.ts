import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const packages = fileURLToPath(new URL('../../..', import.meta.url));

/** A folder with these files for the length of a test, in which core is installed. */
export async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'trunkline-cli-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await mkdir(join(folder, 'node_modules/@trunkline'), { recursive: true });
  await symlink(join(packages, 'core'), join(folder, 'node_modules/@trunkline/core'));
  return folder;
}
