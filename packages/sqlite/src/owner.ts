import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '@trunkline/core';
import type Database from 'libsql';
import { alreadyOwned } from './errors.ts';
import { transaction } from './transaction.ts';

/** How often the owner says that it is there, in milliseconds. */
export const BEAT_MS = 10_000;

/** In how many beats all that is kept is looked through for what has expired: in an hour. */
export const SLICES = 360;

/** How long an owner on another machine may be silent before it counts as gone, in milliseconds. */
const SILENT_MS = 3 * BEAT_MS;

/** The row that says whose file it is. */
interface OwnerRow {
  token: string;
  pid: number;
  host: string;
  /** When the process began, where the system tells: ids of processes are used again. */
  started: string | null;
  seen_at: number;
  generation: number;
}

/** Tokens of this process's own stores: a row with our process id and another token is a dead one's. */
const ours = new Set<string>();

/** Who the file belongs to, for as long as it does. */
export class Owner {
  /** Counts the owners that the file has had. */
  readonly generation: number;

  readonly #db: Database.Database;
  readonly #clock: Clock;
  readonly #token: string;
  readonly #held: Database.Statement;
  readonly #beat: Database.Statement;

  private constructor(db: Database.Database, clock: Clock, token: string, generation: number) {
    this.#db = db;
    this.#clock = clock;
    this.#token = token;
    this.#held = db.prepare('SELECT 1 FROM owner WHERE token = ?');
    this.#beat = db.prepare('UPDATE owner SET seen_at = ? WHERE token = ?');
    this.generation = generation;
  }

  /** @throws ConfigurationError - the file belongs to a server that is running. */
  static check(db: Database.Database, file: string, clock: Clock): OwnerRow | undefined {
    const row = db.prepare('SELECT * FROM owner').get() as OwnerRow | undefined;
    if (row !== undefined && !isGone(row, clock.now())) throw alreadyOwned(file, row.pid, row.host);
    return row;
  }

  /** Takes the file. @throws ConfigurationError - it belongs to a server that is running. */
  static take(db: Database.Database, file: string, clock: Clock): Owner {
    const token = randomUUID();
    const generation = transaction(db, () => {
      const row = Owner.check(db, file, clock);
      const next = (row?.generation ?? 0) + 1;
      db.prepare(
        `INSERT OR REPLACE INTO owner (id, token, pid, host, started, seen_at, generation)
         VALUES (1, ?, ?, ?, ?, ?, ?)`,
      ).run(token, process.pid, hostname(), startOf(process.pid), clock.now(), next);
      return next;
    });
    ours.add(token);
    return new Owner(db, clock, token, generation);
  }

  /** Whether the file is still this owner's. */
  holds(): boolean {
    return this.#held.get(this.#token) !== undefined;
  }

  /** Says that the owner is still there. */
  beat(): void {
    this.#beat.run(this.#clock.now(), this.#token);
  }

  /** Gives the file to whoever comes next. The generation stays. */
  release(): void {
    ours.delete(this.#token);
    this.#db.prepare('UPDATE owner SET pid = 0, seen_at = 0 WHERE token = ?').run(this.#token);
  }
}

/** Whether an owner has given the file up, or died without doing so. */
function isGone(row: OwnerRow, now: number): boolean {
  if (row.pid === 0) return true;
  if (row.host !== hostname()) return row.seen_at < now - SILENT_MS;
  if (row.pid === process.pid) return !ours.has(row.token);
  return !isAlive(row.pid) || row.started !== startOf(row.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, in the system's ticks; `null` where the system does not tell. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; what follows is separated by spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
