import { LocalLocks, StoreError, type Added, type MaybePromise } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import Database from 'libsql';
import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Batch } from '../src/batch.ts';
import { closeDatabase, openDatabase } from '../src/database.ts';
import { explain } from '../src/errors.ts';
import { SqliteStore } from '../src/index.ts';
import { SqliteLists } from '../src/lists.ts';
import { nameOf, placeOf } from '../src/place.ts';
import { Reads } from '../src/reads.ts';
import { fromColumn, toColumn } from '../src/text.ts';
import { SqliteTurns } from '../src/turns.ts';
import { KeptJson } from '../src/kept-json.ts';
import { SqliteValues } from '../src/values.ts';
import { newFile } from './support/files.ts';

const HOUR_MS = 3_600_000;
const LONG = { markTtlMs: 2 * HOUR_MS, maxTurns: 1_000 };

const open: SqliteStore[] = [];
afterEach(async () => {
  for (const store of open.splice(0)) await store.close().catch(() => {});
});

function openStore(file: string, clock = new FakeClock()): SqliteStore {
  const store = new SqliteStore({ file, clock });
  open.push(store);
  return store;
}

function add(store: SqliteStore, conversation: string, id: string): MaybePromise<Added> {
  return store.turns.add({ conversation, id, message: 'hi' }, LONG);
}

async function finish(store: SqliteStore, conversation: string, ...remove: string[]) {
  const lock = await store.lock(conversation);
  await store.turns.commit(lock, { remove });
  lock.release();
}

function countOf(file: string, table: string): number {
  const db = new Database(file, { readonly: true });
  const { count } = db.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number };
  db.close();
  return count;
}

/** Some rounds of the event loop, after which a watch has named whom it will. */
async function rounds(): Promise<void> {
  for (let i = 0; i < 20; i++) await setImmediate();
}

describe('what shares a commit', () => {
  it('has an answer of its own, whatever it is', async () => {
    const store = openStore(newFile());
    const one = { ...LONG, maxTurns: 2 };
    const addTo = async (conversation: string, id: string): Promise<Added> =>
      await store.turns.add({ conversation, id, message: `${conversation} ${id}` }, one);
    await addTo('a', 'finished');
    await finish(store, 'a', 'finished');
    await addTo('a', '1');
    await addTo('full', '1');
    await addTo('full', '2');
    const others = Array.from({ length: 100 }, (_, i) => `other ${i}`);
    const answers = await Promise.all([
      addTo('a', '1'),
      addTo('a', 'finished'),
      addTo('a', '2'),
      addTo('a', '3'),
      addTo('full', '3'),
      addTo('full', '2'),
      addTo('b', '1'),
      addTo('b', '1'),
      ...others.map((other) => addTo(other, '1')),
    ]);
    expect(answers.slice(0, 8)).toEqual([
      'unfinished',
      'finished',
      'added',
      'full',
      'full',
      'unfinished',
      'added',
      'unfinished',
    ]);
    expect(answers.slice(8)).toEqual(others.map(() => 'added'));
    for (const other of others) {
      const waiting = await store.turns.waiting(other, 1);
      expect(waiting.map(({ message }) => message)).toEqual([`${other} 1`]);
    }
    expect((await store.turns.waiting('a', 5)).map(({ id }) => id)).toEqual(['1', '2']);
    expect((await store.turns.waiting('b', 1)).map(({ id }) => id)).toEqual(['1']);
  });

  it('is changed, or not, by itself', async () => {
    const store = openStore(newFile());
    const names = ['lost', 'gone', ...Array.from({ length: 9 }, (_, i) => `user ${i}`)];
    const locks = await Promise.all(names.map((name) => store.lock(name)));
    const [lost, gone] = locks;
    await Promise.all(names.map((name) => add(store, name, '1')));
    if (gone) await store.turns.commit(gone, { remove: ['1'] });
    lost?.release();
    const append = { namespace: 'said', maxItems: 2, ttlMs: HOUR_MS };
    const done = await Promise.allSettled(
      locks.map((lock, i) =>
        store.turns.commit(lock, {
          save: { id: '1', progress: `of ${names[i]}` },
          append: { ...append, items: Array.from({ length: 1 + (i % 3) }, (_, j) => `${i}.${j}`) },
        }),
      ),
    );
    const outcomes = done.map(({ status }) => status);
    expect(outcomes).toEqual(names.map((_, i) => (i < 2 ? 'rejected' : 'fulfilled')));
    for (const [i, name] of names.entries()) {
      const [turn] = await store.turns.waiting(name, 1);
      expect(turn?.progress ?? null).toBe(i < 2 ? null : `of ${name}`);
      const said = Array.from({ length: 1 + (i % 3) }, (_, j) => `${i}.${j}`).slice(-2);
      expect(await store.lists.last('said', name, 5)).toEqual(i < 2 ? [] : said);
    }
  });

  it('is done to one conversation in the order of the calls', async () => {
    const store = openStore(newFile());
    const lock = await store.lock('a');
    await add(store, 'a', '1');
    const save = async (progress: string): Promise<boolean> =>
      await store.turns.commit(lock, { save: { id: '1', progress } });
    const results = await Promise.allSettled([
      save('one'),
      save('two'),
      store.turns.commit(lock, { remove: ['1'] }),
      save('three'),
    ]);
    const outcomes = results.map(({ status }) => status);
    expect(outcomes).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  });
});

