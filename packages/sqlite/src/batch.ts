import type Database from 'libsql';
import type { Reads } from './reads.ts';
import { transactionBeside } from './transaction.ts';

/** How many rounds of the event loop a commit waits at most while each of them brings more to write. */
const MOST_ROUNDS = 4;

/** One write that waits for its commit. */
interface Write {
  run: () => unknown;
  resolve: (result: never) => void;
  reject: (error: unknown) => void;
}

/** What a batch works with. */
export interface BatchOptions {
  /** Called at the beginning of each commit; what it throws, the commit's writes reject with. */
  check: () => void;
  /** Makes what SQLite throws understood. */
  explain: (error: unknown) => unknown;
  /** Who is to see what was committed, before anybody is told of it. */
  reads: Reads;
}

/**
 * Writes that share a commit: those asked for while the commit before is under way, and in the rounds of
 * the event loop after it, until one of them brings nothing. A commit is what costs, a write in it next
 * to nothing. All of a commit is there afterwards, or none of it.
 *
 * The disk is waited for beside the event loop (see docs/decisions/0006-commits-beside.md).
 */
export class Batch {
  readonly #db: Database.Database;
  readonly #options: BatchOptions;
  #writes: Write[] = [];
  /** How many writes were ever asked for. */
  #asked = 0;
  /** Until nothing waits for its commit any more; `null` where nothing does. */
  #working: Promise<void> | null = null;

  /** @param db - The connection that nobody else works with while something waits here. */
  constructor(db: Database.Database, options: BatchOptions) {
    this.#db = db;
    this.#options = options;
  }

  /** What is asked for now shares a commit with all that finds the same here. */
  get round(): unknown {
    return this.#writes;
  }

  /** One more shares the write that it finds here. */
  joined(): void {
    this.#asked++;
  }

  /** Resolves to what `run` returns, when it is committed. `run` must not throw on purpose. */
  write<T>(run: () => T): Promise<T> {
    this.#asked++;
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
    for (await this.#gather(); this.#writes.length > 0; await this.#gather()) await this.#flush();
    this.#working = null;
  }

  /** Waits for what comes now: turns that were told of a commit write again once their platform has answered. */
  async #gather(): Promise<void> {
    let asked: number;
    let rounds = 0;
    do {
      asked = this.#asked;
      await nextRound();
    } while (this.#asked > asked && ++rounds < MOST_ROUNDS);
  }

  async #flush(): Promise<void> {
    const { check, explain, reads } = this.#options;
    const writes = this.#writes;
    this.#writes = [];
    // Who still reads what was there before keeps SQLite from emptying its log.
    reads.renew();
    let results: unknown[];
    try {
      results = await transactionBeside(this.#db, () => {
        check();
        return writes.map(({ run }) => run());
      });
    } catch (thrown) {
      const error = explain(thrown);
      for (const write of writes) write.reject(error);
      return;
    } finally {
      reads.renew();
    }
    writes.forEach(({ resolve }, i) => resolve(results[i] as never));
  }
}

function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
