import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { Batch } from '../src/batch.ts';
import { closeDatabase, openDatabase, type Connections } from '../src/database.ts';
import { Reads } from '../src/reads.ts';
import { Together } from '../src/together.ts';
import { newFile } from './support/files.ts';

const opened: Connections[] = [];
afterEach(() => opened.splice(0).forEach(closeDatabase));

/** A batch, and how many writes each of its commits had. */
function setUp(): { write: () => Promise<unknown>; commits: number[] } {
  const file = newFile();
  mkdirSync(dirname(file), { recursive: true });
  const db = openDatabase(file, () => {});
  opened.push(db);
  const commits: number[] = [];
  const reads = new Reads(db.reader, (error) => error);
  const batch = new Batch(db.writer, { check: () => {}, explain: (error) => error, reads });
  const together = new Together<null, null>(batch, (items) => {
    commits.push(items.length);
    return items;
  });
  return { write: () => together.write(null), commits };
}

it('commits what stands alone in the next round', async () => {
  const { write, commits } = setUp();
  const written = write();
  await setImmediate();
  await setImmediate();
  await Promise.all([written, write()]);
  expect(commits).toEqual([1, 1]);
});

it('waits for what comes in one round after the other', async () => {
  const { write, commits } = setUp();
  const written = [];
  for (let i = 0; i < 3; i++) {
    written.push(write(), write());
    await setImmediate();
  }
  await Promise.all(written);
  expect(commits).toEqual([6]);
});

it('does not wait for a flow that has no end', async () => {
  const { write, commits } = setUp();
  const written = [];
  for (let i = 0; i < 1_000; i++) {
    written.push(write());
    await setImmediate();
  }
  await Promise.all(written);
  expect(commits[0]).toBeLessThan(20);
  expect(commits.reduce((sum, count) => sum + count, 0)).toBe(1_000);
});
