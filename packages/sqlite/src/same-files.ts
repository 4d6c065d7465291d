import { statSync } from 'node:fs';

/**
 * Whether the files of a database are still those that were opened. SQLite goes on in files that were
 * deleted, replaced or moved, and nobody finds again what it writes there.
 *
 * @see SQLite's page "How To Corrupt An SQLite Database File", on unlinking and renaming
 */
export class SameFiles {
  readonly #files: readonly string[];
  readonly #opened: readonly Identity[];

  /** @param file - Which is open, and was written to: its log is there as well. */
  constructor(file: string) {
    this.#files = [file, `${file}-wal`];
    this.#opened = this.#files.map(identityOf);
  }

  /** Asks anew. Where the system does not say, a folder may not be looked into say, they count as there. */
  get areThere(): boolean {
    return this.#files.every((file, i) => {
      const found = identityOf(file);
      return found === undefined || found === this.#opened[i];
    });
  }
}

/** `null` of what is not there, `undefined` where that cannot be told. */
type Identity = string | null | undefined;

function identityOf(file: string): Identity {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat === undefined ? null : `${stat.dev}:${stat.ino}`;
  } catch {
    return undefined;
  }
}
