import type { Clock } from '../clock.ts';
import type { JsonValue } from '../message/json.ts';
import type { KeepOptions, KeyedValues, StoredEntry, StoredValue } from './contract.ts';
import { ExpiringMap } from './expiring-map.ts';
import { placeOf } from './place.ts';

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
    const kept = this.#kept.get(placeOf(namespace, key));
    return kept === undefined ? null : open(kept);
  }

  set(namespace: string, key: string, value: JsonValue, options?: KeepOptions): string {
    return this.#put(placeOf(namespace, key), value, options);
  }

  delete(namespace: string, key: string): boolean {
    return this.#kept.delete(placeOf(namespace, key));
  }

  async *entries(namespace: string): AsyncIterable<StoredEntry> {
    const prefix = placeOf(namespace, '');
    // A copy: a key that is removed and set again meanwhile would come twice.
    for (const place of Array.from(this.#kept.keys())) {
      const kept = place.startsWith(prefix) ? this.#kept.get(place) : undefined;
      if (kept !== undefined) yield { key: place.slice(prefix.length), ...open(kept) };
    }
  }

  compareAndSet(
    namespace: string,
    key: string,
    expected: string | null,
    value: JsonValue,
    options?: KeepOptions,
  ): string | null {
    const place = placeOf(namespace, key);
    const current = this.#kept.get(place)?.version ?? null;
    return current === expected ? this.#put(place, value, options) : null;
  }

  /** The value as JSON text. */
  peek(namespace: string, key: string): string | null {
    return this.#kept.get(placeOf(namespace, key))?.json ?? null;
  }

  /** Forgets everything. */
  clear(): void {
    this.#kept.clear();
  }

  #put(place: string, value: JsonValue, options?: KeepOptions): string {
    const version = String(++this.#version);
    this.#kept.set(place, { json: JSON.stringify(value), version }, options?.ttlMs);
    return version;
  }
}

function open({ json, version }: Kept): StoredValue {
  return { value: JSON.parse(json) as JsonValue, version };
}
