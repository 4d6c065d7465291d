import type {
  Clock,
  JsonValue,
  KeyedLists,
  ListOptions,
  MaybePromise,
  NumberedItem,
} from '@trunkline/core';
import type Database from 'libsql';
import type { Batch } from './batch.ts';
import { countOf } from './count.ts';
import type { Connections } from './database.ts';
import type { KeptJson } from './kept-json.ts';
import { SLICES } from './owner.ts';
import type { Reads } from './reads.ts';
import { apart, RowStatement, type Param } from './rows.ts';
import { toColumn } from './text.ts';
import { Together } from './together.ts';

/** How many lists one write of a sweep removes: the process waits for it, and a list may have hundreds of items. */
const SWEPT = 20;
/** Through how many lists it looks for them, and a sweep at least. */
const LOOKED_THROUGH = 2_000;

/** A list, without its items. */
interface ListRow {
  id: number;
  next: number;
  expiresAt: number;
}

/** What is added to a list; the items are JSON text. */
export interface Addition extends ListOptions {
  namespace: string;
  key: string;
  items: readonly string[];
}

/** Keyed lists: a row a list, and a row an item. An item's number is its `seq` + 1. */
export class SqliteLists implements KeyedLists {
  readonly #clock: Clock;
  readonly #reads: Reads;
  readonly #kept: KeptJson;
  readonly #together: Together<Addition, number>;
  readonly #select: RowStatement;
  readonly #insert: RowStatement;
  readonly #update: RowStatement;
  readonly #insertItems: RowStatement;
  readonly #removeItems: Database.Statement;
  readonly #selectItems: Database.Statement;
  readonly #selectLast: Database.Statement;
  readonly #selectEach: Database.Statement;
  readonly #selectAfter: Database.Statement;
  readonly #selectEnds: Database.Statement;
  readonly #removeExpiredItems: Database.Statement;
  readonly #removeExpired: Database.Statement;
  /** The last list that was looked at. */
  #lookedAt = 0;
  /** Through how many more this sweep looks; 0 between sweeps. */
  #toLookAt = 0;

