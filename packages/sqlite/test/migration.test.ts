import { FakeClock } from '@trunkline/testing';
import Database from 'libsql';
import { mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { SqliteStore } from '../src/index.ts';
import { newFile } from './support/files.ts';

/** What version 1 made. Written out here: it is in files, and whatever changes in the package cannot change it. */
const VERSION_1 = `
  CREATE TABLE owner (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    token TEXT NOT NULL,
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    started TEXT,
    seen_at INTEGER NOT NULL,
    generation INTEGER NOT NULL
  );
  CREATE TABLE stored_values (
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    json TEXT NOT NULL,
    version TEXT NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (namespace, key)
  ) WITHOUT ROWID;
  CREATE INDEX stored_values_by_expiry ON stored_values (expires_at) WHERE expires_at IS NOT NULL;
  PRAGMA user_version = 1;
  INSERT INTO owner VALUES (1, 'of version 1', 0, 'here', NULL, 0, 7);
  INSERT INTO stored_values VALUES ('state', 'ada', '{"visits":3}', '7.1', NULL);
`;

/** What version 2 added. */
const VERSION_2 = `
  CREATE TABLE turns (
    seq INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,
    name INTEGER NOT NULL,
    marked_until INTEGER NOT NULL,
    conversation TEXT NOT NULL,
    id TEXT NOT NULL,
    message TEXT NOT NULL,
    stamp TEXT,
    progress TEXT
  );
  CREATE UNIQUE INDEX turns_by_place ON turns (place, name);
  CREATE TABLE marks (
    place INTEGER NOT NULL,
    name INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (place, name)
  ) WITHOUT ROWID;
  CREATE TABLE lists (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    next_seq INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (namespace, key)
  );
  CREATE INDEX lists_by_expiry ON lists (expires_at);
  CREATE TABLE list_items (
    list INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (list, seq)
  ) WITHOUT ROWID;
  PRAGMA user_version = 2;
  INSERT INTO lists VALUES (7, 'history', 'ada', 12, 9e12), (8, 'history', 'bob', 1, 1);
  INSERT INTO list_items VALUES (7, 10, '"hi"'), (7, 11, '"ho"'), (8, 0, '"long ago"');
`;

/** A file of an earlier version. */
function fileOf(...versions: string[]): string {
  const file = newFile();
  mkdirSync(dirname(file), { recursive: true });
  const db = new Database(file);
  db.exec('PRAGMA journal_mode = WAL');
  for (const version of versions) db.exec(version);
  db.close();
  return file;
}

it('leaves a file as it is whose server runs on the earlier version', async () => {
  // It was changed under that server before it was found to be taken.
  const file = fileOf(VERSION_1);
  const db = new Database(file);
  const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const living = 'UPDATE owner SET pid = ?, host = ?, started = ?';
  db.prepare(living).run(process.ppid, hostname(), started);
  expect(() => new SqliteStore({ file })).toThrow(/belongs to a server that is running/);
  expect(db.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 1 });
  db.prepare('UPDATE owner SET pid = 0').run();
  db.close();
  await new SqliteStore({ file }).close();
});

it('takes a file of version 1 over, with all that is in it', async () => {
  const file = fileOf(VERSION_1);
  const clock = new FakeClock();
  const store = new SqliteStore({ file, clock });
  expect(await store.values.get('state', 'ada')).toEqual({ value: { visits: 3 }, version: '7.1' });
  const turn = { conversation: 'ada', id: '1', message: 'hi' };
  const options = { markTtlMs: 60_000, maxTurns: 10, stampOf: 'state' };
  expect(await store.turns.add(turn, options)).toBe('added');
  await store.lists.append('history', 'ada', ['hi'], { maxItems: 10, ttlMs: 60_000 });
  const lock = await store.lock('ada');
  expect(lock.fence).toBeGreaterThan(8 * 2 ** 32);
  const write = { namespace: 'state', value: { visits: 4 }, expected: '7.1' };
  expect(await store.turns.commit(lock, { write })).toBe(true);
  await store.close();

  const again = new SqliteStore({ file, clock });
  expect(await again.turns.waiting('ada', 10)).toEqual([
    { ...turn, progress: null, stamp: { visits: 3 } },
  ]);
  expect(await again.lists.last('history', 'ada', 10)).toEqual(['hi']);
  expect(await again.values.get('state', 'ada')).toMatchObject({ value: { visits: 4 } });
  await again.close();
});

it('takes a file of version 2 over, and clears away what has expired in it', async () => {
  const file = fileOf(VERSION_1, VERSION_2);
  const clock = new FakeClock();
  const store = new SqliteStore({ file, clock });
  expect(await store.lists.after('history', 'ada', 0, 10)).toEqual([
    { number: 11, value: 'hi' },
    { number: 12, value: 'ho' },
  ]);
  expect(await store.lists.append('history', 'ada', ['hum'], { maxItems: 2, ttlMs: 1e12 })).toBe(
    13,
  );
  await clock.advance(10_000);
  await store.ready();
  await store.close();
  const db = new Database(file);
  const rows = (table: string): unknown => db.prepare(`SELECT count(*) AS n FROM ${table}`).get();
  expect([rows('lists'), rows('list_items')]).toMatchObject([{ n: 1 }, { n: 2 }]);
  db.close();
});
