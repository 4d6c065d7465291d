import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ConfigurationError, StoreError } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { Batch } from '../src/batch.ts';
import { closeDatabase, openDatabase } from '../src/database.ts';
import { explain, explainAtStart } from '../src/errors.ts';
import { SqliteStore } from '../src/index.ts';
import { Reads } from '../src/reads.ts';
import { newFile } from './support/files.ts';

const run = promisify(execFile);
const filler = fileURLToPath(new URL('support/filler.mjs', import.meta.url));

/** Whom permissions mean nothing to, or who has none of POSIX. */
const isAnybody = process.getuid === undefined || process.getuid() === 0;

describe('a file that cannot be written while it is used', () => {
  it('refuses what is too much for it, and has all that it took', async () => {
    const file = newFile();
    // For the whole process: a log of 500 blocks, of half a kilobyte or a whole one.
    const limited = `ulimit -f 500; exec '${process.execPath}' '${filler}' '${file}'`;
    const { stdout } = await run('sh', ['-c', limited]);
    const { added, refusal } = JSON.parse(stdout) as { added: number; refusal: string };
    expect(refusal).toMatch(
      /^StoreError: \[sqlite\] the system refuses to read or write .*trunkline\.db: check its disk, and whether a quota or a limit/,
    );
    const store = new SqliteStore({ file });
    const waiting = await store.turns.waiting('ada', 1_000);
    expect(waiting.map(({ id }) => Number(id))).toEqual(Array.from({ length: added }, (_, i) => i));
    expect(added).toBeGreaterThan(2);
    await store.close();
  });

  // The story: it was told as at start, and turns that ran were given up by this process until its next start.
  it('is away, and is not as if it could not be opened', async () => {
    const file = newFile();
    mkdirSync(dirname(file), { recursive: true });
    const db = openDatabase(file, () => {});
    const explained = (error: unknown): unknown => explain(file, error);
    const reads = new Reads(db.reader, explained);
    const batch = new Batch(db.writer, { check: () => {}, explain: explained, reads });
    const write = (): unknown => db.writer.exec('CREATE TABLE written (id INTEGER)');
    // SQLite says the same of a file that the system does not let it write.
    db.writer.exec('PRAGMA query_only = ON');
    const refused = await batch.write(write).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreError);
    expect(String(refused)).toContain('cannot be written any more: check its disk');
    expect(explainAtStart(file, (refused as Error).cause)).toBeInstanceOf(ConfigurationError);
    db.writer.exec('PRAGMA query_only = OFF');
    await batch.write(write);
    closeDatabase(db);
  });

  it.skipIf(isAnybody)('is not taken for one that is gone where its folder is closed', async () => {
    const file = newFile();
    const store = new SqliteStore({ file });
    await store.ready();
    chmodSync(dirname(file), 0o000);
    try {
      await store.values.set('a', 'b', 1);
      await store.ready();
    } finally {
      chmodSync(dirname(file), 0o700);
    }
    await store.close();
  });
});
