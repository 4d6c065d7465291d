import type { Clock } from '@trunkline/core';
import type Database from 'libsql';
import { fromColumn } from './text.ts';

/** How many turns are read at a time: the event loop waits for each such page. */
const PAGE_SIZE = 500;

/** When to read again what could not be read, in milliseconds. */
const RETRY_MS = 1_000;

/** What is read of a turn. */
interface Row {
  seq: number;
  conversation: string | ArrayBuffer;
}

/** The last turn in the file, as its place in the order of all of them; 0 if there is none. */
export function lastTurnOf(db: Database.Database): number {
  const row = db.prepare('SELECT max(seq) AS last FROM turns').get() as { last: number | null };
  return row.last ?? 0;
}

/** What an earlier owner of the file, or a tool, has left. What comes later is its adder's to handle. */
export class Stranded {
  readonly #clock: Clock;
  readonly #last: number;
  readonly #select: Database.Statement;
  readonly #watchers = new Set<(conversation: string) => void>();
  #isClosed = false;

  /** @param last - The last turn that was in the file when it was opened. */
  constructor(db: Database.Database, clock: Clock, last: number) {
    this.#clock = clock;
    this.#last = last;
    this.#select = db.prepare(
      `SELECT seq, conversation FROM turns
       WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ${PAGE_SIZE}`,
    );
  }

  /** Names each conversation once, the one that has waited longest first. Returns what ends it. */
  watch(onStranded: (conversation: string) => void): () => void {
    const watcher = (conversation: string): void => onStranded(conversation);
    this.#watchers.add(watcher);
    const named = new Set<string>();
    let isOver = this.#last === 0;
    const read = (from: number): void => {
      if (isOver || this.#isClosed) return;
      const rows = this.#read(from);
      if (rows === null) {
        this.#clock.after(RETRY_MS, () => read(from));
        return;
      }
      for (const row of rows) {
        const conversation = fromColumn(row.conversation);
        if (isOver || named.has(conversation)) continue;
        named.add(conversation);
        onStranded(conversation);
      }
      const last = rows[PAGE_SIZE - 1];
      if (last !== undefined) setImmediate(() => read(last.seq));
    };
    setImmediate(() => read(0));
    return () => {
      isOver = true;
      this.#watchers.delete(watcher);
    };
  }

  /** Whether somebody hears what is named. */
  get isHeard(): boolean {
    return this.#watchers.size > 0 && !this.#isClosed;
  }

  /** Names a conversation whose turns nobody else is going to handle. */
  name(conversation: string): void {
    if (this.#isClosed) return;
    for (const watcher of this.#watchers) watcher(conversation);
  }

  /** Ends all of it. */
  close(): void {
    this.#isClosed = true;
  }

  #read(from: number): Row[] | null {
    try {
      return this.#select.all(from, this.#last) as Row[];
    } catch {
      // The next write says what is wrong with the file, to somebody who can be told.
      return null;
    }
  }
}
