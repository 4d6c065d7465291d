import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'trunkline-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** A file of its own, in a folder that does not exist yet. */
export function newFile(): string {
  return join(folder, String(++count), 'trunkline.db');
}
