import type Database from 'libsql';
import AsyncDatabase from 'libsql/promise';

/**
 * Does the work in one transaction: all of it is stored, or none. Instead of libsql's own
 * `transaction()`, which hides why a commit failed when SQLite has rolled it back already, as it
 * does on a full disk.
 */
export function transaction<T>(db: Database.Database, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

/**
 * The same, and the commit happens beside the event loop, which goes on while the disk is waited for.
 * Nobody MUST work with the connection meanwhile.
 */
export async function transactionBeside<T>(db: Database.Database, work: () => T): Promise<T> {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    await commitBeside(db);
    return result;
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

/** libsql's two classes are faces of one handle: the one prepares at once, the other commits beside. */
function commitBeside(db: Database.Database): Promise<void> {
  return AsyncDatabase.prototype.exec.call(db, 'COMMIT') as Promise<void>;
}

function rollBack(db: Database.Database): void {
  if (db.inTransaction) db.exec('ROLLBACK');
}
