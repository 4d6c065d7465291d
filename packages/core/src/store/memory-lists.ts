import type { Clock } from '../clock.ts';
import type { JsonValue } from '../message/json.ts';
import type { KeyedLists, ListOptions, NumberedItem } from './contract.ts';
import { KeptList } from './kept-list.ts';
import { ownText } from './own-text.ts';

/** Lists by namespace and key. */
type Generation = Map<string, Map<string, KeptList>>;

/**
 * Keyed lists in memory, bounded over all of them.
 *
 * They are kept in two generations of half the characters each. What grows belongs to the young
 * one; when that is full it becomes the old one, and what is left of the old one is forgotten at a
 * stroke. To keep lists in the order in which they last grew would cost every turn more.
 */
export class MemoryLists implements KeyedLists {
  readonly #clock: Clock;
  readonly #maxCharacters: number;
  #young: Generation = new Map();
  #old: Generation = new Map();
  /** Of the young generation. */
  #characters = 0;

  constructor(clock: Clock, maxCharacters: number) {
    this.#clock = clock;
    this.#maxCharacters = maxCharacters / 2;
  }

  append(
    namespace: string,
    key: string,
    items: readonly JsonValue[],
    { maxItems, ttlMs }: ListOptions,
  ): number {
    if (items.length === 0) return 0;
    const now = this.#clock.now();
    const young = this.#young.get(namespace)?.get(key);
    const known = young ?? this.#old.get(namespace)?.get(key);
    const list = known === undefined || known.expiresAt <= now ? new KeptList(ownText(key)) : known;
    // Also of one whose time is over, and which this one takes the place of.
    const others = this.#characters - (young?.characters ?? 0);
    list.add(items, maxItems, this.#maxCharacters);
    list.expiresAt = now + ttlMs;
    this.#characters = others + list.characters;
    const isFull = this.#characters > this.#maxCharacters;
    if (isFull) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = list.characters;
    }
    if (isFull || list !== young) put(this.#young, namespace, list);
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
    this.#young.clear();
    this.#old.clear();
    this.#characters = 0;
  }

  #find(namespace: string, key: string): KeptList | undefined {
    const list = this.#young.get(namespace)?.get(key) ?? this.#old.get(namespace)?.get(key);
    return list === undefined || list.expiresAt <= this.#clock.now() ? undefined : list;
  }
}

function put(generation: Generation, namespace: string, list: KeptList): void {
  const lists = generation.get(namespace);
  if (lists === undefined) generation.set(namespace, new Map([[list.key, list]]));
  else lists.set(list.key, list);
}
