// What a durable turn cannot do without, with libsql alone: a row a turn, whose id is its mark, a record
// of each step before and after, a mark when it is over; and one commit for all that is written in a
// round of the event loop. No order, no locks, no history, no retries, nothing is read.
import Database from 'libsql';

/** The least of a store of turns. */
export class BareRows {
  #db;
  #add;
  #save;
  #end;
  #mark;
  /** @type {{ run: () => void, resolve: () => void }[]} */
  #writes = [];

  /** @param {string} file */
  constructor(file) {
    const db = new Database(file);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.exec(`CREATE TABLE turns (id TEXT PRIMARY KEY, message TEXT, progress TEXT) WITHOUT ROWID;
             CREATE TABLE marks (id TEXT PRIMARY KEY, until INTEGER) WITHOUT ROWID`);
    this.#db = db;
    this.#add = db.prepare('INSERT INTO turns (id, message) VALUES (?, ?)');
    this.#save = db.prepare('UPDATE turns SET progress = ? WHERE id = ?');
    this.#end = db.prepare('DELETE FROM turns WHERE id = ?');
    this.#mark = db.prepare('INSERT INTO marks (id, until) VALUES (?, ?)');
  }

  /** @param {string} id @param {object} message */
  async add(id, message) {
    const json = JSON.stringify(message);
    await this.#write(() => this.#add.run([id, json]));
  }

  /** @param {string} id @param {readonly object[]} steps */
  async save(id, steps) {
    const json = JSON.stringify(steps);
    await this.#write(() => this.#save.run([json, id]));
  }

  /** @param {string} id */
  async end(id) {
    await this.#write(() => {
      this.#end.run([id]);
      this.#mark.run([id, Date.now()]);
    });
  }

  /** @param {() => void} run @returns {Promise<void>} */
  #write(run) {
    return new Promise((resolve) => {
      if (this.#writes.push({ run, resolve }) === 1) setImmediate(() => this.#commit());
    });
  }

  #commit() {
    const writes = this.#writes;
    this.#writes = [];
    this.#db.exec('BEGIN IMMEDIATE');
    for (const { run } of writes) run();
    this.#db.exec('COMMIT');
    for (const { resolve } of writes) resolve();
  }
}
