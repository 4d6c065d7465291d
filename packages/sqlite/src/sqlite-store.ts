import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  LocalLocks,
  LocalSignals,
  systemClock,
  type Clock,
  type KeyedLists,
  type KeyedValues,
  type Lock,
  type LockOptions,
  type MaybePromise,
  type Signals,
  type Store,
  type StoredTurns,
} from '@trunkline/core';
import { Batch } from './batch.ts';
import { closeDatabase, emptyLog, openDatabase, type Connections } from './database.ts';
import {
  closed,
  explain,
  explainAtStart,
  lostFile,
  movedFile,
  noFile,
  noLocksBeside,
} from './errors.ts';
import { KeptJson } from './kept-json.ts';
import { SqliteLists } from './lists.ts';
import { BEAT_MS, Owner } from './owner.ts';
import { Reads } from './reads.ts';
import { SameFiles } from './same-files.ts';
import { lastTurnOf } from './stranded.ts';
import { SqliteTurns } from './turns.ts';
import { SqliteValues } from './values.ts';

/** Options of a {@link SqliteStore}. */
export interface SqliteStoreOptions {
  /** The file; it and its folder are made where they are missing. */
  file: string;
  /**
   * Whether this is a tool that works beside the server whose file it is: it takes no locks, and the
   * turns that it adds are the server's to handle, within 10 seconds or as soon as there is one. The file
   * must be there.
   *
   * @defaultValue `false`
   */
  beside?: boolean;
  /** Time. @defaultValue the machine's */
  clock?: Clock;
}

/** How many fences an owner of the file may give out before they meet those of the next. */
const FENCES = 2 ** 32;

/**
 * A store in one file, for one server process. What was stored is on the disk when the promise
 * resolves, and survives the process and the machine.
 *
 * The file belongs to one process at a time; tools may work beside it. A process that died without
 * closing it is noticed, and the next one takes over.
 *
 * @see SQLite's pages on WAL and on `PRAGMA synchronous`
 */
export class SqliteStore implements Store {
  /** {@inheritDoc @trunkline/core#Store.name} */
  readonly name = 'sqlite';
  /** {@inheritDoc @trunkline/core#Store.durable} */
  readonly durable = true;
  /** {@inheritDoc @trunkline/core#Store.shared} */
  readonly shared = false;
  /** {@inheritDoc @trunkline/core#Store.values} */
  readonly values: KeyedValues;
  /** {@inheritDoc @trunkline/core#Store.lists} */
  readonly lists: KeyedLists;
  /** {@inheritDoc @trunkline/core#Store.turns} */
  readonly turns: StoredTurns;
  /** {@inheritDoc @trunkline/core#Store.signals} */
  readonly signals: Signals = new LocalSignals();

  readonly #connections: Connections;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #owner: Owner | null;
  readonly #reads: Reads;
  readonly #batch: Batch;
  readonly #locks: LocalLocks;
  readonly #values: SqliteValues;
  readonly #lists: SqliteLists;
  readonly #turns: SqliteTurns;
  /** What is being cleared away. */
  readonly #beingSwept = new Set<unknown>();
  #cancelBeat: () => void;
  /** Nothing new begins. */
  #isClosed = false;
  /** The file is let go of. */
  #isOver = false;

