import { ConfigurationError, StoreError, type StoredValue } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import Database from 'libsql';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Batch } from '../src/batch.ts';
import { closeDatabase, openDatabase } from '../src/database.ts';
import { explain } from '../src/errors.ts';
import { SqliteStore } from '../src/index.ts';
import { Reads } from '../src/reads.ts';
import { KeptJson } from '../src/kept-json.ts';
import { SqliteValues } from '../src/values.ts';
import { newFile } from './support/files.ts';

const ONE_DAY = { markTtlMs: 86_400_000, maxTurns: 10 };

const open: SqliteStore[] = [];
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

function openStore(file: string, clock = new FakeClock()): SqliteStore {
  const store = new SqliteStore({ file, clock });
  open.push(store);
  return store;
}

async function closed(file: string): Promise<void> {
  await new SqliteStore({ file }).close();
}

/** Puts somebody else into the row of the owner. */
function disguise(file: string, owner: Record<string, number | string | null>): void {
  const db = new Database(file);
  for (const [column, value] of Object.entries(owner)) {
    db.prepare(`UPDATE owner SET ${column} = ?`).run(value);
  }
  db.close();
}

function rowCount(file: string, table = 'stored_values'): number {
  const db = new Database(file, { readonly: true });
  const { count } = db.prepare(`SELECT count(*) AS count FROM ${table}`).get() as {
    count: number;
  };
  db.close();
  return count;
}

