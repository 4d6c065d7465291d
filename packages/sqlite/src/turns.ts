import type {
  Added,
  AddTurnOptions,
  Clock,
  LocalLocks,
  Lock,
  MaybePromise,
  NewTurn,
  StoredTurn,
  StoredTurns,
  TurnChanges,
} from '@trunkline/core';
import type Database from 'libsql';
import { Adds } from './adds.ts';
import type { Batch } from './batch.ts';
import { Commits } from './commits.ts';
import { countOf } from './count.ts';
import type { Connections } from './database.ts';
import { lostLock } from './errors.ts';
import type { KeptJson } from './kept-json.ts';
import type { SqliteLists } from './lists.ts';
import { Marks } from './marks.ts';
import { placeOf } from './place.ts';
import type { Reads } from './reads.ts';
import { Stranded } from './stranded.ts';
import { fromColumn, toColumn } from './text.ts';
import type { SqliteValues } from './values.ts';

/** The conversations that tools have added turns to, for the owner of the file. */
const HANDED_OVER = 'sqlite:handed-over';

/** A turn at rest, a column after the other: objects are half as dear again to get. */
type TurnRow = [
  conversation: string | ArrayBuffer,
  id: string | ArrayBuffer,
  message: string | ArrayBuffer,
  stamp: string | null,
  progress: string | ArrayBuffer | null,
];

/** What turns are made with. */
export interface SqliteTurnsOptions {
  reads: Reads;
  kept: KeptJson;
  locks: LocalLocks;
  values: SqliteValues;
  lists: SqliteLists;
  /** The last turn that was in the file when it was opened; `null` for a tool, whose file it is not. */
  lastTurn: number | null;
}

/** Deferred turns as rows: an unfinished one is one row, a finished one its mark. */
export class SqliteTurns implements StoredTurns {
  readonly #batch: Batch;
  readonly #options: SqliteTurnsOptions;
  readonly #marks: Marks;
  readonly #stranded: Stranded;
  readonly #adds: Adds;
  readonly #commits: Commits;
  readonly #select: Database.Statement;
  readonly #selectFirst: Database.Statement;
  readonly #selectApart: Database.Statement;

  constructor(
    { writer, reader }: Connections,
    batch: Batch,
    clock: Clock,
    options: SqliteTurnsOptions,
  ) {
    this.#batch = batch;
    this.#options = options;
    this.#marks = new Marks(writer, clock);
    this.#adds = new Adds(writer, batch, clock, this.#marks);
    this.#commits = new Commits(writer, batch, { ...options, marks: this.#marks });
    this.#stranded = new Stranded(reader, clock, options.lastTurn ?? 0);
    const prepare = (sql: string): Database.Statement => reader.prepare(sql).raw();
    const select = 'SELECT conversation, id, message, stamp, progress FROM turns';
    // The index alone says which are the first of a place: the conversation is in the rows, and to ask for
    // it looks up every row that waits.
    this.#select = prepare(
      `${select} WHERE seq IN (SELECT seq FROM turns WHERE place = ? ORDER BY seq LIMIT ?)
       ORDER BY seq`,
    );
    // A statement of its own: where one was gone through, libsql's `get` takes no new parameters.
    this.#selectFirst = prepare(
      `${select} WHERE seq = (SELECT min(seq) FROM turns WHERE place = ?)`,
    );
    // Where a place is shared.
    this.#selectApart = prepare(
      `${select} WHERE place = ? AND conversation = ? ORDER BY seq LIMIT ?`,
    );
  }

  async add(turn: NewTurn, options: AddTurnOptions): Promise<Added> {
    const { lastTurn, values } = this.#options;
    const added = this.#adds.add(turn, options);
    if (lastTurn !== null) return await added;
    // In the same round, and so in the same commit.
    const handedOver = values.set(HANDED_OVER, turn.conversation, null);
    return (await Promise.all([added, handedOver]))[0];
  }

  /** At once, like all that is only read: the file is at hand. */
  waiting(conversation: string, limit: number): MaybePromise<StoredTurn[]> {
    if (limit <= 0) return [];
    return this.#options.reads.read(() => {
      const place = placeOf(conversation);
      const count = countOf(limit);
      const turns =
        count === 1 ? this.#firstOf(place) : this.#opened(this.#select.all(place, count));
      if (turns.every((turn) => turn.conversation === conversation)) return turns;
      return this.#opened(this.#selectApart.all(place, toColumn(conversation), count));
    });
  }

  async commit(lock: Lock, changes: TurnChanges): Promise<boolean> {
    const done = await this.#commits.make(lock, changes);
    if (done === null) throw lostLock();
    return done;
  }

  watch(onStranded: (conversation: string) => void): () => void {
    return this.#stranded.watch(onStranded);
  }

  /** Names the conversations that tools have added turns to. */
  async takeOver(): Promise<void> {
    const { values } = this.#options;
    if (!this.#stranded.isHeard) return;
    for await (const { key } of values.entries(HANDED_OVER)) {
      // Forgotten first: what a tool adds while somebody looks is named again. A crash in between loses
      // nothing, since the next owner looks through all turns.
      try {
        await values.delete(HANDED_OVER, key);
      } finally {
        this.#stranded.name(key);
      }
    }
  }

  /** To ask for one row is half as dear as to go through the rows. */
  #firstOf(place: number): StoredTurn[] {
    const row = this.#selectFirst.get([place]);
    return row === undefined ? [] : this.#opened([row]);
  }

  /** Removes marks that nobody will ask for any more. */
  async sweep(): Promise<void> {
    await this.#batch.write(() => this.#marks.sweep());
  }

  /** Names nobody any more. */
  close(): void {
    this.#stranded.close();
  }

  #opened(rows: readonly unknown[]): StoredTurn[] {
    const { kept } = this.#options;
    // As the queries have them.
    return (rows as TurnRow[]).map(([key, id, message, stamp, progress]) => {
      const conversation = fromColumn(key);
      const place = (): string => `a turn of "${conversation}"`;
      return {
        conversation,
        id: fromColumn(id),
        message: fromColumn(message),
        progress: progress === null ? null : fromColumn(progress),
        stamp: stamp === null ? null : (kept.read(stamp, place) ?? null),
      };
    });
  }
}
