import { againOf } from './client.ts';
import type { Process } from './process.ts';
import { ENTER } from './scripts/line.ts';

/** A ticket on its way into its line. */
export interface Entry {
  /** What it is called in Redis. */
  readonly id: string;
  /** Redis's answer: the fence if it holds the lock, else 0. */
  readonly resolve: (fence: unknown) => void;
  /** There is no answer. */
  readonly reject: (error: unknown) => void;
}

/**
 * Tickets of this very moment. Each waits until whoever has taken it has done what he does next: a turn
 * that he adds to the conversation takes the ticket along, in one command.
 */
export class Entries {
  readonly #process: Process;
  readonly #waiting = new Map<string, Entry>();

  constructor(process: Process) {
    this.#process = process;
  }

  /** Gets a ticket into its line. Those of one key get there in the order of the calls. */
  ask(key: string, id: string): Promise<unknown> {
    this.flush(key);
    return new Promise((resolve, reject) => {
      this.#waiting.set(key, { id, resolve, reject });
      if (this.#waiting.size === 1) queueMicrotask(() => this.#flushAll());
    });
  }

  /** Hands a ticket over to who sends it at once with something else. */
  take(key: string): Entry | null {
    const entry = this.#waiting.get(key) ?? null;
    this.#waiting.delete(key);
    return entry;
  }

  /** Sends a ticket that waits. */
  flush(key: string): void {
    const entry = this.take(key);
    if (entry === null) return;
    const { link, keys, timing, id: process } = this.#process;
    const names = [...keys.line(key), keys.shared(keys.partitionOf(key), 'alive')];
    const args = [entry.id, key, process, timing.leaseMs];
    link
      .send((client, isAgain) => ENTER.run(client, names, [...args, againOf(client, isAgain)]))
      .then(entry.resolve, entry.reject);
  }

  #flushAll(): void {
    for (const key of this.#waiting.keys()) this.flush(key);
  }
}