describe('what is stored', () => {
  it('is there when the file is opened again, versions and all', async () => {
    const file = newFile();
    const first = new SqliteStore({ file });
    const version = await first.values.set('state', 'ada', { size: 'Größe 38 🎈' });
    await first.close();
    const second = openStore(file);
    expect(await second.values.get('state', 'ada')).toEqual({
      value: { size: 'Größe 38 🎈' },
      version,
    });
    expect(await second.values.set('state', 'ada', 1)).not.toBe(version);
  });

  it('has fences that grow from one owner to the next', async () => {
    const file = newFile();
    const first = new SqliteStore({ file });
    const { fence } = await first.lock('a');
    await first.close();
    expect((await openStore(file).lock('a')).fence).toBeGreaterThan(fence);
  });

  it('is cleared away after its time, also when nobody reads it', async () => {
    const clock = new FakeClock();
    const file = newFile();
    const store = openStore(file, clock);
    for (let i = 0; i < 10; i++) await store.values.set('marks', String(i), i, { ttlMs: 5_000 });
    await store.values.set('state', 'ada', 1);
    expect(rowCount(file)).toBe(11);
    await clock.advance(30_000);
    await store.ready();
    expect(rowCount(file)).toBe(1);
  });

  it('is cleared away a little at a time, while others write', async () => {
    const clock = new FakeClock();
    const file = newFile();
    const store = openStore(file, clock);
    const list = { maxItems: 10, ttlMs: 5_000 };
    await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => [
        store.values.set('marks', String(i), i, { ttlMs: 5_000 }),
        store.lists.append('history', String(i), ['hi', 'ho'], list),
      ]).flat(),
    );
    const counts = (): number[] => [
      rowCount(file),
      rowCount(file, 'lists'),
      rowCount(file, 'list_items'),
    ];
    expect(counts()).toEqual([1_000, 1_000, 2_000]);
    const advanced = clock.advance(30_000);
    while (rowCount(file, 'lists') === 1_000) await setImmediate();
    await store.values.set('state', 'ada', 1);
    const [values = 0, lists = 0, items] = counts();
    expect(values).toBeGreaterThan(1);
    expect(lists).toBeGreaterThan(0);
    expect(items).toBe(2 * lists);
    await advanced;
    await vi.waitFor(() => expect(counts()).toEqual([1, 0, 0]), 10_000);
  });

  it('is cleared away in an hour, however much of it is still in use', async () => {
    const clock = new FakeClock();
    const file = newFile();
    const store = openStore(file, clock);
    const DAY_MS = 24 * 60 * 60_000;
    const append = async (count: number, ttlMs: number): Promise<void> => {
      const keys = Array.from({ length: count }, (_, i) => `${ttlMs} ${i}`);
      const all = { maxItems: 10, ttlMs };
      await Promise.all(keys.map((key) => store.lists.append('history', key, ['hi'], all)));
    };
    // Beats, until what has expired is gone. A sweep that is still at it is not begun again.
    const expectLists = async (count: number): Promise<void> => {
      await vi.waitFor(async () => {
        await clock.advance(10_000);
        await store.ready();
        expect(rowCount(file, 'lists')).toBe(count);
      }, 20_000);
      expect(rowCount(file, 'list_items')).toBe(count);
    };
    await append(3_000, 5_000);
    await append(3_000, 30 * DAY_MS);
    await append(100, 6_000);
    await expectLists(3_000);
    // What comes between the sweeps is found by the next ones.
    await append(100, 5_000);
    await expectLists(3_000);
    await clock.advance(30 * DAY_MS);
    await expectLists(0);
  });

  it('need not be cleared away before it is closed', async () => {
    const clock = new FakeClock();
    const file = newFile();
    const store = new SqliteStore({ file, clock });
    const list = { maxItems: 10, ttlMs: 5_000 };
    const keys = Array.from({ length: 5_000 }, (_, i) => String(i));
    await Promise.all(keys.map((key) => store.lists.append('history', key, ['hi'], list)));
    await clock.advance(30_000);
    await store.close();
    expect(rowCount(file, 'lists')).toBeGreaterThan(0);
  });

  it('is written by many at once in one commit', async () => {
    const file = newFile();
    const store = openStore(file);
    const pages = (): number => {
      const db = new Database(file, { readonly: true });
      const [row] = db.pragma('wal_checkpoint(PASSIVE)') as { log: number }[];
      db.close();
      return row?.log ?? 0;
    };
    const before = pages();
    await Promise.all(
      Array.from({ length: 500 }, (_, i) => store.values.set('many', String(i), i)),
    );
    // A commit of its own would take at least a page for each of them.
    expect(pages() - before).toBeLessThan(100);
  });

  it('is waited for beside the event loop, and read meanwhile as it was', async () => {
    const store = openStore(newFile());
    await store.values.set('n', 'k', 0);
    const seen = new Set<unknown>();
    let rounds = 0;
    for (let i = 1; i <= 100; i++) {
      let isOver = false;
      const written = Promise.resolve(store.values.set('n', 'k', i)).finally(() => (isOver = true));
      while (!isOver) {
        await setImmediate();
        rounds++;
        // Committed or not: nothing in between, and nobody has to wait.
        seen.add(i - Number((store.values.get('n', 'k') as StoredValue | null)?.value));
      }
      await written;
      expect(await store.values.get('n', 'k')).toMatchObject({ value: i });
    }
    expect(seen).toEqual(new Set([0, 1]));
    // On the event loop's own thread, each would be over after two.
    expect(rounds).toBeGreaterThan(300);
  });

  it('is all that was asked for, when the store is closed at once', async () => {
    const file = newFile();
    const store = new SqliteStore({ file });
    const written = store.values.set('state', 'ada', 1);
    await store.close();
    await written;
    expect(await openStore(file).values.get('state', 'ada')).toMatchObject({ value: 1 });
  });
});

