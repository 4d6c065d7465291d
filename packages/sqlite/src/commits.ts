import type { LocalLocks, Lock, TurnChanges } from '@trunkline/core';
import type Database from 'libsql';
import type { Batch } from './batch.ts';
import type { SqliteLists } from './lists.ts';
import type { Marks } from './marks.ts';
import { nameOf, placeOf } from './place.ts';
import { apart, changesOf, RowStatement, type Param } from './rows.ts';
import { toColumn } from './text.ts';
import { Together } from './together.ts';
import type { SqliteValues } from './values.ts';

/** What commits change beside the turns. */
export interface CommitParts {
  locks: LocalLocks;
  values: SqliteValues;
  lists: SqliteLists;
  marks: Marks;
}

/** A commit with everything written down. */
interface Commit {
  lock: Lock;
  changes: TurnChanges;
  /** The value to write, as JSON text. */
  value: string | undefined;
  items: readonly string[];
}

/** Changes to conversations by those who hold their locks: many in one transaction. */
export class Commits {
  readonly #parts: CommitParts;
  readonly #together: Together<Commit, boolean | null>;
  readonly #save: RowStatement;
  readonly #remove: RowStatement;

  constructor(db: Database.Database, batch: Batch, parts: CommitParts) {
    this.#parts = parts;
    this.#save = new RowStatement(
      db,
      3,
      (values) => `UPDATE turns SET progress = column3
       FROM (${values}) WHERE place = column1 AND name = column2`,
    );
    this.#remove = new RowStatement(
      db,
      2,
      (values) => `DELETE FROM turns WHERE (place, name) IN (${values})`,
    );
    // What is done to one conversation is done one after the other.
    this.#together = new Together(batch, (commits) =>
      apart(commits, ({ lock }) => lock.key).flatMap((part) => this.#run(part)),
    );
  }

  /** See {@link StoredTurns.commit}. Resolves to `null` where nothing was changed. */
  async make(lock: Lock, changes: TurnChanges): Promise<boolean | null> {
    const { write, append } = changes;
    const value = write && JSON.stringify(write.value);
    const items = append?.items.map((item) => JSON.stringify(item)) ?? [];
    return await this.#together.write({ lock, changes, value, items });
  }

  /** Commits of different conversations. They must not throw for one that has lost its lock. */
  #run(commits: readonly Commit[]): (boolean | null)[] {
    const held = new Set(commits.filter(({ lock }) => this.#parts.locks.holds(lock)));
    const saves = [...held].flatMap(savesOf);
    if (saves.length > 0 && changesOf(this.#save.run(saves)) < saves.length) {
      // The turn of one of them is not there. To save twice what is there does no harm.
      if (commits.length === 1) return [null];
      return commits.flatMap((commit) => this.#run([commit]));
    }
    this.#removeAll([...held]);
    this.#appendAll([...held]);
    return commits.map((commit) => (held.has(commit) ? this.#write(commit) : null));
  }

  #removeAll(commits: readonly Commit[]): void {
    const removed = commits.flatMap(({ lock, changes: { remove = [] } }) =>
      remove.map((id) => [placeOf(lock.key), nameOf(id)] as const),
    );
    this.#parts.marks.keep(removed);
    this.#remove.run(removed);
  }

  #appendAll(commits: readonly Commit[]): void {
    const additions = commits.flatMap(({ lock, changes: { append }, items }) => {
      if (append === undefined) return [];
      const { namespace, maxItems, ttlMs } = append;
      return [{ namespace, key: lock.key, items, maxItems, ttlMs }];
    });
    this.#parts.lists.add(additions);
  }

  /** Whether its value could be written; so it is where there is none. */
  #write({ lock, changes: { write }, value }: Commit): boolean {
    if (write === undefined || value === undefined) return true;
    const { namespace, expected } = write;
    return this.#parts.values.replace(namespace, lock.key, expected, value, write) !== null;
  }
}

function savesOf({ lock, changes: { save } }: Commit): Param[][] {
  if (save === undefined) return [];
  return [[placeOf(lock.key), nameOf(save.id), toColumn(save.progress)]];
}
