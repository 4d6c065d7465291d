import type { Added, AddTurnOptions, Clock, NewTurn } from '@trunkline/core';
import type Database from 'libsql';
import type { Batch } from './batch.ts';
import type { Marks } from './marks.ts';
import { nameOf, placeOf } from './place.ts';
import { apart, changesOf, RowStatement, type Param, type Ran } from './rows.ts';
import { toColumn } from './text.ts';
import { Together } from './together.ts';

/** A turn to add. */
interface NewRow {
  place: number;
  name: number;
  turn: NewTurn;
  options: AddTurnOptions;
}

/** Turns that come in: many in one statement. */
export class Adds {
  readonly #clock: Clock;
  readonly #marks: Marks;
  readonly #together: Together<NewRow, Added>;
  readonly #insert: RowStatement;
  readonly #isAfter: Database.Statement;

  constructor(db: Database.Database, batch: Batch, clock: Clock, marks: Marks) {
    this.#clock = clock;
    this.#marks = marks;
    this.#insert = new RowStatement(
      db,
      8,
      (
        values,
      ) => `INSERT OR IGNORE INTO turns (place, name, marked_until, conversation, id, message, stamp)
       SELECT column1, column2, column3, column4, column5, column6,
         iif(column7 IS NULL, NULL, (SELECT json FROM stored_values
          WHERE namespace = column7 AND key = column4 AND (expires_at IS NULL OR expires_at > ?1)))
       FROM (${values})
       WHERE NOT EXISTS (SELECT 1 FROM marks WHERE place = column1 AND name = column2 AND expires_at > ?1)
         AND (SELECT count(*) FROM turns WHERE place = column1) < column8`,
    );
    this.#isAfter = db.prepare(
      'SELECT seq > ? AS is_after FROM turns WHERE place = ? AND name = ?',
    );
    // How many turns a conversation has, a statement sees only before its own.
    this.#together = new Together(batch, (rows) =>
      apart(rows, ({ place }) => place).flatMap((part) => this.#run(part)),
    );
  }

  /** See {@link StoredTurns.add}. */
  add(turn: NewTurn, options: AddTurnOptions): Promise<Added> {
    const place = placeOf(turn.conversation);
    return this.#together.write({ place, name: nameOf(turn.id), turn, options });
  }

  #run(rows: readonly NewRow[]): Added[] {
    const now = this.#clock.now();
    const calls = this.#insert.run(
      rows.map((row) => columnsOf(row, now)),
      now,
    );
    if (changesOf(calls) === rows.length) return rows.map(() => 'added');
    return calls.flatMap((call) =>
      rows.slice(call.from, call.to).map((row) => this.#find(row, call)),
    );
  }

  /** What became of a row, where not all of its call became turns. */
  #find({ place, name }: NewRow, { changes, last }: Ran): Added {
    // What a call inserts comes after all that there was, one after the other.
    const before = changes === 0 ? Number.MAX_SAFE_INTEGER : last - changes;
    const row = this.#isAfter.get([before, place, name]) as { is_after: number } | undefined;
    if (row !== undefined) return row.is_after === 1 ? 'added' : 'unfinished';
    return this.#marks.has(place, name) ? 'finished' : 'full';
  }
}

function columnsOf({ place, name, turn, options }: NewRow, now: number): Param[] {
  const { conversation, id, message } = turn;
  const { markTtlMs, maxTurns, stampOf } = options;
  const texts = [toColumn(conversation), toColumn(id), toColumn(message)];
  const namespace = stampOf === undefined ? null : toColumn(stampOf);
  return [place, name, now + markTtlMs, ...texts, namespace, maxTurns];
}
