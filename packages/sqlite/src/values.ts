import { setImmediate } from 'node:timers/promises';
import type {
  Clock,
  JsonValue,
  KeepOptions,
  KeyedValues,
  MaybePromise,
  StoredEntry,
  StoredValue,
} from '@trunkline/core';
import type Database from 'libsql';
import type { Batch } from './batch.ts';
import type { Connections } from './database.ts';
import type { KeptJson } from './kept-json.ts';
import type { Reads } from './reads.ts';
import { fromColumn, toColumn } from './text.ts';

/** A value at rest. */
interface ValueRow {
  json: string;
  version: string;
}

/** A value at rest, with its key. */
interface EntryRow extends ValueRow {
  key: string | ArrayBuffer;
}

/** How many entries are read at a time: the event loop waits for each such page. */
const PAGE_SIZE = 100;

/** How many values one sweep removes: the process waits for it. */
const SWEPT = 200;

/** Keyed values as rows. */
export class SqliteValues implements KeyedValues {
  readonly #batch: Batch;
  readonly #clock: Clock;
  readonly #reads: Reads;
  readonly #kept: KeptJson;
  readonly #nextVersion: () => string;
  /** Of what is committed. */
  readonly #read: Database.Statement;
  /** Of what is written as well. */
  readonly #select: Database.Statement;
  readonly #selectFirst: Database.Statement;
  readonly #selectNext: Database.Statement;
  readonly #upsert: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #removeExpired: Database.Statement;

  constructor(
    { writer, reader }: Connections,
    batch: Batch,
    clock: Clock,
    options: { reads: Reads; kept: KeptJson; nextVersion: () => string },
  ) {
    this.#batch = batch;
    this.#clock = clock;
    this.#reads = options.reads;
    this.#kept = options.kept;
    this.#nextVersion = options.nextVersion;
    const isAlive = '(expires_at IS NULL OR expires_at > ?)';
    const one = `SELECT json, version FROM stored_values WHERE namespace = ? AND key = ? AND ${isAlive}`;
    this.#read = reader.prepare(one);
    this.#select = writer.prepare(one);
    const page = (range: string): Database.Statement =>
      reader.prepare(
        `SELECT key, json, version FROM stored_values
         WHERE namespace = ? AND ${range} AND ${isAlive} ORDER BY key LIMIT ${PAGE_SIZE}`,
      );
    this.#selectFirst = page('key >= ?');
    this.#selectNext = page('key > ?');
    this.#upsert = writer.prepare(
      `INSERT OR REPLACE INTO stored_values (namespace, key, json, version, expires_at)
       VALUES (?, ?, ?, ?, ?)`,
    );
    this.#remove = writer.prepare(
      `DELETE FROM stored_values WHERE namespace = ? AND key = ? AND ${isAlive}`,
    );
    this.#removeExpired = writer.prepare(
      `DELETE FROM stored_values WHERE (namespace, key) IN (
         SELECT namespace, key FROM stored_values WHERE expires_at <= ? LIMIT ?)`,
    );
  }

  get(namespace: string, key: string): MaybePromise<StoredValue | null> {
    return this.#reads.read(() => {
      const row = this.#row(this.#read, namespace, key);
      return row === undefined ? null : this.#open(row, namespace, key);
    });
  }

  async set(
    namespace: string,
    key: string,
    value: JsonValue,
    options?: KeepOptions,
  ): Promise<string> {
    const json = JSON.stringify(value);
    return await this.#batch.write(() => this.#put(namespace, key, json, options));
  }

  async compareAndSet(
    namespace: string,
    key: string,
    expected: string | null,
    value: JsonValue,
    options?: KeepOptions,
  ): Promise<string | null> {
    const json = JSON.stringify(value);
    return await this.#batch.write(() => this.replace(namespace, key, expected, json, options));
  }

  async delete(namespace: string, key: string): Promise<boolean> {
    return await this.#batch.write(
      () => this.#remove.run(toColumn(namespace), toColumn(key), this.#clock.now()).changes === 1,
    );
  }

  async *entries(namespace: string): AsyncIterable<StoredEntry> {
    let rows = await this.#page(this.#selectFirst, namespace, '');
    for (;;) {
      for (const row of rows) {
        const key = fromColumn(row.key);
        const stored = this.#open(row, namespace, key);
        if (stored !== null) yield { key, ...stored };
      }
      const last = rows[PAGE_SIZE - 1];
      if (last === undefined) return;
      await setImmediate();
      rows = await this.#page(this.#selectNext, namespace, fromColumn(last.key));
    }
  }

  /** `compareAndSet` within a write; the value is JSON text. */
  replace(
    namespace: string,
    key: string,
    expected: string | null,
    json: string,
    options?: KeepOptions,
  ): string | null {
    const row = this.#row(this.#select, namespace, key);
    if ((row?.version ?? null) !== expected) {
      // One that is damaged is missing to everybody.
      if (expected !== null || row === undefined) return null;
      if (this.#open(row, namespace, key) !== null) return null;
    }
    return this.#put(namespace, key, json, options);
  }

  /** Removes some of what nobody will read any more, within a write. Returns whether there may be more. */
  sweep(): boolean {
    return this.#removeExpired.run(this.#clock.now(), SWEPT).changes === SWEPT;
  }

  #row(select: Database.Statement, namespace: string, key: string): ValueRow | undefined {
    const place = [toColumn(namespace), toColumn(key), this.#clock.now()];
    return select.get(place) as ValueRow | undefined;
  }

  #page(statement: Database.Statement, namespace: string, from: string): MaybePromise<EntryRow[]> {
    const params = [toColumn(namespace), toColumn(from), this.#clock.now()];
    return this.#reads.read(() => statement.all(params) as EntryRow[]);
  }

  #put(namespace: string, key: string, json: string, options?: KeepOptions): string {
    const version = this.#nextVersion();
    const expiresAt = options?.ttlMs === undefined ? null : this.#clock.now() + options.ttlMs;
    this.#upsert.run(toColumn(namespace), toColumn(key), json, version, expiresAt);
    return version;
  }

  /** What a row has; `null` where it is damaged. */
  #open({ json, version }: ValueRow, namespace: string, key: string): StoredValue | null {
    const value = this.#kept.read(json, () => `the value "${key}" of "${namespace}"`);
    return value === undefined ? null : { value, version };
  }
}