  /**
   * @throws ConfigurationError - the file belongs to another server, is damaged, cannot be written,
   *   or was written by a newer version.
   */
  constructor(options: SqliteStoreOptions) {
    this.#file = resolve(options.file);
    this.#clock = options.clock ?? systemClock;
    const isTool = options.beside === true;
    if (isTool && !existsSync(this.#file)) throw noFile(this.#file);
    // A server that runs on an earlier version must not have its file changed under it.
    const connections = openDatabase(this.#file, (db) => Owner.check(db, this.#file, this.#clock));
    this.#connections = connections;
    const taken = isTool ? null : this.#take();
    const owner = taken?.owner ?? null;
    this.#owner = owner;
    // What fails afterwards fails because of that.
    const explained = (error: unknown): unknown =>
      this.#isOver ? closed() : explain(this.#file, error);
    const reads = new Reads(connections.reader, explained);
    this.#reads = reads;
    let versions = 0;
    const files = new SameFiles(this.#file);
    const check = (): void => {
      if (!files.areThere) throw movedFile(this.#file);
      if (owner?.holds() === false) throw lostFile(this.#file);
    };
    this.#batch = new Batch(connections.writer, { check, explain: explained, reads });
    this.#locks = new LocalLocks((owner?.generation ?? 0) * FENCES);
    const by = owner?.generation ?? randomUUID();
    const kept = new KeptJson((what) => process.emitWarning(`${this.#file}: ${what}`));
    this.#values = new SqliteValues(connections, this.#batch, this.#clock, {
      reads,
      kept,
      nextVersion: () => `${by}.${++versions}`,
    });
    this.#lists = new SqliteLists(connections, this.#batch, this.#clock, { reads, kept });
    this.#turns = new SqliteTurns(connections, this.#batch, this.#clock, {
      reads,
      kept,
      locks: this.#locks,
      values: this.#values,
      lists: this.#lists,
      lastTurn: taken?.lastTurn ?? null,
    });
    this.values = this.#values;
    this.lists = this.#lists;
    this.turns = this.#turns;
    this.#cancelBeat = isTool ? () => {} : this.#clock.after(BEAT_MS, () => this.#beat());
  }

  /** {@inheritDoc @trunkline/core#Store.lock} */
  lock(key: string, options?: LockOptions): MaybePromise<Lock> {
    if (this.#owner === null) return Promise.reject(noLocksBeside(this.#file));
    if (this.#isOver) return Promise.reject(closed());
    return this.#locks.take(key, options);
  }

  /** {@inheritDoc @trunkline/core#Store.ready} */
  async ready(): Promise<void> {
    await this.#batch.write(() => this.#owner?.beat());
  }

  /** {@inheritDoc @trunkline/core#Store.close} */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelBeat();
    this.#turns.close();
    await this.#batch.empty();
    this.#reads.close();
    try {
      this.#owner?.release();
      if (this.#owner !== null) emptyLog(this.#connections);
    } catch (error) {
      throw explain(this.#file, error);
    } finally {
      this.#isOver = true;
      closeDatabase(this.#connections);
    }
  }

  /** Takes the file, and looks which turns its owner before has left. */
  #take(): { owner: Owner; lastTurn: number } {
    const db = this.#connections.writer;
    try {
      const owner = Owner.take(db, this.#file, this.#clock);
      try {
        return { owner, lastTurn: lastTurnOf(db) };
      } catch (error) {
        owner.release();
        throw error;
      }
    } catch (error) {
      closeDatabase(this.#connections);
      throw explainAtStart(this.#file, error);
    }
  }

  /** Shows that the owner is there, and clears away what has expired. */
  #beat(): void {
    // A disk that is full now may have room at the next beat; `ready` tells meanwhile.
    Promise.all([
      this.#batch.write(() => this.#owner?.beat()),
      this.#turns.takeOver(),
      this.#sweep(this.#values),
      this.#sweep(this.#lists),
      this.#turns.sweep(),
    ]).catch(() => {});
    this.#cancelBeat = this.#clock.after(BEAT_MS, () => this.#beat());
  }

  /** Clears away what has expired, a little in each commit: after days that may be all there is. */
  async #sweep(kept: SqliteValues | SqliteLists): Promise<void> {
    // Those of the beat before may still be at it.
    if (this.#beingSwept.has(kept)) return;
    this.#beingSwept.add(kept);
    try {
      while (!this.#isClosed && (await this.#batch.write(() => kept.sweep())));
    } finally {
      this.#beingSwept.delete(kept);
    }
  }
}
