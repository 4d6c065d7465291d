import type {
  JsonValue,
  KeepOptions,
  KeyedValues,
  StoredEntry,
  StoredValue,
} from '@trunkline/core';
import type { Client } from './client.ts';
import type { Process } from './process.ts';
import { COMPARE_AND_SET, FORGET } from './scripts/kept.ts';
import { fromRedis, toRedis } from './text.ts';

/** How many keys Redis is asked to look at in one go: few enough to hold nobody up. */
const PAGE = 500;

/** Keyed values: texts of `<version> <JSON>`. */
export class RedisValues implements KeyedValues {
  readonly #process: Process;

  constructor(process: Process) {
    this.#process = process;
  }

  async get(namespace: string, key: string): Promise<StoredValue | null> {
    const { link, keys, damage } = this.#process;
    const name = keys.kept('value', toRedis(namespace), toRedis(key));
    const text = await link.send((client) => client.get(name));
    if (text === null) return null;
    const value = parse(text);
    if (value !== null) return value;
    damage.tell(name);
    // Else nobody could write it who takes it for missing.
    await link.send((client) => FORGET.run(client, [name], [text]));
    return null;
  }

  async set(
    namespace: string,
    key: string,
    value: JsonValue,
    options?: KeepOptions,
  ): Promise<string> {
    const { link, keys, unique } = this.#process;
    const name = keys.kept('value', toRedis(namespace), toRedis(key));
    const version = unique();
    const text = textOf(version, value);
    const ttl = ttlOf(options?.ttlMs);
    await link.send((client) =>
      ttl === '' ? client.set(name, text) : client.set(name, text, 'PX', ttl),
    );
    return version;
  }

  async compareAndSet(
    namespace: string,
    key: string,
    expected: string | null,
    value: JsonValue,
    options?: KeepOptions,
  ): Promise<string | null> {
    const { link, keys, unique } = this.#process;
    const names = [keys.kept('value', toRedis(namespace), toRedis(key))];
    const version = unique();
    const args = [expected ?? '', version, textOf(version, value), ttlOf(options?.ttlMs)];
    const isSet = await link.send((client) => COMPARE_AND_SET.run(client, names, args));
    return isSet === 1 ? version : null;
  }

  async delete(namespace: string, key: string): Promise<boolean> {
    const { link, keys } = this.#process;
    const name = keys.kept('value', toRedis(namespace), toRedis(key));
    // Sent again, it would not know whether there was a value.
    return (await link.send((client) => client.unlink(name), { once: true })) === 1;
  }

  async *entries(namespace: string): AsyncIterable<StoredEntry> {
    const { link } = this.#process;
    // A key may be found more than once, and, while a cluster moves it, on two nodes.
    const seen = new Set<string>();
    const nodes = await link.send(async (client) => mastersOf(client).length);
    for (let node = 0; node < nodes; node++) {
      let cursor = '0';
      do {
        const [next, found] = await this.#page(namespace, node, cursor);
        cursor = next;
        const fresh = found.filter((name) => !seen.has(name) && seen.add(name));
        for (const entry of await Promise.all(fresh.map((name) => this.#entry(namespace, name)))) {
          if (entry !== null) yield entry;
        }
      } while (cursor !== '0');
    }
  }

  #page(namespace: string, node: number, cursor: string): Promise<[string, string[]]> {
    const pattern = this.#process.keys.patternOf(toRedis(namespace));
    return this.#process.link.send(async (client) => {
      const master = mastersOf(client)[node];
      // It left the cluster; what it had is on another one.
      if (master === undefined) return ['0', []];
      return await master.scan(cursor, 'MATCH', pattern, 'COUNT', PAGE);
    });
  }

  async #entry(namespace: string, name: string): Promise<StoredEntry | null> {
    const found = this.#process.keys.keyOf(name, toRedis(namespace));
    if (found === null) return null;
    const key = fromRedis(found);
    const stored = await this.get(namespace, key);
    return stored === null ? null : { key, ...stored };
  }
}

/** A value with its version, as it is kept. */
export function textOf(version: string, value: JsonValue): string {
  return `${version} ${JSON.stringify(value)}`;
}

/** What {@link textOf} wrote; `null` where it is damaged. */
export function parse(text: string): StoredValue | null {
  const end = text.indexOf(' ');
  if (end < 0) return null;
  try {
    return { value: JSON.parse(text.slice(end + 1)) as JsonValue, version: text.slice(0, end) };
  } catch {
    return null;
  }
}

/** A time to live as Redis takes it, whole milliseconds; an empty text for good. */
export function ttlOf(ttlMs: number | undefined): string {
  // 2^52 ms are 140,000 years; Redis refuses what leads beyond its own largest number.
  if (ttlMs === undefined || ttlMs >= 2 ** 52) return '';
  return String(Math.max(1, Math.ceil(ttlMs)));
}

function mastersOf(client: Client): Pick<Client, 'scan'>[] {
  return 'nodes' in client ? client.nodes('master') : [client];
}
