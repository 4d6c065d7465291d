import { systemClock, type Clock } from '../clock.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type {
  KeyedLists,
  KeyedValues,
  Lock,
  LockOptions,
  Signals,
  Store,
  StoredTurns,
} from './contract.ts';
import { LocalLocks } from './local-locks.ts';
import { LocalSignals } from './local-signals.ts';
import { MemoryLists } from './memory-lists.ts';
import { MemoryTurns } from './memory-turns.ts';
import { MemoryValues } from './memory-values.ts';

/** Options of a {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** Time. @defaultValue the machine's */
  clock?: Clock;
  /**
   * Characters of all lists, of what was said in conversations above all. The lists that did not grow
   * for longest go first. Those that are to last for more than a week, where people are reached above all,
   * are bounded apart, by the same number. @defaultValue 4,000,000
   */
  maxListCharacters?: number;
}

/**
 * Everything in this process's memory: nothing to install, nothing survives. For tests, and for
 * servers whose channels are live.
 */
export class MemoryStore implements Store {
  /** {@inheritDoc Store.name} */
  readonly name = 'memory';
  /** {@inheritDoc Store.durable} */
  readonly durable = false;
  /** {@inheritDoc Store.shared} */
  readonly shared = false;
  /** {@inheritDoc Store.values} */
  readonly values: KeyedValues;
  /** {@inheritDoc Store.lists} */
  readonly lists: KeyedLists;
  /** {@inheritDoc Store.turns} */
  readonly turns: StoredTurns;
  /** {@inheritDoc Store.signals} */
  readonly signals: Signals = new LocalSignals();

  readonly #locks = new LocalLocks();
  readonly #parts: { clear(): void }[];

  constructor({ clock = systemClock, maxListCharacters = 4_000_000 }: MemoryStoreOptions = {}) {
    const values = new MemoryValues(clock);
    const lists = new MemoryLists(clock, maxListCharacters);
    const turns = new MemoryTurns(clock, this.#locks, values, lists);
    this.values = values;
    this.lists = lists;
    this.turns = turns;
    this.#parts = [values, lists, turns];
  }

  /** {@inheritDoc Store.lock} */
  lock(key: string, options?: LockOptions): MaybePromise<Lock> {
    return this.#locks.take(key, options);
  }

  /** {@inheritDoc Store.ready} */
  async ready(): Promise<void> {}

  /** {@inheritDoc Store.close} */
  async close(): Promise<void> {
    for (const part of this.#parts) part.clear();
  }
}
