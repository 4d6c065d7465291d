import type { Clock } from '../clock.ts';
import type { JsonValue } from '../message/json.ts';
import type { KeepOptions, KeyedValues, StoredEntry, StoredValue } from './contract.ts';
import { ExpiringMap } from './expiring-map.ts';
import { inOnePiece } from './own-text.ts';

/** A value at rest. Kept as JSON text, so that nobody changes it from outside. */
interface Kept {
  json: string;
  version: string;
}

/** Keyed values in memory. */
export class MemoryValues implements KeyedValues {
  readonly #kept: ExpiringMap<Kept>;
  #version = 0;

  constructor(clock: Clock) {
    this.#kept = new ExpiringMap(clock);
  }

  get(namespace: string, key: string): StoredValue | null {
    const kept = this.#kept.get(namespace, key);
    return kept === undefined ? null : open(kept);
  }

  set(namespace: string, key: string, value: JsonValue, options?: KeepOptions): string {
    const version = String(++this.#version);
    const json = inOnePiece(JSON.stringify(value));
    this.#kept.set(namespace, key, { json, version }, options?.ttlMs);
    return version;
  }

  delete(namespace: string, key: string): boolean {
    return this.#kept.delete(namespace, key);
  }

  async *entries(namespace: string): AsyncIterable<StoredEntry> {
    // A copy: a key that is removed and set again meanwhile would come twice.
    for (const key of this.#kept.keys(namespace)) {
      const kept = this.#kept.get(namespace, key);
      if (kept !== undefined) yield { key, ...open(kept) };
    }
  }

  compareAndSet(
    namespace: string,
    key: string,
    expected: string | null,
    value: JsonValue,
    options?: KeepOptions,
  ): string | null {
    const current = this.#kept.get(namespace, key)?.version ?? null;
    return current === expected ? this.set(namespace, key, value, options) : null;
  }

  /** The value as JSON text. */
  peek(namespace: string, key: string): string | null {
    return this.#kept.get(namespace, key)?.json ?? null;
  }

  /** Forgets everything. */
  clear(): void {
    this.#kept.clear();
  }
}

function open({ json, version }: Kept): StoredValue {
  return { value: JSON.parse(json) as JsonValue, version };
}
