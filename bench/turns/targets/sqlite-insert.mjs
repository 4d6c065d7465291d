// The floor under SQLite: a prepared INSERT, a transaction for every 32. `sqlite-insert.mjs <folder>`.
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import Database from 'libsql';
import { ready } from '../../harness/target.mjs';
import { Messages, PRODUCERS } from '../messages.mjs';
import { measureAccepts } from '../meter.mjs';

const [folder = ''] = process.argv.slice(2);
const db = new Database(join(folder, `insert-${process.pid}.db`));
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('CREATE TABLE turns (seq INTEGER PRIMARY KEY, conversation TEXT, id TEXT, message TEXT)');
const insert = db.prepare('INSERT INTO turns (conversation, id, message) VALUES (?, ?, ?)');
const messages = new Messages();

/** @param {number} count */
async function hand(count) {
  /** @type {number[]} */
  const latenciesMs = [];
  while (latenciesMs.length < count) {
    const startedAt = performance.now();
    db.exec('BEGIN IMMEDIATE');
    for (let i = 0; i < PRODUCERS; i++) {
      const message = messages.next();
      insert.run(message.senderId, message.messageId, JSON.stringify(message));
    }
    db.exec('COMMIT');
    const tookMs = performance.now() - startedAt;
    for (let i = 0; i < PRODUCERS; i++) latenciesMs.push(tookMs);
    await setImmediate();
  }
  return latenciesMs;
}

const after = async () => void db.exec('DELETE FROM turns');

const accepts = (/** @type {{ durationMs: number }} */ { durationMs }) =>
  measureAccepts(durationMs, { hand, after });

ready(null, { accepts, profiled: accepts });
