import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { cannotOpen, explain, newerSchema } from './errors.ts';
import { transaction } from './transaction.ts';

/** How long SQLite waits for a tool that writes beside us, in milliseconds. */
const BUSY_MS = 5_000;

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
];

/** Opens the file, makes it where it is missing, and brings it up to date. */
export function openDatabase(file: string): Database.Database {
  let db: Database.Database;
  try {
    mkdirSync(dirname(file), { recursive: true });
    db = new Database(file, { timeout: BUSY_MS });
  } catch (error) {
    throw cannotOpen(file, error);
  }
  try {
    db.pragma('journal_mode = WAL');
    // A commit that was acknowledged survives the loss of power, not only of the process.
    db.pragma('synchronous = FULL');
    transaction(db, () => migrate(db, file));
    return db;
  } catch (error) {
    db.close();
    throw explain(file, error);
  }
}

function migrate(db: Database.Database, file: string): void {
  const row = db.prepare('PRAGMA user_version').get() as { user_version: number };
  const version = row.user_version;
  if (version > MIGRATIONS.length) throw newerSchema(file);
  for (const migration of MIGRATIONS.slice(version)) db.exec(migration);
  db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
}
