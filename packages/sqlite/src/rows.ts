import type Database from 'libsql';

/** What a column is set to, or compared with. */
export type Param = string | number | Buffer | null;

/** How many rows one call takes at most. A power of two. */
const MOST = 64;

/** What became of the rows of one call. */
export interface Ran {
  /** Which of the rows they are: from, and up to but not with. */
  readonly from: number;
  readonly to: number;
  /** How many rows of the table were changed. */
  readonly changes: number;
  /** The last row that was inserted, if one was. */
  readonly last: number;
}

/**
 * A statement that does many rows in few calls: what a statement costs is mostly its call. There is one
 * prepared for each power of two, made when it is first needed.
 */
export class RowStatement {
  readonly #db: Database.Database;
  readonly #sql: (values: string) => string;
  readonly #row: string;
  readonly #prepared = new Map<number, Database.Statement>();

  /**
   * @param width - How many columns a row has.
   * @param sql - The statement around `VALUES (…), (…)`, whose columns SQLite calls `column1` and so on.
   *   It may use one more parameter, `?1`, if it does so before them.
   */
  constructor(db: Database.Database, width: number, sql: (values: string) => string) {
    this.#db = db;
    this.#sql = sql;
    this.#row = `(${Array(width).fill('?').join(', ')})`;
  }

  /** Runs it. `first` is `?1`, if there is one. */
  run(rows: readonly (readonly Param[])[], first?: Param): Ran[] {
    return this.#inParts(rows, first, (statement, params, from, to) => {
      const { changes, lastInsertRowid } = statement.run(params);
      return { from, to, changes, last: Number(lastInsertRowid) };
    });
  }

  /** Runs it as a query that has one row of one column, `found`, for each call. */
  get(rows: readonly (readonly Param[])[]): string[] {
    return this.#inParts(rows, undefined, (statement, params) => {
      // As the query has it.
      return (statement.get(params) as { found: string }).found;
    });
  }

  #inParts<T>(
    rows: readonly (readonly Param[])[],
    first: Param | undefined,
    call: (statement: Database.Statement, params: Param[], from: number, to: number) => T,
  ): T[] {
    const done: T[] = [];
    let size = MOST;
    for (let from = 0; from < rows.length; from += size) {
      while (size > rows.length - from) size /= 2;
      const params: Param[] = first === undefined ? [] : [first];
      for (let i = from; i < from + size; i++) params.push(...(rows[i] ?? []));
      done.push(call(this.#of(size), params, from, from + size));
    }
    return done;
  }

  #of(size: number): Database.Statement {
    const known = this.#prepared.get(size);
    if (known !== undefined) return known;
    const values = `VALUES ${Array(size).fill(this.#row).join(', ')}`;
    const statement = this.#db.prepare(this.#sql(values));
    this.#prepared.set(size, statement);
    return statement;
  }
}

/** How many rows were changed by all calls. */
export function changesOf(calls: readonly Ran[]): number {
  return calls.reduce((sum, { changes }) => sum + changes, 0);
}

/**
 * Cuts what is done together where a key comes again: a statement does not see what it has done itself
 * to the rows before.
 */
export function apart<T>(items: readonly T[], keyOf: (item: T) => unknown): T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let keys = new Set<unknown>();
  for (const item of items) {
    const key = keyOf(item);
    if (part.length === 0 || keys.has(key)) {
      part = [];
      keys = new Set();
      parts.push(part);
    }
    keys.add(key);
    part.push(item);
  }
  return parts;
}
