import type { Clock } from '../clock.ts';
import type { JsonValue } from '../message/json.ts';
import type { KeyedLists, ListOptions, NumberedItem } from './contract.ts';
import { KeptList } from './kept-list.ts';
import { ListPool } from './list-pool.ts';
import { ownText } from './own-text.ts';

/** What is to be kept for longer is kept apart from what is not, in milliseconds. */
const LONG_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Keyed lists in memory, bounded over all of them: those of a day or so, what was said above all, and
 * apart from them those that are to last, so that no talk pushes out where people are reached.
 */
export class MemoryLists implements KeyedLists {
  readonly #clock: Clock;
  readonly #short: ListPool;
  readonly #long: ListPool;

  /** @param maxCharacters - Of the short-lived ones, and as many of the others. */
  constructor(clock: Clock, maxCharacters: number) {
    this.#clock = clock;
    this.#short = new ListPool(maxCharacters);
    this.#long = new ListPool(maxCharacters);
  }

  append(
    namespace: string,
    key: string,
    items: readonly JsonValue[],
    { maxItems, ttlMs }: ListOptions,
  ): number {
    if (items.length === 0) return 0;
    const now = this.#clock.now();
    const own = ttlMs > LONG_MS ? this.#long : this.#short;
    const other = own === this.#long ? this.#short : this.#long;
    // It stays where it began.
    const inOwn = own.find(namespace, key);
    const inOther = inOwn === undefined ? other.find(namespace, key) : undefined;
    const known = inOwn ?? inOther;
    const pool = inOther === undefined ? own : other;
    const list = known === undefined || known.expiresAt <= now ? new KeptList(ownText(key)) : known;
    pool.keep(namespace, list, () => {
      list.add(items, maxItems, pool.maxCharacters);
      list.expiresAt = now + ttlMs;
    });
    return list.count;
  }

  last(namespace: string, key: string, count: number): JsonValue[] {
    const list = this.#find(namespace, key);
    if (list === undefined || count <= 0) return [];
    return list.read(Math.max(0, list.length - count), count);
  }

  after(namespace: string, key: string, number: number, limit: number): NumberedItem[] {
    const list = this.#find(namespace, key);
    if (list === undefined || limit <= 0) return [];
    const dropped = list.count - list.length;
    const from = Math.max(0, number - dropped);
    return list
      .read(from, limit)
      .map((value, index) => ({ number: dropped + from + index + 1, value }));
  }

  /** Forgets everything. */
  clear(): void {
    this.#short.clear();
    this.#long.clear();
  }

  #find(namespace: string, key: string): KeptList | undefined {
    const list = this.#short.find(namespace, key) ?? this.#long.find(namespace, key);
    return list === undefined || list.expiresAt <= this.#clock.now() ? undefined : list;
  }
}
