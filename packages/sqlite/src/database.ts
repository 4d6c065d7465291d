import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { cannotOpen, explainAtStart, newerSchema } from './errors.ts';
import { transaction } from './transaction.ts';

/**
 * How long SQLite waits for a tool that writes beside us, in milliseconds. The whole process waits
 * meanwhile, and a store rejects within 2 seconds.
 */
const BUSY_MS = 1_500;

/**
 * How many pages of 4 KB the log may have before it is written into the file, which the process waits
 * for. Each page is written once then, however often it was changed; SQLite's own 1,000 are full in a
 * fraction of a second.
 */
const CHECKPOINT_PAGES = 4_000;

/** A file that is open. */
export interface Connections {
  /** Writes, and reads within what it writes. Only the batch works with it. */
  writer: Database.Database;
  /** Reads what is committed, also while the writer commits. */
  reader: Database.Database;
}

/**
 * What takes a file from each version to the next. Only ever added to: files of every version are
 * out there.
 */
const MIGRATIONS = [
  `CREATE TABLE owner (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     token TEXT NOT NULL,
     pid INTEGER NOT NULL,
     host TEXT NOT NULL,
     started TEXT,
     seen_at INTEGER NOT NULL,
     generation INTEGER NOT NULL
   );
   CREATE TABLE stored_values (
     namespace TEXT NOT NULL,
     key TEXT NOT NULL,
     json TEXT NOT NULL,
     version TEXT NOT NULL,
     expires_at INTEGER,
     PRIMARY KEY (namespace, key)
   ) WITHOUT ROWID;
   CREATE INDEX stored_values_by_expiry ON stored_values (expires_at) WHERE expires_at IS NOT NULL;`,

  // An unfinished turn marks its own id; the mark gets a row when the turn is finished. `place` and
  // `name` are numbers made of the conversation and the id (see place.ts): small, for the marks of
  // two days are millions. They have no index by expiry, which would double them: their sweep walks
  // through all of them, a slice at a time.
  `CREATE TABLE turns (
     seq INTEGER PRIMARY KEY,
     place INTEGER NOT NULL,
     name INTEGER NOT NULL,
     marked_until INTEGER NOT NULL,
     conversation TEXT NOT NULL,
     id TEXT NOT NULL,
     message TEXT NOT NULL,
     stamp TEXT,
     progress TEXT
   );
   CREATE UNIQUE INDEX turns_by_place ON turns (place, name);
   CREATE TABLE marks (
     place INTEGER NOT NULL,
     name INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     PRIMARY KEY (place, name)
   ) WITHOUT ROWID;
   CREATE TABLE lists (
     id INTEGER PRIMARY KEY,
     namespace TEXT NOT NULL,
     key TEXT NOT NULL,
     next_seq INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     UNIQUE (namespace, key)
   );
   CREATE INDEX lists_by_expiry ON lists (expires_at);
   CREATE TABLE list_items (
     list INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     json TEXT NOT NULL,
     PRIMARY KEY (list, seq)
   ) WITHOUT ROWID;`,

  // Their sweep walks through all of them, too: each item that was added moved its list in this index.
  `DROP INDEX lists_by_expiry;`,
];

/**
 * Opens the file, makes it where it is missing, and brings it up to date.
 *
 * @param mayChange - Called before a file of an earlier version is changed; what it throws ends it.
 */
export function openDatabase(
  file: string,
  mayChange: (db: Database.Database) => void,
): Connections {
  let writer: Database.Database;
  try {
    makeFile(file);
    writer = new Database(file, { timeout: BUSY_MS });
  } catch (error) {
    throw cannotOpen(file, error);
  }
  try {
    writer.pragma('journal_mode = WAL');
    // A commit that was acknowledged survives the loss of power, not only of the process.
    writer.pragma('synchronous = FULL');
    writer.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    transaction(writer, () => migrate(writer, file, mayChange));
    const reader = new Database(file, { timeout: BUSY_MS });
    reader.pragma('query_only = ON');
    return { writer, reader };
  } catch (error) {
    writer.close();
    throw explainAtStart(file, error);
  }
}

/**
 * Makes the file where it is missing, for nobody else to read: what people write is in it. SQLite gives
 * its log the same permissions.
 */
function makeFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  try {
    // One that is there is not opened: to close it would end the locks that SQLite has on it in this process.
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * Writes what is in the log into the file: who stops the server and keeps a copy of the file has all of
 * it. libsql lets go of a connection only when its statements are collected, which SQLite waits for
 * with clearing up the log.
 */
export function emptyLog({ writer }: Connections): void {
  try {
    // A tool that reads an earlier state keeps some of it in the log; nobody waits for that.
    writer.pragma('busy_timeout = 0');
    writer.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // On a full disk it stays in the log, where the next one finds it.
  }
}

/** Lets go of the file. */
export function closeDatabase({ writer, reader }: Connections): void {
  // The last to go clears up what SQLite keeps beside the file, which a reader may not.
  reader.close();
  writer.close();
}

function migrate(
  db: Database.Database,
  file: string,
  mayChange: (db: Database.Database) => void,
): void {
  const row = db.prepare('PRAGMA user_version').get() as { user_version: number };
  const version = row.user_version;
  if (version > MIGRATIONS.length) throw newerSchema(file);
  if (version > 0 && version < MIGRATIONS.length) mayChange(db);
  for (const migration of MIGRATIONS.slice(version)) db.exec(migration);
  db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
}