describe('a watch', () => {
  it('names what was in the file, each conversation once, the oldest first, and nothing else', async () => {
    const file = newFile();
    const first = new SqliteStore({ file });
    const left = Array.from({ length: 700 }, (_, i) => `user ${(i * 11) % 700}`);
    for (const id of ['1', '2']) {
      await Promise.all(left.map((conversation) => add(first, conversation, id)));
    }
    await finish(first, 'user 14', '1', '2');
    await first.close();

    const store = openStore(file);
    const added = add(store, 'new', '1');
    const named: string[] = [];
    store.turns.watch((conversation) => named.push(conversation));
    expect(named, 'not before it has returned').toEqual([]);
    await added;
    await rounds();
    expect(named).toEqual(left.filter((conversation) => conversation !== 'user 14'));
  });

  it('names nobody once it was ended, or the store closed', async () => {
    const file = newFile();
    const first = new SqliteStore({ file });
    await add(first, 'ada', '1');
    await first.close();
    const named: string[] = [];
    const store = new SqliteStore({ file });
    store.turns.watch((conversation) => named.push(conversation))();
    store.turns.watch((conversation) => named.push(conversation));
    await store.close();
    await rounds();
    expect(named).toEqual([]);
  });
});

describe('what is kept of finished turns', () => {
  it('is a mark, which goes within an hour after its time', async () => {
    const clock = new FakeClock();
    const file = newFile();
    const store = openStore(file, clock);
    const conversations = Array.from({ length: 50 }, (_, i) => `user ${i}`);
    await Promise.all(conversations.map((conversation) => add(store, conversation, '1')));
    expect(countOf(file, 'marks')).toBe(0);
    await Promise.all(conversations.map((conversation) => finish(store, conversation, '1')));
    expect([countOf(file, 'turns'), countOf(file, 'marks')]).toEqual([0, 50]);
    await clock.advance(1.9 * HOUR_MS);
    await store.ready();
    expect(countOf(file, 'marks')).toBe(50);
    await clock.advance(1.2 * HOUR_MS);
    await store.ready();
    expect(countOf(file, 'marks')).toBe(0);
  });

  it('is nothing where the mark is over before the turn', async () => {
    const clock = new FakeClock();
    const file = newFile();
    const store = openStore(file, clock);
    await add(store, 'ada', '1');
    await clock.advance(2.1 * HOUR_MS);
    expect(await add(store, 'ada', '1'), 'as long as it is not finished').toBe('unfinished');
    await finish(store, 'ada', '1');
    expect([countOf(file, 'turns'), countOf(file, 'marks')]).toEqual([0, 0]);
  });

  it('are lists, which go with their items', async () => {
    const clock = new FakeClock();
    const file = newFile();
    const store = openStore(file, clock);
    const options = { maxItems: 5, ttlMs: 5_000 };
    await store.lists.append('history', 'ada', [1, 2, 3, 4, 5, 6], options);
    await store.lists.append('history', 'bob', [1], { maxItems: 5, ttlMs: HOUR_MS });
    expect(countOf(file, 'list_items')).toBe(6);
    await clock.advance(30_000);
    await store.ready();
    expect([countOf(file, 'lists'), countOf(file, 'list_items')]).toEqual([1, 1]);
  });
});