describe('the file of a store', () => {
  it('is read by nobody but its owner, and so is its log', async () => {
    // What people write was there for every user of the machine to read.
    const file = newFile();
    await openStore(file).values.set('state', 'ada', 1);
    const modes = ['', '-wal', '-shm'].map((part) => statSync(file + part).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
  });

  it('keeps the permissions that somebody gave it', async () => {
    const file = newFile();
    await closed(file);
    chmodSync(file, 0o660);
    await openStore(file).values.set('state', 'ada', 1);
    expect(statSync(file).mode & 0o777).toBe(0o660);
  });
});

describe('a store that was closed', () => {
  it('says so, whatever it is asked for', async () => {
    // It went on to read the file, and to give locks that were nobody's.
    const store = new SqliteStore({ file: newFile() });
    await store.values.set('state', 'ada', 1);
    await store.close();
    const { values, lists, turns } = store;
    const kept = { maxItems: 1, ttlMs: 1_000 };
    const calls = {
      get: () => values.get('state', 'ada'),
      set: () => values.set('state', 'ada', 2),
      compareAndSet: () => values.compareAndSet('state', 'ada', null, 2),
      delete: () => values.delete('state', 'ada'),
      entries: () => values.entries('state')[Symbol.asyncIterator]().next(),
      append: () => lists.append('history', 'ada', [1], kept),
      last: () => lists.last('history', 'ada', 1),
      after: () => lists.after('history', 'ada', 0, 1),
      add: () => turns.add({ conversation: 'ada', id: '1', message: 'hi' }, ONE_DAY),
      waiting: () => turns.waiting('ada', 1),
      commit: () => turns.commit({ key: 'ada', fence: 1, release() {} }, {}),
      lock: () => store.lock('ada'),
      ready: () => store.ready(),
    };
    for (const [name, call] of Object.entries(calls)) {
      await expect(call(), name).rejects.toMatchObject({ code: 'closed' });
    }
  });
});

describe('a file that was closed', () => {
  it('has all of it: a copy of this one file is a whole one', async () => {
    // A server that was stopped had left a file of 4 KB, and all that it ever stored in the log beside
    // it: libsql lets go of a file only when its statements are collected. Who kept a copy of the file
    // had a copy of nothing.
    const file = newFile();
    const store = new SqliteStore({ file });
    await store.values.set('state', 'ada', 1);
    await store.turns.add({ conversation: 'ada', id: '1', message: 'hi' }, ONE_DAY);
    await store.close();
    const copy = newFile();
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(file, copy);
    expect(statSync(copy).size).toBeGreaterThan(4_096);
    const restored = openStore(copy);
    expect(await restored.values.get('state', 'ada')).toMatchObject({ value: 1 });
    expect(await restored.turns.waiting('ada', 1)).toMatchObject([{ message: 'hi' }]);
  });

  it('keeps no server waiting for a tool that reads', async () => {
    const file = newFile();
    const store = new SqliteStore({ file });
    await store.values.set('state', 'ada', 1);
    const tool = new Database(file, { readonly: true });
    tool.exec('BEGIN');
    expect(tool.prepare('SELECT count(*) AS count FROM stored_values').get()).toMatchObject({
      count: 1,
    });
    await store.values.set('state', 'bob', 1);
    const start = performance.now();
    await store.close();
    expect(performance.now() - start).toBeLessThan(1_000);
    tool.close();
    expect(rowCount(file)).toBe(2);
  });
});

describe('the owner of a file', () => {
  it('is one at a time in a process', () => {
    const file = newFile();
    openStore(file);
    expect(() => new SqliteStore({ file })).toThrow(ConfigurationError);
    expect(() => new SqliteStore({ file })).toThrow(/belongs to a server that is running/);
  });

  it('is one at a time on a machine, and is named to the second', async () => {
    const file = newFile();
    await closed(file);
    const started = execFileSync('cut', ['-d', ' ', '-f', '22', `/proc/${process.ppid}/stat`], {
      encoding: 'utf8',
    }).trim();
    disguise(file, { pid: process.ppid, started });
    expect(() => new SqliteStore({ file })).toThrow(`process ${process.ppid} on ${hostname()}`);
  });

  it('is nobody when its process is dead, or its process id somebody else’s', async () => {
    const file = newFile();
    await closed(file);
    const dead = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' });
    for (const owner of [
      { pid: Number(dead), started: '1' },
      { pid: process.ppid, started: '1' },
      { pid: process.pid, token: 'of a life before' },
    ]) {
      disguise(file, owner);
      await closed(file);
    }
  });

  it('on another machine is gone when it has been silent for long', async () => {
    const file = newFile();
    await closed(file);
    const clock = new FakeClock();
    disguise(file, { pid: 1, host: 'elsewhere', seen_at: clock.now() });
    expect(() => new SqliteStore({ file, clock })).toThrow('process 1 on elsewhere');
    await clock.advance(31_000);
    openStore(file, clock);
  });

  it('writes nothing more once somebody has taken the file over', async () => {
    const file = newFile();
    const store = openStore(file);
    await store.values.set('state', 'ada', 1);
    disguise(file, { token: 'somebody else' });
    await expect(store.values.set('state', 'ada', 2)).rejects.toThrow(StoreError);
    await expect(store.ready()).rejects.toThrow(/another server has taken .* over/);
    expect(await store.values.get('state', 'ada')).toMatchObject({ value: 1 });
  });

  it('does not keep tools from reading', async () => {
    const file = newFile();
    await openStore(file).values.set('state', 'ada', 1);
    expect(rowCount(file)).toBe(1);
  });
});

describe('a file that cannot be used', () => {
  it('says that it is damaged', () => {
    const file = newFile();
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'This was never a database. '.repeat(100));
    expect(() => new SqliteStore({ file })).toThrow(ConfigurationError);
    expect(() => new SqliteStore({ file })).toThrow(/is damaged, or no database: move it away/);
  });

  it('says that it is damaged in words that libsql has none for', () => {
    // An index that does not fit its table: SQLITE_CORRUPT_INDEX, which libsql calls unknown.
    const thrown = Object.assign(new Error('database disk image is malformed'), {
      code: 'UNKNOWN_SQLITE_ERROR_779',
      rawCode: 779,
    });
    expect(explain('a.db', thrown)).toBeInstanceOf(ConfigurationError);
    expect(explain('a.db', thrown).message).toMatch(/is damaged, or no database: move it away/);
  });

  it('says that it is from the future', async () => {
    const file = newFile();
    await closed(file);
    const db = new Database(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => new SqliteStore({ file })).toThrow(/newer version of @trunkline\/sqlite: update/);
  });

  it('says that it cannot be opened', () => {
    const file = newFile();
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(join(dirname(file), 'a-file'), '');
    const below = join(dirname(file), 'a-file', 'trunkline.db');
    expect(() => new SqliteStore({ file: below })).toThrow(/check the folder and its permissions/);
  });

  it('says that the disk is full, keeps what it has, and goes on when there is room', async () => {
    const file = newFile();
    mkdirSync(dirname(file), { recursive: true });
    const db = openDatabase(file, () => {});
    const explained = (error: unknown): unknown => explain(file, error);
    const reads = new Reads(db.reader, explained);
    const batch = new Batch(db.writer, { check: () => {}, explain: explained, reads });
    const clock = new FakeClock();
    const kept = new KeptJson(() => {});
    const options = { reads, kept, nextVersion: () => '1' };
    const values = new SqliteValues(db, batch, clock, options);
    await values.set('state', 'ada', 1);
    // SQLite says the same of a file that may not grow as of a disk that is full.
    db.writer.exec('PRAGMA max_page_count = 20');
    const big = 'x'.repeat(500_000);
    const refused = [values.set('state', 'big', big), values.set('state', 'in the same commit', 1)];
    for (const { status, reason } of (await Promise.allSettled(
      refused,
    )) as PromiseRejectedResult[]) {
      expect(status).toBe('rejected');
      expect(reason).toBeInstanceOf(StoreError);
      expect(String(reason)).toContain('the disk is full');
    }
    expect(await values.get('state', 'ada')).toMatchObject({ value: 1 });
    expect(await values.get('state', 'in the same commit')).toBeNull();
    db.writer.exec('PRAGMA max_page_count = 1000000');
    await values.set('state', 'big', big);
    expect(await values.get('state', 'big')).toMatchObject({ value: big });
    closeDatabase(db);
  });
});
