import { statSync } from 'node:fs';

/**
 * Whether the files of a database are still those that were opened. SQLite goes on in files that were
 * deleted, replaced or moved, and nobody finds again what it writes there.
 *
 * @see SQLite's page "How To Corrupt An SQLite Database File", on unlinking and renaming
 */
export class SameFiles {
  readonly #files: readonly string[];
  readonly #opened: readonly (string | null)[];

  /** @param file - Which is open, and was written to: its log is there as well. */
  constructor(file: string) {
    this.#files = [file, `${file}-wal`];
    this.#opened = this.#files.map(identityOf);
  }

  /** Asks anew. */
  get areThere(): boolean {
    return this.#files.every((file, i) => identityOf(file) === this.#opened[i]);
  }
}

function identityOf(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`;
}
