import type {
  Added,
  AddTurnOptions,
  Clock,
  JsonValue,
  LocalLocks,
  Lock,
  NewTurn,
  StoredTurn,
  StoredTurns,
  TurnChanges,
} from '@trunkline/core';
import type Database from 'libsql';
import type { Batch } from './batch.ts';
import { lostLock } from './errors.ts';
import type { SqliteLists } from './lists.ts';
import { Marks } from './marks.ts';
import { nameOf, placeOf } from './place.ts';
import { Stranded } from './stranded.ts';
import { fromColumn, toColumn } from './text.ts';
import type { SqliteValues } from './values.ts';

/** The conversations that tools have added turns to, for the owner of the file. */
const HANDED_OVER = 'sqlite:handed-over';

/** A turn at rest. */
interface TurnRow {
  conversation: string | ArrayBuffer;
  id: string | ArrayBuffer;
  message: string | ArrayBuffer;
  stamp: string | null;
  progress: string | ArrayBuffer | null;
}

/** What turns are made with. */
export interface SqliteTurnsOptions {
  explain: (error: unknown) => unknown;
  locks: LocalLocks;
  values: SqliteValues;
  lists: SqliteLists;
  /** The last turn that was in the file when it was opened; `null` for a tool, whose file it is not. */
  lastTurn: number | null;
}

/** Deferred turns as rows: an unfinished one is one row, a finished one its mark. */
export class SqliteTurns implements StoredTurns {
  readonly #batch: Batch;
  readonly #clock: Clock;
  readonly #options: SqliteTurnsOptions;
  readonly #marks: Marks;
  readonly #stranded: Stranded;
  readonly #insert: Database.Statement;
  readonly #exists: Database.Statement;
  readonly #select: Database.Statement;
  readonly #save: Database.Statement;
  readonly #remove: Database.Statement;

  constructor(db: Database.Database, batch: Batch, clock: Clock, options: SqliteTurnsOptions) {
    this.#batch = batch;
    this.#clock = clock;
    this.#options = options;
    this.#marks = new Marks(db, clock);
    this.#stranded = new Stranded(db, clock, options.lastTurn ?? 0);
    const isAt = 'place = ? AND name = ?';
    // One statement for what nearly always happens: what a statement costs is mostly its call.
    this.#insert = db.prepare(
      `INSERT OR IGNORE INTO turns (place, name, marked_until, conversation, id, message, stamp)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6,
         (SELECT json FROM stored_values
          WHERE namespace = ?7 AND key = ?4 AND (expires_at IS NULL OR expires_at > ?8))
       WHERE NOT EXISTS (SELECT 1 FROM marks WHERE place = ?1 AND name = ?2 AND expires_at > ?8)
         AND (SELECT count(*) FROM turns WHERE place = ?1) < ?9`,
    );
    this.#exists = db.prepare(`SELECT 1 FROM turns WHERE ${isAt}`);
    this.#select = db.prepare(
      `SELECT conversation, id, message, stamp, progress FROM turns
       WHERE seq IN (SELECT seq FROM turns WHERE place = ? AND conversation = ? ORDER BY seq LIMIT ?)
       ORDER BY seq`,
    );
    this.#save = db.prepare(`UPDATE turns SET progress = ? WHERE ${isAt}`);
    this.#remove = db.prepare(`DELETE FROM turns WHERE ${isAt}`);
  }

  async add(turn: NewTurn, { markTtlMs, maxTurns, stampOf }: AddTurnOptions): Promise<Added> {
    const place = placeOf(turn.conversation);
    const name = nameOf(turn.id);
    const columns = [turn.conversation, turn.id, turn.message].map(toColumn);
    const namespace = stampOf === undefined ? null : toColumn(stampOf);
    const { lastTurn, values } = this.#options;
    const added = this.#batch.write<Added>(() => {
      const now = this.#clock.now();
      const rest = [now + markTtlMs, ...columns, namespace, now, maxTurns];
      if (this.#insert.run(place, name, ...rest).changes === 1) return 'added';
      if (this.#exists.get(place, name) !== undefined) return 'unfinished';
      return this.#marks.has(place, name) ? 'finished' : 'full';
    });
    if (lastTurn !== null) return await added;
    // In the same round, and so in the same commit.
    const handedOver = values.set(HANDED_OVER, turn.conversation, null);
    return (await Promise.all([added, handedOver]))[0];
  }

  async waiting(conversation: string, limit: number): Promise<StoredTurn[]> {
    if (limit <= 0) return [];
    try {
      const place = placeOf(conversation);
      const rows = this.#select.all(place, toColumn(conversation), limit) as TurnRow[];
      return rows.map(open);
    } catch (error) {
      throw this.#options.explain(error);
    }
  }

  async commit(lock: Lock, changes: TurnChanges): Promise<boolean> {
    const { write, append } = changes;
    const json = write && JSON.stringify(write.value);
    const items = append?.items.map((item) => JSON.stringify(item));
    const done = await this.#batch.write(() => this.#commit(lock, changes, json, items));
    if (done === null) throw lostLock();
    return done;
  }

  watch(onStranded: (conversation: string) => void): () => void {
    return this.#stranded.watch(onStranded);
  }

  /** Names the conversations that tools have added turns to. */
  async takeOver(): Promise<void> {
    const { values } = this.#options;
    for await (const { key } of values.entries(HANDED_OVER)) {
      if (this.#stranded.name(key)) await values.delete(HANDED_OVER, key);
    }
  }

  /** Removes marks that nobody will ask for any more. */
  async sweep(): Promise<void> {
    await this.#batch.write(() => this.#marks.sweep());
  }

  /** Names nobody any more. */
  close(): void {
    this.#stranded.close();
  }

  /** `null` where nothing was changed. It must not throw for that: others share the transaction. */
  #commit(
    lock: Lock,
    { save, remove = [], write, append }: TurnChanges,
    json: string | undefined,
    items: readonly string[] | undefined,
  ): boolean | null {
    const { locks, values, lists } = this.#options;
    if (!locks.holds(lock)) return null;
    const place = placeOf(lock.key);
    if (save !== undefined) {
      const { changes } = this.#save.run(toColumn(save.progress), place, nameOf(save.id));
      if (changes === 0) return null;
    }
    for (const id of remove) {
      const name = nameOf(id);
      this.#marks.keep(place, name);
      this.#remove.run(place, name);
    }
    if (append && items) lists.add(append.namespace, lock.key, items, append);
    if (!write || json === undefined) return true;
    return values.replace(write.namespace, lock.key, write.expected, json, write) !== null;
  }
}

function open({ conversation, id, message, stamp, progress }: TurnRow): StoredTurn {
  return {
    conversation: fromColumn(conversation),
    id: fromColumn(id),
    message: fromColumn(message),
    progress: progress === null ? null : fromColumn(progress),
    stamp: stamp === null ? null : (JSON.parse(stamp) as JsonValue),
  };
}