  constructor(
    { writer, reader }: Connections,
    batch: Batch,
    clock: Clock,
    { reads, kept }: { reads: Reads; kept: KeptJson },
  ) {
    this.#clock = clock;
    this.#reads = reads;
    this.#kept = kept;
    this.#select = new RowStatement(
      writer,
      3,
      // One text for all of them, since each row that is read is a call. The join is as it is written:
      // one look at the index for each of the values.
      (values) => `SELECT json_group_array(json_array(column3, id, next_seq, expires_at)) AS found
       FROM (${values}) CROSS JOIN lists ON namespace = column1 AND key = column2`,
    );
    this.#insert = new RowStatement(
      writer,
      4,
      (values) => `INSERT INTO lists (namespace, key, next_seq, expires_at) ${values}`,
    );
    this.#update = new RowStatement(
      writer,
      3,
      (values) => `UPDATE lists SET next_seq = column2, expires_at = column3
       FROM (${values}) WHERE id = column1`,
    );
    this.#insertItems = new RowStatement(
      writer,
      3,
      (values) => `INSERT INTO list_items (list, seq, json) ${values}`,
    );
    this.#removeItems = writer.prepare('DELETE FROM list_items WHERE list = ? AND seq < ?');
    this.#selectItems = reader.prepare(
      `SELECT group_concat(json, ',' ORDER BY seq) AS items, count(*) AS count FROM (
         SELECT seq, json FROM list_items
         WHERE list = (SELECT id FROM lists WHERE namespace = ? AND key = ? AND expires_at > ?)
         ORDER BY seq DESC LIMIT ?)`,
    );
    // For the addresses: to sort one item costs more than to find it.
    this.#selectLast = reader.prepare(
      `SELECT json AS items, 1 AS count FROM list_items
       WHERE list = (SELECT id FROM lists WHERE namespace = ? AND key = ? AND expires_at > ?)
       ORDER BY seq DESC LIMIT 1`,
    );
    this.#selectEach = reader.prepare(
      `SELECT json FROM list_items
       WHERE list = (SELECT id FROM lists WHERE namespace = ? AND key = ? AND expires_at > ?)
       ORDER BY seq DESC LIMIT ?`,
    );
    this.#selectAfter = reader.prepare(
      `SELECT seq, json FROM list_items
       WHERE list = (SELECT id FROM lists WHERE namespace = ? AND key = ? AND expires_at > ?)
         AND seq >= ?
       ORDER BY seq LIMIT ?`,
    );
    this.#selectEnds = writer.prepare('SELECT min(id) AS first, max(id) AS last FROM lists');
    // No index knows what expires: each item that is added would be two pages more to write.
    const expired = 'SELECT id FROM lists WHERE id > ? AND id <= ? AND expires_at <= ? LIMIT ?';
    this.#removeExpiredItems = writer.prepare(`DELETE FROM list_items WHERE list IN (${expired})`);
    this.#removeExpired = writer.prepare(`DELETE FROM lists WHERE id IN (${expired})`);
    this.#together = new Together(batch, (additions) =>
      apart(additions, ({ namespace, key }) => `${namespace}\n${key}`).flatMap((part) =>
        this.add(part),
      ),
    );
  }

  async append(
    namespace: string,
    key: string,
    items: readonly JsonValue[],
    options: ListOptions,
  ): Promise<number> {
    const json = items.map((item) => JSON.stringify(item));
    return await this.#together.write({ ...options, namespace, key, items: json });
  }

  last(namespace: string, key: string, count: number): MaybePromise<JsonValue[]> {
    if (count <= 0) return [];
    return this.#reads.read(() => {
      const place = [toColumn(namespace), toColumn(key), this.#clock.now()];
      const row = (
        count === 1
          ? this.#selectLast.get(place)
          : this.#selectItems.get([...place, countOf(count)])
      ) as { items: string | null; count: number } | undefined;
      if (row === undefined) return [];
      const items = itemsOf(row.items ?? '');
      // One that is damaged may make it another number of them, or none.
      return items?.length === row.count ? items : this.#lastOneByOne(namespace, key, count);
    });
  }

  after(
    namespace: string,
    key: string,
    number: number,
    limit: number,
  ): MaybePromise<NumberedItem[]> {
    if (limit <= 0) return [];
    const place = [toColumn(namespace), toColumn(key)] as const;
    return this.#reads.read(() => {
      const params = [...place, this.#clock.now(), number, countOf(limit)];
      const rows = this.#selectAfter.all(params) as {
        seq: number;
        json: string;
      }[];
      return rows.flatMap(({ seq, json }) => {
        const value = this.#open(json, namespace, key);
        return value === undefined ? [] : [{ number: seq + 1, value }];
      });
    });
  }

  #lastOneByOne(namespace: string, key: string, count: number): JsonValue[] {
    const params = [toColumn(namespace), toColumn(key), this.#clock.now(), countOf(count)];
    const rows = this.#selectEach.all(params) as { json: string }[];
    const items = rows.map(({ json }) => this.#open(json, namespace, key));
    return items.filter((item) => item !== undefined).toReversed();
  }

  /** What an item is; `undefined` where it is damaged. */
  #open(json: string, namespace: string, key: string): JsonValue | undefined {
    return this.#kept.read(json, () => `the list "${key}" of "${namespace}"`);
  }

  /** `append` of several lists, each another one, within a write. */
  add(additions: readonly Addition[]): number[] {
    const now = this.#clock.now();
    const known = this.#find(additions);
    const isNew = (addition: Addition): boolean =>
      addition.items.length > 0 && !known.has(addition);
    const begun = this.#begin(additions.filter(isNew), now);
    const updates: Param[][] = [];
    const items: Param[][] = [];
    const removals: [list: number, before: number][] = [];
    const numbers = additions.map((addition) => {
      const row = known.get(addition) ?? begun.get(addition);
      if (row === undefined || addition.items.length === 0) return 0;
      const isExpired = row.expiresAt <= now;
      // One that was forgotten and not swept yet begins anew.
      if (isExpired) this.#removeItems.run([row.id, row.next]);
      const first = isExpired ? 0 : row.next;
      const next = first + addition.items.length;
      if (known.has(addition)) updates.push([row.id, next, now + addition.ttlMs]);
      addition.items.forEach((json, j) => items.push([row.id, first + j, json]));
      if (next > addition.maxItems) removals.push([row.id, next - addition.maxItems]);
      return next;
    });
    this.#update.run(updates);
    this.#insertItems.run(items);
    for (const removal of removals) this.#removeItems.run(removal);
    return numbers;
  }

  /**
   * Removes some of what nobody will read any more, within a write. Returns whether this sweep goes on. All
   * lists are looked at in {@link SLICES} sweeps.
   */
  sweep(): boolean {
    if (this.#toLookAt === 0 && !this.#beginSweep()) return false;
    const from = this.#lookedAt;
    const to = from + Math.min(this.#toLookAt, LOOKED_THROUGH);
    const range = [from, to, this.#clock.now(), SWEPT] as const;
    this.#removeExpiredItems.run(range);
    // There may be more of them.
    if (this.#removeExpired.run(range).changes === SWEPT) return true;
    this.#lookedAt = to;
    this.#toLookAt -= to - from;
    return this.#toLookAt > 0;
  }

  /** Goes on behind what the sweep before has looked at. Returns whether there is anything. */
  #beginSweep(): boolean {
    const { first, last } = this.#selectEnds.get() as { first: number | null; last: number | null };
    if (first === null || last === null) return false;
    if (this.#lookedAt < first || this.#lookedAt >= last) this.#lookedAt = first - 1;
    const slice = Math.ceil((last - first + 1) / SLICES);
    this.#toLookAt = Math.min(Math.max(slice, LOOKED_THROUGH), last - this.#lookedAt);
    return true;
  }

  /** The lists that there are. */
  #find(additions: readonly Addition[]): Map<Addition, ListRow> {
    const rows = additions.map(({ namespace, key }, i) => [toColumn(namespace), toColumn(key), i]);
    const lists = new Map<Addition, ListRow>();
    for (const found of this.#select.get(rows)) {
      // As the query has it.
      type Found = [i: number, id: number, next: number, expiresAt: number];
      for (const [i, id, next, expiresAt] of JSON.parse(found) as Found[]) {
        const addition = additions[i];
        if (addition !== undefined) lists.set(addition, { id, next, expiresAt });
      }
    }
    return lists;
  }

  /** Inserts the rows of new lists, as they are with their items, and returns them as they are without. */
  #begin(additions: readonly Addition[], now: number): Map<Addition, ListRow> {
    const rows = additions.map(({ namespace, key, items, ttlMs }) => [
      toColumn(namespace),
      toColumn(key),
      items.length,
      now + ttlMs,
    ]);
    const lists = new Map<Addition, ListRow>();
    for (const { from, to, last } of this.#insert.run(rows)) {
      // What a call inserts comes after all that there was, one after the other.
      for (const [i, addition] of additions.slice(from, to).entries()) {
        const id = last - (to - from - 1 - i);
        lists.set(addition, { id, next: 0, expiresAt: Number.POSITIVE_INFINITY });
      }
    }
    return lists;
  }
}

/** Items with commas between them, which make them one JSON: `JSON.stringify` has written each. */
function itemsOf(joined: string): JsonValue[] | null {
  try {
    return JSON.parse(`[${joined}]`) as JsonValue[];
  } catch {
    return null;
  }
}
