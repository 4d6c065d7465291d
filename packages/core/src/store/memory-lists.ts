import type { Clock } from '../clock.ts';
import type { JsonValue } from '../message/json.ts';
import type { KeyedLists, ListOptions, NumberedItem } from './contract.ts';
import { placeOf } from './place.ts';

/** A list at rest: each item as JSON text, so that nobody changes it from outside. */
interface Kept {
  items: string[];
  /** The number of the last item. */
  count: number;
  characters: number;
  expiresAt: number;
}

/** What an item takes beside its text, counted as characters. */
const ITEM_COST = 60;

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
  #young = new Map<string, Kept>();
  #old = new Map<string, Kept>();
  /** Of the young generation. */
  #characters = 0;

  constructor(clock: Clock, maxCharacters: number) {
    this.#clock = clock;
    this.#maxCharacters = maxCharacters / 2;
  }

  last(namespace: string, key: string, count: number): JsonValue[] {
    if (count <= 0) return [];
    const items = this.#find(placeOf(namespace, key))?.items ?? [];
    return items.slice(-count).map((json) => JSON.parse(json) as JsonValue);
  }

  after(namespace: string, key: string, number: number, limit: number): NumberedItem[] {
    const { items = [], count = 0 } = this.#find(placeOf(namespace, key)) ?? {};
    const dropped = count - items.length;
    const from = Math.max(0, number - dropped);
    return items.slice(from, from + Math.max(0, limit)).map((json, index) => ({
      number: dropped + from + index + 1,
      value: JSON.parse(json) as JsonValue,
    }));
  }

  append(
    namespace: string,
    key: string,
    items: readonly JsonValue[],
    { maxItems, ttlMs }: ListOptions,
  ): number {
    if (items.length === 0) return 0;
    const place = placeOf(namespace, key);
    const known = this.#find(place);
    const kept = known ?? { items: [], count: 0, characters: 0, expiresAt: 0 };
    const young = this.#young.get(place);
    const isYoung = young === kept;
    // Also one whose time is over, and which this one takes the place of.
    const others = this.#characters - (young?.characters ?? 0);
    for (const item of items) {
      const json = JSON.stringify(item);
      kept.items.push(json);
      kept.characters += ITEM_COST + json.length;
    }
    kept.count += items.length;
    while (kept.items.length > maxItems || kept.characters > this.#maxCharacters) {
      kept.characters -= ITEM_COST + (kept.items.shift()?.length ?? 0);
    }
    kept.expiresAt = this.#clock.now() + ttlMs;
    this.#characters = others + kept.characters;
    if (this.#characters > this.#maxCharacters) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = kept.characters;
    } else if (isYoung) return kept.count;
    this.#young.set(place, kept);
    return kept.count;
  }

  /** Forgets everything. */
  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#characters = 0;
  }

  #find(place: string): Kept | undefined {
    const kept = this.#young.get(place) ?? this.#old.get(place);
    return kept === undefined || kept.expiresAt <= this.#clock.now() ? undefined : kept;
  }
}
