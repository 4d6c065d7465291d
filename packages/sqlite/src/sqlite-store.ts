import { resolve } from 'node:path';
import {
  LocalLocks,
  systemClock,
  type Clock,
  type KeyedValues,
  type Lock,
  type LockOptions,
  type Store,
} from '@trunkline/core';
import type Database from 'libsql';
import { Batch } from './batch.ts';
import { openDatabase } from './database.ts';
import { explain, lostFile } from './errors.ts';
import { BEAT_MS, Owner } from './owner.ts';
import { SqliteValues } from './values.ts';

/** Options of a {@link SqliteStore}. */
export interface SqliteStoreOptions {
  /** The file; it and its folder are made where they are missing. */
  file: string;
  /** Time. @defaultValue the machine's */
  clock?: Clock;
}

/** How many fences an owner of the file may give out before they meet those of the next. */
const FENCES = 2 ** 32;

/**
 * A store in one file, for one server process. What was stored is on the disk when the promise
 * resolves, and survives the process and the machine.
 *
 * The file belongs to one process at a time; tools may read beside it. A process that died without
 * closing it is noticed, and the next one takes over.
 *
 * @see SQLite's pages on WAL and on `PRAGMA synchronous`
 */
export class SqliteStore implements Store {
  /** {@inheritDoc @trunkline/core#Store.name} */
  readonly name = 'sqlite';
  /** {@inheritDoc @trunkline/core#Store.durable} */
  readonly durable = true;
  /** {@inheritDoc @trunkline/core#Store.values} */
  readonly values: KeyedValues;

  readonly #db: Database.Database;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #owner: Owner;
  readonly #batch: Batch;
  readonly #values: SqliteValues;
  readonly #locks: LocalLocks;
  #cancelBeat: () => void;

  /**
   * @throws ConfigurationError - the file belongs to another server, is damaged, cannot be written,
   *   or was written by a newer version.
   */
  constructor(options: SqliteStoreOptions) {
    this.#file = resolve(options.file);
    this.#clock = options.clock ?? systemClock;
    this.#db = openDatabase(this.#file);
    try {
      this.#owner = Owner.take(this.#db, this.#file, this.#clock);
    } catch (error) {
      this.#db.close();
      throw explain(this.#file, error);
    }
    const { generation } = this.#owner;
    const explained = (error: unknown): unknown => explain(this.#file, error);
    let versions = 0;
    const check = (): void => {
      if (!this.#owner.holds()) throw lostFile(this.#file);
    };
    this.#batch = new Batch(this.#db, check, explained);
    this.#values = new SqliteValues(this.#db, this.#batch, this.#clock, {
      explain: explained,
      nextVersion: () => `${generation}.${++versions}`,
    });
    this.values = this.#values;
    this.#locks = new LocalLocks(generation * FENCES);
    this.#cancelBeat = this.#clock.after(BEAT_MS, () => this.#beat());
  }

  /** {@inheritDoc @trunkline/core#Store.lock} */
  lock(key: string, options?: LockOptions): Promise<Lock> {
    return this.#locks.take(key, options);
  }

  /** {@inheritDoc @trunkline/core#Store.ready} */
  async ready(): Promise<void> {
    await this.#batch.write(() => this.#owner.beat());
  }

  /** {@inheritDoc @trunkline/core#Store.close} */
  async close(): Promise<void> {
    this.#cancelBeat();
    await this.#batch.empty();
    try {
      this.#owner.release();
    } catch (error) {
      throw explain(this.#file, error);
    } finally {
      this.#db.close();
    }
  }

  /** Shows that the owner is there, and clears away what has expired. */
  #beat(): void {
    // A disk that is full now may have room at the next beat; `ready` tells meanwhile.
    Promise.all([this.#batch.write(() => this.#owner.beat()), this.#values.sweep()]).catch(
      () => {},
    );
    this.#cancelBeat = this.#clock.after(BEAT_MS, () => this.#beat());
  }
}
