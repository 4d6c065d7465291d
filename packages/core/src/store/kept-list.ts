import type { JsonValue } from '../message/json.ts';

/** What was added at a time. */
interface Batch {
  /** The items, as one JSON array: nobody changes it from outside, and one text takes less than several. */
  json: string;
  size: number;
}

/** What a batch takes beside its text, counted as characters. */
const BATCH_COST = 60;

/** A list at rest. */
export class KeptList {
  /** When its time is over. */
  expiresAt = 0;
  /** The number of the last item. */
  count = 0;
  /** How many items there are. */
  length = 0;
  /** What it takes up, about. */
  characters = 0;

  /** The oldest first. */
  readonly #batches: Batch[] = [];
  /** How many items of the oldest batch are dropped already. */
  #dropped = 0;

  /**
   * Adds items at the end, and drops the oldest above `maxItems` and `maxCharacters`: all of them where
   * the last one is too long by itself.
   */
  add(items: readonly JsonValue[], maxItems: number, maxCharacters: number): void {
    const json = JSON.stringify(items);
    if (json.length > maxCharacters && items.length > 1) {
      for (const item of items) this.add([item], maxItems, maxCharacters);
      return;
    }
    this.#batches.push({ json, size: items.length });
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
    for (const { json, size } of this.#batches) {
      end += size;
      if (end <= from) continue;
      const all = JSON.parse(json) as JsonValue[];
      const first = Math.max(from + items.length - (end - size), 0);
      items.push(...all.slice(first, first + limit - items.length));
      if (items.length >= limit) break;
    }
    return items;
  }

  #drop(count: number): void {
    this.length -= count;
    this.#dropped += count;
    for (let [oldest] = this.#batches; oldest !== undefined; [oldest] = this.#batches) {
      if (oldest.size > this.#dropped) return;
      this.#dropped -= oldest.size;
      this.#forget();
    }
  }

  #dropBatch(): void {
    const [oldest] = this.#batches;
    if (oldest !== undefined) this.#drop(oldest.size - this.#dropped);
  }

  #forget(): void {
    const oldest = this.#batches.shift();
    if (oldest !== undefined) this.characters -= BATCH_COST + oldest.json.length;
  }
}
