import Database from 'libsql';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'trunkline-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** A file of its own, in a folder that does not exist yet. */
export function newFile(): string {
  return join(folder, String(++count), 'trunkline.db');
}

/** The file as it is left when its process is killed now: a copy, and its owner is dead. */
export function killed(file: string): string {
  const copy = newFile();
  mkdirSync(dirname(copy), { recursive: true });
  for (const end of ['', '-wal']) {
    if (existsSync(file + end)) copyFileSync(file + end, copy + end);
  }
  const db = new Database(copy);
  db.prepare('UPDATE owner SET token = ?').run('of a life before');
  db.close();
  return copy;
}
