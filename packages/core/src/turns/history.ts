import type { Clock } from '../clock.ts';
import { whenThere, type MaybePromise } from '../maybe-promise.ts';
import type { JsonObject } from '../message/json.ts';
import type { KeyedLists, TurnChanges } from '../store/contract.ts';
import { wholeNumbers } from './limits.ts';

/** Something that was said in a conversation. */
export interface HistoryEntry {
  /** Who said it. */
  role: 'user' | 'assistant';
  /** The text. What has none is given as a text channel would show it. */
  text: string;
  /** When, in milliseconds since 1970. */
  at: number;
}

/** How much of what was said is kept. */
export interface HistoryOptions {
  /** Entries a conversation. 0 keeps none. @defaultValue 50 */
  maxEntries?: number;
  /** Milliseconds that an entry is kept. @defaultValue 24 hours */
  maxAgeMs?: number;
}

const DEFAULTS: Required<HistoryOptions> = {
  maxEntries: 50,
  maxAgeMs: 24 * 60 * 60 * 1000,
};

const NAMESPACE = 'history';

/** What was said lately, in the store. */
export class History {
  readonly #lists: KeyedLists;
  readonly #clock: Clock;
  readonly #options: Required<HistoryOptions>;

  constructor(lists: KeyedLists, clock: Clock, options: HistoryOptions = {}) {
    this.#lists = lists;
    this.#clock = clock;
    this.#options = wholeNumbers('history', DEFAULTS, options);
  }

  /** What adds to a conversation's history; nothing where none is kept. */
  additions(entries: readonly HistoryEntry[]): TurnChanges['append'] {
    const { maxEntries, maxAgeMs } = this.#options;
    if (maxEntries === 0 || maxAgeMs === 0 || entries.length === 0) return undefined;
    // An entry is JSON, which the compiler does not see of an interface.
    const items = entries as unknown as readonly JsonObject[];
    return { namespace: NAMESPACE, items, maxItems: maxEntries, ttlMs: maxAgeMs };
  }

  /** All that is kept, the oldest first. Copies. */
  all(key: string): MaybePromise<HistoryEntry[]> {
    return this.last(key, this.#options.maxEntries);
  }

  /** The last `count` entries, the oldest first. Copies. */
  last(key: string, count: number): MaybePromise<HistoryEntry[]> {
    if (count <= 0) return [];
    const oldest = this.#clock.now() - this.#options.maxAgeMs;
    return whenThere(this.#lists.last(NAMESPACE, key, count), (items) =>
      (items as unknown as HistoryEntry[]).filter((entry) => entry.at > oldest),
    );
  }
}