describe('turns in a file that cannot be used', () => {
  it('are refused once somebody has taken the file over', async () => {
    const file = newFile();
    const store = openStore(file);
    await add(store, 'ada', '1');
    const lock = await store.lock('ada');
    const db = new Database(file);
    db.prepare('UPDATE owner SET token = ?').run('somebody else');
    db.close();
    const { turns, lists } = store;
    for (const refused of [
      add(store, 'ada', '2'),
      turns.commit(lock, { remove: ['1'] }),
      lists.append('history', 'ada', [1], { maxItems: 1, ttlMs: 1 }),
    ]) {
      await expect(refused).rejects.toMatchObject({ code: 'lost_file' });
    }
    expect(await turns.waiting('ada', 10)).toHaveLength(1);
  });

  it('are refused where another process has locked it, within 2 seconds', async () => {
    const file = newFile();
    const store = openStore(file);
    const db = new Database(file);
    db.exec('BEGIN IMMEDIATE');
    const start = performance.now();
    await expect(add(store, 'ada', '1')).rejects.toThrow(/another process has locked/);
    expect(performance.now() - start).toBeLessThan(2_000);
    db.exec('ROLLBACK');
    db.close();
    expect(await add(store, 'ada', '1')).toBe('added');
  });

  it('say that it is damaged, whatever is asked for', async () => {
    const file = newFile();
    const first = new SqliteStore({ file });
    for (let i = 0; i < 300; i++) void add(first, `user ${i}`, 'x'.repeat(100));
    await first.lists.append('history', 'ada', [1], { maxItems: 1, ttlMs: HOUR_MS });
    await first.close();
    const store = openStore(file);
    const lock = await store.lock('user 7');
    damage(file);
    const { turns, lists, values } = store;
    const said = /is damaged, or no database: move it away/;
    await expect(turns.waiting('user 7', 1)).rejects.toThrow(said);
    await expect(add(store, 'user 7', '2')).rejects.toThrow(said);
    await expect(turns.commit(lock, { remove: ['1'] })).rejects.toThrow(said);
    await expect(lists.last('history', 'ada', 1)).rejects.toThrow(said);
    await expect(values.entries('state')[Symbol.asyncIterator]().next()).rejects.toThrow(said);
    const named: string[] = [];
    turns.watch((conversation) => named.push(conversation));
    await rounds();
    expect(named).toEqual([]);
  });
});

/** Writes over what is in the file and in its log. */
function damage(file: string): void {
  for (const [name, head, between] of [
    [file, 4096, 0],
    [`${file}-wal`, 32, 24],
  ] as const) {
    const { size } = statSync(name);
    const fd = openSync(name, 'r+');
    for (let at = head + between; at < size; at += between + 4096) {
      writeSync(fd, Buffer.alloc(4096, 0xa5), 0, 4096, at);
    }
    closeSync(fd);
  }
}

