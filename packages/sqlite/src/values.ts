import type { Clock, JsonValue, KeepOptions, KeyedValues, StoredValue } from '@trunkline/core';
import type Database from 'libsql';
import type { Batch } from './batch.ts';

/** Keyed values as rows. */
export class SqliteValues implements KeyedValues {
  readonly #batch: Batch;
  readonly #clock: Clock;
  readonly #explain: (error: unknown) => unknown;
  readonly #nextVersion: () => string;
  readonly #select: Database.Statement;
  readonly #upsert: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #removeExpired: Database.Statement;

  constructor(
    db: Database.Database,
    batch: Batch,
    clock: Clock,
    options: { explain: (error: unknown) => unknown; nextVersion: () => string },
  ) {
    this.#batch = batch;
    this.#clock = clock;
    this.#explain = options.explain;
    this.#nextVersion = options.nextVersion;
    const isAlive = '(expires_at IS NULL OR expires_at > ?)';
    this.#select = db.prepare(
      `SELECT json, version FROM stored_values WHERE namespace = ? AND key = ? AND ${isAlive}`,
    );
    this.#upsert = db.prepare(
      `INSERT OR REPLACE INTO stored_values (namespace, key, json, version, expires_at)
       VALUES (?, ?, ?, ?, ?)`,
    );
    this.#remove = db.prepare(
      `DELETE FROM stored_values WHERE namespace = ? AND key = ? AND ${isAlive}`,
    );
    this.#removeExpired = db.prepare('DELETE FROM stored_values WHERE expires_at <= ?');
  }

  async get(namespace: string, key: string): Promise<StoredValue | null> {
    try {
      const row = this.#row(namespace, key);
      if (row === undefined) return null;
      return { value: JSON.parse(row.json) as JsonValue, version: row.version };
    } catch (error) {
      throw this.#explain(error);
    }
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
    return await this.#batch.write(() => {
      const current = this.#row(namespace, key)?.version ?? null;
      return current === expected ? this.#put(namespace, key, json, options) : null;
    });
  }

  async delete(namespace: string, key: string): Promise<boolean> {
    return await this.#batch.write(
      () => this.#remove.run(namespace, key, this.#clock.now()).changes === 1,
    );
  }

  /** Removes what nobody will read any more. */
  async sweep(): Promise<void> {
    await this.#batch.write(() => this.#removeExpired.run(this.#clock.now()));
  }

  #row(namespace: string, key: string): { json: string; version: string } | undefined {
    return this.#select.get(namespace, key, this.#clock.now()) as
      | { json: string; version: string }
      | undefined;
  }

  #put(namespace: string, key: string, json: string, options?: KeepOptions): string {
    const version = this.#nextVersion();
    const expiresAt = options?.ttlMs === undefined ? null : this.#clock.now() + options.ttlMs;
    this.#upsert.run(namespace, key, json, version, expiresAt);
    return version;
  }
}
