import type { JsonValue, KeyedLists, ListOptions, NumberedItem } from '@trunkline/core';
import { againOf } from './client.ts';
import { countOf } from './count.ts';
import type { Process } from './process.ts';
import { AFTER, APPEND } from './scripts/kept.ts';
import { toRedis } from './text.ts';
import { parse, textOf, ttlOf } from './values.ts';

/** Keyed lists. Each item begins with what its `append` is called, and its number. */
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
  ): Promise<number> {
    if (items.length === 0) return 0;
    const { link, keys, unique } = this.#process;
    const names = [keys.kept('list', toRedis(namespace), toRedis(key))];
    const id = unique();
    const rest = itemArgs(id, items, options);
    const last = await link.send((client, isAgain) =>
      APPEND.run(client, names, [id, againOf(client, isAgain), ...rest]),
    );
    return Number(last);
  }

  async last(namespace: string, key: string, count: number): Promise<JsonValue[]> {
    if (count <= 0) return [];
    const { link, keys } = this.#process;
    const name = keys.kept('list', toRedis(namespace), toRedis(key));
    const items = await link.send((client) => client.lrange(name, -countOf(count), -1));
    return this.#whole(name, items).map(({ value }) => value);
  }

  async after(
    namespace: string,
    key: string,
    number: number,
    limit: number,
  ): Promise<NumberedItem[]> {
    if (limit <= 0) return [];
    const { link, keys } = this.#process;
    const name = keys.kept('list', toRedis(namespace), toRedis(key));
    const found = await link.send((client) => AFTER.run(client, [name], [number, countOf(limit)]));
    // As the script has it.
    return this.#whole(name, found as string[]);
  }

  /** The items that are not damaged. Each begins with its append's id and its number. */
  #whole(name: string, items: readonly string[]): NumberedItem[] {
    return items.flatMap((item) => {
      const read = parse(item);
      const number = Number(/#(\d+)$/.exec(read?.version ?? '')?.[1]);
      if (read !== null && number > 0) return [{ number, value: read.value }];
      this.#process.damage.tell(name);
      return [];
    });
  }
}

/** How many items, how long they live, and the items. */
export function itemArgs(
  id: string,
  items: readonly JsonValue[],
  { maxItems, ttlMs }: ListOptions,
): string[] {
  // A list without an end of its time is one that outlives everybody.
  const ttl = ttlOf(ttlMs) || String(2 ** 52);
  return [String(Math.max(1, maxItems)), ttl, ...items.map((item) => textOf(id, item))];
}
