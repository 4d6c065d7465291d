import type { MaybePromise } from '@trunkline/core';
import type Database from 'libsql';
import { closed } from './errors.ts';

/**
 * Reads what is committed, at once: the file is at hand. What fails is a rejection all the same, and so
 * is what is asked of a store that is closed.
 *
 * What is read in one round of the event loop shares a transaction: SQLite locks the file for each, which
 * takes three times as long as to find a row. Who was told of a commit reads it.
 */
export class Reads {
  readonly #db: Database.Database;
  readonly #explain: (error: unknown) => unknown;
  #isBegun = false;
  #isClosed = false;

  /**
   * @param db - The connection that nobody else begins transactions on.
   * @param explain - Makes what SQLite throws understood.
   */
  constructor(db: Database.Database, explain: (error: unknown) => unknown) {
    this.#db = db;
    this.#explain = explain;
  }

  /** What a query comes to. */
  read<T>(query: () => T): MaybePromise<T> {
    if (this.#isClosed) return Promise.reject(closed());
    try {
      this.#begin();
      return query();
    } catch (error) {
      this.renew();
      return Promise.reject(this.#explain(error));
    }
  }

  /** What is read from now on is what is committed by now. */
  renew(): void {
    if (!this.#isBegun) return;
    this.#isBegun = false;
    try {
      this.#db.exec('COMMIT');
    } catch {
      // Where SQLite has ended it already, as it does where the disk fails.
    }
  }

  /** Nothing is read any more. */
  close(): void {
    this.renew();
    this.#isClosed = true;
  }

  #begin(): void {
    if (this.#isBegun) return;
    this.#db.exec('BEGIN');
    this.#isBegun = true;
    setImmediate(() => this.renew());
  }
}
