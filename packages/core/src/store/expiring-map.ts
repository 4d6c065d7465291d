import type { Clock } from '../clock.ts';

/** What is at rest. */
interface Entry<T> {
  value: T;
  /** When its time is over, in milliseconds since 1970. */
  expiresAt: number;
  /** The sweep that will look at it; `Infinity` if none will. */
  sweep: number;
}

/** How long after its time what nobody reads may still take up memory. */
const SWEEP_MS = 60_000;

/**
 * A map whose entries live for a time. One timer for all of them, and only while some of them
 * expire.
 */
export class ExpiringMap<T> {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry<T>>();
  /** The keys of what expires, by the sweep that will look at them. */
  readonly #expiring = new Map<number, Set<string>>();
  #cancelSweep: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The value, unless there is none or its time is over. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt > this.#clock.now()) return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** Sets a value, for good where there is no time. */
  set(key: string, value: T, ttlMs: number = Number.POSITIVE_INFINITY): void {
    const known = this.#entries.get(key);
    const expiresAt = this.#clock.now() + ttlMs;
    const entry = { value, expiresAt, sweep: known?.sweep ?? Number.POSITIVE_INFINITY };
    this.#entries.set(key, entry);
    this.#schedule(key, entry);
  }

  /** Removes a value. Returns whether there was one. */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false;
    const { sweep = 0 } = this.#entries.get(key) ?? {};
    const keys = this.#expiring.get(sweep);
    if (keys?.delete(key) && keys.size === 0) this.#expiring.delete(sweep);
    return this.#entries.delete(key);
  }

  /** The keys that there are, some of which may have expired. */
  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    this.#expiring.clear();
    this.#cancelSweep?.();
    this.#cancelSweep = null;
  }

  /** Sees to it that a sweep looks at the entry, and that not more than one does per lifetime. */
  #schedule(key: string, entry: Entry<T>): void {
    const sweep = Math.floor(entry.expiresAt / SWEEP_MS) + 1;
    if (sweep >= entry.sweep || sweep === Number.POSITIVE_INFINITY) return;
    entry.sweep = sweep;
    const keys = this.#expiring.get(sweep);
    if (keys === undefined) this.#expiring.set(sweep, new Set([key]));
    else keys.add(key);
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
  }

  #sweep(): void {
    this.#cancelSweep = null;
    const now = this.#clock.now();
    for (const [sweep, keys] of this.#expiring) {
      if (sweep * SWEEP_MS > now) continue;
      this.#expiring.delete(sweep);
      for (const key of keys) this.#look(key);
    }
    if (this.#expiring.size > 0) {
      this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
    }
  }

  /** What had its time extended meanwhile is looked at again later. */
  #look(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (entry.expiresAt <= this.#clock.now()) {
      this.#entries.delete(key);
      return;
    }
    entry.sweep = Number.POSITIVE_INFINITY;
    this.#schedule(key, entry);
  }
}
