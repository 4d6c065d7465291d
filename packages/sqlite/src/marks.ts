import type { Clock } from '@trunkline/core';
import type Database from 'libsql';
import { BEAT_MS, SLICES } from './owner.ts';
import { PLACES } from './place.ts';
import { RowStatement } from './rows.ts';

/** The marks of finished turns. All of it happens within a write. */
export class Marks {
  readonly #clock: Clock;
  readonly #exists: Database.Statement;
  readonly #keep: RowStatement;
  readonly #removeExpired: Database.Statement;
  #slice: number;

  constructor(db: Database.Database, clock: Clock) {
    this.#clock = clock;
    this.#exists = db.prepare(
      'SELECT 1 FROM marks WHERE place = ? AND name = ? AND expires_at > ?',
    );
    this.#keep = new RowStatement(
      db,
      2,
      (values) => `INSERT OR REPLACE INTO marks (place, name, expires_at)
       SELECT place, name, marked_until FROM turns
       WHERE marked_until > ?1 AND (place, name) IN (${values})`,
    );
    this.#removeExpired = db.prepare(
      'DELETE FROM marks WHERE place >= ? AND place < ? AND expires_at <= ?',
    );
    // Not the first: a process that is restarted every few minutes gets round, too.
    this.#slice = Math.floor(clock.now() / BEAT_MS) % SLICES;
  }

  /** Whether a turn was there, and is finished. */
  has(place: number, name: number): boolean {
    return this.#exists.get(place, name, this.#clock.now()) !== undefined;
  }

  /** Keeps the marks of turns that are about to be removed, each until its time is over. */
  keep(turns: readonly (readonly [place: number, name: number])[]): void {
    this.#keep.run(turns, this.#clock.now());
  }

  /** Removes what has expired in the next slice. */
  sweep(): void {
    const from = Math.floor((this.#slice / SLICES) * PLACES);
    this.#slice = (this.#slice + 1) % SLICES;
    const to = this.#slice === 0 ? PLACES : Math.floor((this.#slice / SLICES) * PLACES);
    this.#removeExpired.run(from, to, this.#clock.now());
  }
}
