import { systemClock, type Clock } from '../clock.ts';
import type { JsonValue } from '../message/json.ts';
import type {
  KeepOptions,
  KeyedValues,
  Lock,
  LockOptions,
  Store,
  StoredValue,
} from './contract.ts';
import { LocalLocks } from './local-locks.ts';

/** Options of a {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** Time. @defaultValue the machine's */
  clock?: Clock;
}

/**
 * Everything in this process's memory: nothing to install, nothing survives. For tests, and for
 * servers whose channels are live.
 */
export class MemoryStore implements Store {
  /** {@inheritDoc Store.name} */
  readonly name = 'memory';
  /** {@inheritDoc Store.durable} */
  readonly durable = false;
  /** {@inheritDoc Store.values} */
  readonly values: KeyedValues;

  readonly #locks = new LocalLocks();
  readonly #values: MemoryValues;

  constructor(options: MemoryStoreOptions = {}) {
    this.#values = new MemoryValues(options.clock ?? systemClock);
    this.values = this.#values;
  }

  /** {@inheritDoc Store.lock} */
  lock(key: string, options?: LockOptions): Promise<Lock> {
    return this.#locks.take(key, options);
  }

  /** {@inheritDoc Store.ready} */
  async ready(): Promise<void> {}

  /** {@inheritDoc Store.close} */
  async close(): Promise<void> {
    this.#values.clear();
  }
}

/** A value at rest. Kept as JSON text, so that nobody changes it from outside. */
interface Entry {
  json: string;
  version: string;
  /** When its time is over, in milliseconds since 1970. */
  expiresAt: number;
  /** The sweep that will look at it; `Infinity` if none will. */
  sweep: number;
}

/** How long after its time a value that nobody reads may still take up memory. */
const SWEEP_MS = 60_000;

class MemoryValues implements KeyedValues {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** The ids of values that expire, by the sweep that will look at them. */
  readonly #expiring = new Map<number, string[]>();
  #cancelSweep: (() => void) | null = null;
  #version = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async get(namespace: string, key: string): Promise<StoredValue | null> {
    const entry = this.#alive(idOf(namespace, key));
    if (entry === undefined) return null;
    return { value: JSON.parse(entry.json) as JsonValue, version: entry.version };
  }

  async set(
    namespace: string,
    key: string,
    value: JsonValue,
    options?: KeepOptions,
  ): Promise<string> {
    return this.#put(idOf(namespace, key), value, options);
  }

  async compareAndSet(
    namespace: string,
    key: string,
    expected: string | null,
    value: JsonValue,
    options?: KeepOptions,
  ): Promise<string | null> {
    const id = idOf(namespace, key);
    const current = this.#alive(id)?.version ?? null;
    return current === expected ? this.#put(id, value, options) : null;
  }

  async delete(namespace: string, key: string): Promise<boolean> {
    const id = idOf(namespace, key);
    return this.#alive(id) !== undefined && this.#entries.delete(id);
  }

  clear(): void {
    this.#entries.clear();
    this.#expiring.clear();
    this.#cancelSweep?.();
    this.#cancelSweep = null;
  }

  #alive(id: string): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.expiresAt > this.#clock.now()) return entry;
    this.#entries.delete(id);
    return undefined;
  }

  #put(id: string, value: JsonValue, options: KeepOptions = {}): string {
    const expiresAt = this.#clock.now() + (options.ttlMs ?? Number.POSITIVE_INFINITY);
    const version = String(++this.#version);
    const sweep = this.#entries.get(id)?.sweep ?? Number.POSITIVE_INFINITY;
    const entry = { json: JSON.stringify(value), version, expiresAt, sweep };
    this.#entries.set(id, entry);
    this.#schedule(id, entry);
    return version;
  }

  /** Sees to it that a sweep looks at the entry, and that not more than one does per lifetime. */
  #schedule(id: string, entry: Entry): void {
    const sweep = Math.floor(entry.expiresAt / SWEEP_MS) + 1;
    if (sweep >= entry.sweep || sweep === Number.POSITIVE_INFINITY) return;
    entry.sweep = sweep;
    const ids = this.#expiring.get(sweep);
    if (ids === undefined) this.#expiring.set(sweep, [id]);
    else ids.push(id);
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
  }

  /** One timer for all values, and only while some of them expire. */
  #sweep(): void {
    this.#cancelSweep = null;
    const now = this.#clock.now();
    for (const [sweep, ids] of this.#expiring) {
      if (sweep * SWEEP_MS > now) continue;
      this.#expiring.delete(sweep);
      for (const id of ids) this.#look(id);
    }
    if (this.#expiring.size > 0) {
      this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
    }
  }

  /** A value whose time was extended meanwhile is looked at again later. */
  #look(id: string): void {
    const entry = this.#alive(id);
    if (entry === undefined) return;
    entry.sweep = Number.POSITIVE_INFINITY;
    this.#schedule(id, entry);
  }
}

function idOf(namespace: string, key: string): string {
  return `${namespace.length}:${namespace}${key}`;
}
