import type Database from 'libsql';
import { transactionBeside } from './transaction.ts';

/** One write that waits for its commit. */
interface Write {
  run: () => unknown;
  resolve: (result: never) => void;
  reject: (error: unknown) => void;
}

/**
 * Writes that share a commit: the ones that are asked for in one round of the event loop, and while the
 * commit before is under way. A commit is what costs, a write in it next to nothing. All of a commit is
 * there afterwards, or none of it.
 *
 * The disk is waited for beside the event loop (see docs/decisions/0006-commits-beside.md).
 */
export class Batch {
  readonly #db: Database.Database;
  readonly #check: () => void;
  readonly #explain: (error: unknown) => unknown;
  #writes: Write[] = [];
  /** Until nothing waits for its commit any more; `null` where nothing does. */
  #working: Promise<void> | null = null;

  /**
   * @param db - The connection that nobody else works with while something waits here.
   * @param check - Called at the beginning of each commit; what it throws, the commit's writes reject with.
   * @param explain - Makes what SQLite throws understood.
   */
  constructor(db: Database.Database, check: () => void, explain: (error: unknown) => unknown) {
    this.#db = db;
    this.#check = check;
    this.#explain = explain;
  }

  /** What is asked for now shares a commit with all that finds the same here. */
  get round(): unknown {
    return this.#writes;
  }

  /** Resolves to what `run` returns, when it is committed. `run` must not throw on purpose. */
  write<T>(run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#writes.push({ run, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when nothing waits for its commit any more. */
  async empty(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  async #work(): Promise<void> {
    // What was told of a commit may have more to write: that goes into the next one.
    for (await nextRound(); this.#writes.length > 0; await nextRound()) await this.#flush();
    this.#working = null;
  }

  async #flush(): Promise<void> {
    const writes = this.#writes;
    this.#writes = [];
    let results: unknown[];
    try {
      results = await transactionBeside(this.#db, () => {
        this.#check();
        return writes.map(({ run }) => run());
      });
    } catch (thrown) {
      const error = this.#explain(thrown);
      for (const write of writes) write.reject(error);
      return;
    }
    writes.forEach(({ resolve }, i) => resolve(results[i] as never));
  }
}

function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
