import type { JsonValue, KeyedLists, ListOptions } from '@trunkline/core';
import type { Process } from './process.ts';
import { APPEND } from './scripts/kept.ts';
import { parse, textOf, ttlOf } from './values.ts';

/** Keyed lists. Each item begins with what its `append` is called. */
export class RedisLists implements KeyedLists {
  readonly #process: Process;

  constructor(process: Process) {
    this.#process = process;
  }

  async append(
    namespace: string,
    key: string,
    items: readonly JsonValue[],
    options: ListOptions,
  ): Promise<void> {
    if (items.length === 0) return;
    const { link, keys, unique } = this.#process;
    const names = [keys.kept('list', namespace, key)];
    const id = unique();
    const rest = itemArgs(id, items, options);
    await link.send((client, isAgain) =>
      // A cluster's client may send a command again by itself.
      APPEND.run(client, names, [id, isAgain || 'nodes' in client ? 1 : 0, ...rest]),
    );
  }

  async last(namespace: string, key: string, count: number): Promise<JsonValue[]> {
    if (count <= 0) return [];
    const { link, keys } = this.#process;
    const name = keys.kept('list', namespace, key);
    const items = await link.send((client) => client.lrange(name, -count, -1));
    return items.map((item) => parse(item).value);
  }
}

/** How many items, how long they live, and the items that are going to stay. */
export function itemArgs(
  id: string,
  items: readonly JsonValue[],
  { maxItems, ttlMs }: ListOptions,
): string[] {
  // A list without an end of its time is one that outlives everybody.
  const ttl = ttlOf(ttlMs) || String(2 ** 52);
  const kept = items.slice(-Math.max(1, maxItems));
  return [String(Math.max(1, maxItems)), ttl, ...kept.map((item) => textOf(id, item))];
}
