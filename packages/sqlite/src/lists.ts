import type { Clock, JsonValue, KeyedLists, ListOptions, NumberedItem } from '@trunkline/core';
import type Database from 'libsql';
import type { Batch } from './batch.ts';
import { toColumn } from './text.ts';

/** A list, without its items. */
interface ListRow {
  id: number;
  next_seq: number;
  expires_at: number;
}

/** Keyed lists: a row a list, and a row an item. An item's number is its `seq` + 1. */
export class SqliteLists implements KeyedLists {
  readonly #batch: Batch;
  readonly #clock: Clock;
  readonly #explain: (error: unknown) => unknown;
  readonly #select: Database.Statement;
  readonly #insert: Database.Statement;
  readonly #update: Database.Statement;
  readonly #insertItem: Database.Statement;
  readonly #removeItems: Database.Statement;
  readonly #selectItems: Database.Statement;
  readonly #selectAfter: Database.Statement;
  readonly #removeExpiredItems: Database.Statement;
  readonly #removeExpired: Database.Statement;

  constructor(
    db: Database.Database,
    batch: Batch,
    clock: Clock,
    explain: (error: unknown) => unknown,
  ) {
    this.#batch = batch;
    this.#clock = clock;
    this.#explain = explain;
    this.#select = db.prepare(
      'SELECT id, next_seq, expires_at FROM lists WHERE namespace = ? AND key = ?',
    );
    this.#insert = db.prepare(
      'INSERT INTO lists (namespace, key, next_seq, expires_at) VALUES (?, ?, ?, ?)',
    );
    this.#update = db.prepare('UPDATE lists SET next_seq = ?, expires_at = ? WHERE id = ?');
    this.#insertItem = db.prepare('INSERT INTO list_items (list, seq, json) VALUES (?, ?, ?)');
    this.#removeItems = db.prepare('DELETE FROM list_items WHERE list = ? AND seq < ?');
    this.#selectItems = db.prepare(
      `SELECT json FROM list_items
       WHERE list = (SELECT id FROM lists WHERE namespace = ? AND key = ? AND expires_at > ?)
       ORDER BY seq DESC LIMIT ?`,
    );
    this.#selectAfter = db.prepare(
      `SELECT seq, json FROM list_items
       WHERE list = (SELECT id FROM lists WHERE namespace = ? AND key = ? AND expires_at > ?)
         AND seq >= ?
       ORDER BY seq LIMIT ?`,
    );
    this.#removeExpiredItems = db.prepare(
      'DELETE FROM list_items WHERE list IN (SELECT id FROM lists WHERE expires_at <= ?)',
    );
    this.#removeExpired = db.prepare('DELETE FROM lists WHERE expires_at <= ?');
  }

  async append(
    namespace: string,
    key: string,
    items: readonly JsonValue[],
    options: ListOptions,
  ): Promise<number> {
    const json = items.map((item) => JSON.stringify(item));
    return await this.#batch.write(() => this.add(namespace, key, json, options));
  }

  async last(namespace: string, key: string, count: number): Promise<JsonValue[]> {
    if (count <= 0) return [];
    try {
      const rows = this.#selectItems.all(
        toColumn(namespace),
        toColumn(key),
        this.#clock.now(),
        count,
      ) as { json: string }[];
      return rows.toReversed().map(({ json }) => JSON.parse(json) as JsonValue);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async after(
    namespace: string,
    key: string,
    number: number,
    limit: number,
  ): Promise<NumberedItem[]> {
    if (limit <= 0) return [];
    const place = [toColumn(namespace), toColumn(key)] as const;
    try {
      const rows = this.#selectAfter.all(...place, this.#clock.now(), number, limit) as {
        seq: number;
        json: string;
      }[];
      return rows.map(({ seq, json }) => ({
        number: seq + 1,
        value: JSON.parse(json) as JsonValue,
      }));
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** `append` within a write; the items are JSON text. */
  add(namespace: string, key: string, items: readonly string[], options: ListOptions): number {
    if (items.length === 0) return 0;
    const now = this.#clock.now();
    const place = [toColumn(namespace), toColumn(key)] as const;
    const row = this.#select.get(...place) as ListRow | undefined;
    const isExpired = row !== undefined && row.expires_at <= now;
    // One that was forgotten and not swept yet begins anew.
    if (isExpired) this.#removeItems.run(row.id, row.next_seq);
    const first = isExpired ? 0 : (row?.next_seq ?? 0);
    const next = first + items.length;
    const expiresAt = now + options.ttlMs;
    let list = row?.id;
    if (list === undefined) {
      list = Number(this.#insert.run(...place, next, expiresAt).lastInsertRowid);
    } else this.#update.run(next, expiresAt, list);
    items.forEach((json, index) => this.#insertItem.run(list, first + index, json));
    this.#removeItems.run(list, next - options.maxItems);
    return next;
  }

  /** Removes what nobody will read any more. */
  async sweep(): Promise<void> {
    await this.#batch.write(() => {
      const now = this.#clock.now();
      this.#removeExpiredItems.run(now);
      this.#removeExpired.run(now);
    });
  }
}
