import type Database from 'libsql';

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
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
