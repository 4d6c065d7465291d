import type { JsonValue } from '../message/json.ts';
import { inOnePiece } from './own-text.ts';

/** What was added at a time. */
interface Batch {
  /** The items, as one JSON array: nobody changes it from outside, and one text takes less than several. */
  json: string;
  size: number;
}

/** What a batch takes beside its text, counted as characters. */
const BATCH_COST = 60;

/** In the place of one that was dropped. */
const NO_BATCH: Batch = { json: '', size: 0 };

/** How many of these there may be. */
const MAX_FORGOTTEN = 32;

/** A list at rest. */
export class KeptList {
  /** What it is kept under. */
  readonly key: string;
  /** When its time is over. */
  expiresAt = 0;
  /** The number of the last item. */
  count = 0;
  /** How many items there are. */
  length = 0;
  /** What it takes up, about. */
  characters = 0;

  /** The oldest first, from the index `first` on. */
  #batches: Batch[] = [];
  #first = 0;
  /** How many items of the oldest batch are dropped already. */
  #dropped = 0;

  constructor(key: string) {
    this.key = key;
  }

  /**
   * Adds items at the end, and drops the oldest above `maxItems` and `maxCharacters`: all of them where
   * the last one is too long by itself.
   */
  add(items: readonly JsonValue[], maxItems: number, maxCharacters: number): void {
    const json = inOnePiece(JSON.stringify(items));
    if (json.length > maxCharacters && items.length > 1) {
      for (const item of items) this.add([item], maxItems, maxCharacters);
      return;
    }
    const batch = { json, size: items.length };
    // Many lists have but one, of which a `push` would make room for sixteen more.
    if (this.#batches.length === 0) this.#batches = [batch];
    else this.#batches.push(batch);
    this.characters += BATCH_COST + json.length;
    this.count += items.length;
    this.length += items.length;
    if (this.length > maxItems) this.#drop(this.length - maxItems);
    while (this.characters > maxCharacters) this.#dropBatch();
  }

  /** The items from the index `from` on, up to `limit` of them: copies. */
  read(from: number, limit: number): JsonValue[] {
    const items: JsonValue[] = [];
    let end = -this.#dropped;
    for (let i = this.#first; i < this.#batches.length; i++) {
      const { json, size } = this.#at(i);
      end += size;
      if (end <= from) continue;
      const all = JSON.parse(json) as JsonValue[];
      const first = Math.max(from + items.length - (end - size), 0);
      items.push(...all.slice(first, first + limit - items.length));
      if (items.length >= limit) break;
    }
    return items;
  }

  #at(index: number): Batch {
    return this.#batches[index] ?? NO_BATCH;
  }

  #drop(count: number): void {
    this.length -= count;
    this.#dropped += count;
    while (this.#first < this.#batches.length && this.#at(this.#first).size <= this.#dropped) {
      this.#dropped -= this.#at(this.#first).size;
      this.#forget();
    }
  }

  #dropBatch(): void {
    this.#drop(this.#at(this.#first).size - this.#dropped);
  }

  /** To move all others up each time would cost a long list more than all else. */
  #forget(): void {
    this.characters -= BATCH_COST + this.#at(this.#first).json.length;
    this.#batches[this.#first++] = NO_BATCH;
    if (this.#first < MAX_FORGOTTEN && this.#first < this.#batches.length) return;
    this.#batches = this.#batches.slice(this.#first);
    this.#first = 0;
  }
}