describe('a full disk', () => {
  it('refuses turns, loses none that it took, and takes them when there is room', async () => {
    const file = newFile();
    mkdirSync(dirname(file), { recursive: true });
    const db = openDatabase(file, () => {});
    const clock = new FakeClock();
    const explained = (error: unknown): unknown => explain(file, error);
    const reads = new Reads(db.reader, explained);
    const batch = new Batch(db.writer, { check: () => {}, explain: explained, reads });
    const locks = new LocalLocks();
    const kept = new KeptJson(() => {});
    const options = { reads, kept, nextVersion: () => '1' };
    const values = new SqliteValues(db, batch, clock, options);
    const lists = new SqliteLists(db, batch, clock, { reads, kept });
    const parts = { reads, kept, locks, values, lists, lastTurn: 0 };
    const turns = new SqliteTurns(db, batch, clock, parts);
    await turns.add({ conversation: 'ada', id: '1', message: 'hi' }, LONG);
    const lock = await locks.take('ada');
    // SQLite says the same of a file that may not grow as of a disk that is full.
    const limit = (pages: number): unknown => db.writer.exec(`PRAGMA max_page_count = ${pages}`);
    limit(1);
    const big = 'x'.repeat(200_000);
    const turn = { conversation: 'ada', id: '2', message: big };
    await expect(turns.add(turn, LONG)).rejects.toThrow(StoreError);
    const save = { id: '1', progress: big };
    await expect(turns.commit(lock, { save })).rejects.toThrow(/the disk is full/);
    const append = lists.append('history', 'ada', [big], { maxItems: 9, ttlMs: HOUR_MS });
    await expect(append).rejects.toThrow(/the disk is full/);
    expect(await turns.waiting('ada', 10)).toMatchObject([{ id: '1', progress: null }]);
    limit(1e6);
    expect(await turns.add(turn, LONG)).toBe('added');
    expect(await turns.commit(lock, { save, remove: ['2'] })).toBe(true);
    closeDatabase(db);
  });
});

describe('two conversations that share a place', () => {
  it('have their own turns', async () => {
    // Found by trying thirty million.
    const [one, two] = ['user 18621548', 'user 29490621'];
    expect(placeOf(one)).toBe(placeOf(two));
    const store = openStore(newFile());
    for (const id of ['1', '2', '3']) {
      for (const conversation of [one, two])
        await add(store, conversation, `${conversation} ${id}`);
    }
    await finish(store, one, `${one} 1`);
    const idsOf = async (conversation: string, limit: number): Promise<string[]> =>
      (await store.turns.waiting(conversation, limit)).map(({ id }) => id);
    expect(await idsOf(one, 1)).toEqual([`${one} 2`]);
    expect(await idsOf(one, 10)).toEqual([`${one} 2`, `${one} 3`]);
    expect(await idsOf(two, 1)).toEqual([`${two} 1`]);
    expect(await idsOf(two, 2)).toEqual([`${two} 1`, `${two} 2`]);
    await finish(store, two, `${two} 1`, `${two} 2`, `${two} 3`);
    expect(await idsOf(two, 1)).toEqual([]);
    expect(await idsOf(one, 1)).toEqual([`${one} 2`]);
  });
});

describe('the columns of a turn', () => {
  it('are texts where SQLite keeps them, and any other text is kept, too', () => {
    for (const text of ['', 'hi', '👋🏽']) expect(toColumn(text)).toBe(text);
    for (const text of ['', 'hi', '👋🏽', 'a\0b', '\0', '\ud83d', 'x\udc4by']) {
      const column = toColumn(text);
      const read = typeof column === 'string' ? column : new Uint8Array(column).buffer;
      expect(fromColumn(read)).toBe(text);
    }
  });

  it('have places and names that numbers carry', () => {
    const names = new Set<number>();
    for (let i = 0; i < 10_000; i++) {
      for (const number of [placeOf(String(i)), nameOf(String(i))]) {
        expect(Number.isSafeInteger(number)).toBe(true);
        names.add(number);
      }
    }
    expect(names.size).toBe(20_000);
    expect(nameOf('\ud800')).not.toBe(nameOf('\ud801'));
  });
});
