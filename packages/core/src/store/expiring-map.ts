import type { Clock } from '../clock.ts';
import { ownText } from './own-text.ts';

/** What is at rest. */
interface Entry<T> {
  readonly namespace: string;
  readonly key: string;
  value: T;
  /** When its time is over, in milliseconds since 1970. */
  expiresAt: number;
  /** The sweep that will look at it; `null` if none will. */
  sweep: number | null;
}

/** How long after its time what nobody reads may still take up memory. */
const SWEEP_MS = 60_000;

/**
 * A map by namespace and key, whose entries live for a time. One timer for all of them, and only while
 * some of them expire.
 */
export class ExpiringMap<T> {
  readonly #clock: Clock;
  /** Two maps deep: to join namespace and key into one text would cost each look more than the look. */
  readonly #namespaces = new Map<string, Map<string, Entry<T>>>();
  /** What expires, by the sweep that will look at it. */
  readonly #expiring = new Map<number, Set<Entry<T>>>();
  #cancelSweep: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The value, unless there is none or its time is over. */
  get(namespace: string, key: string): T | undefined {
    const entry = this.#namespaces.get(namespace)?.get(key);
    if (entry === undefined || entry.expiresAt > this.#clock.now()) return entry?.value;
    this.#remove(entry);
    return undefined;
  }

  /** Sets a value, for good where there is no time. */
  set(namespace: string, key: string, value: T, ttlMs: number = Number.POSITIVE_INFINITY): void {
    const expiresAt = this.#clock.now() + ttlMs;
    const entries = this.#entriesOf(namespace);
    const known = entries.get(key);
    const entry = known ?? { namespace, key: ownText(key), value, expiresAt, sweep: null };
    entry.value = value;
    entry.expiresAt = expiresAt;
    if (known === undefined) entries.set(entry.key, entry);
    this.#schedule(entry);
  }

  /** Removes a value. Returns whether there was one. */
  delete(namespace: string, key: string): boolean {
    if (this.get(namespace, key) === undefined) return false;
    const entry = this.#namespaces.get(namespace)?.get(key);
    return entry !== undefined && this.#remove(entry);
  }

  /** The keys that there are in a namespace, some of which may have expired. */
  keys(namespace: string): string[] {
    return [...(this.#namespaces.get(namespace)?.keys() ?? [])];
  }

  /** Forgets everything. */
  clear(): void {
    this.#namespaces.clear();
    this.#expiring.clear();
    this.#cancelSweep?.();
    this.#cancelSweep = null;
  }

  #entriesOf(namespace: string): Map<string, Entry<T>> {
    const known = this.#namespaces.get(namespace);
    if (known !== undefined) return known;
    const entries = new Map<string, Entry<T>>();
    this.#namespaces.set(namespace, entries);
    return entries;
  }

  #remove(entry: Entry<T>): boolean {
    const { namespace, key, sweep } = entry;
    if (sweep !== null) {
      const due = this.#expiring.get(sweep);
      if (due?.delete(entry) && due.size === 0) this.#expiring.delete(sweep);
    }
    const entries = this.#namespaces.get(namespace);
    const isThere = entries?.delete(key) === true;
    if (entries?.size === 0) this.#namespaces.delete(namespace);
    return isThere;
  }

  /** Sees to it that a sweep looks at the entry, and that not more than one does per lifetime. */
  #schedule(entry: Entry<T>): void {
    const sweep = Math.floor(entry.expiresAt / SWEEP_MS) + 1;
    if (sweep >= (entry.sweep ?? Number.POSITIVE_INFINITY)) return;
    // An earlier look than the one that was due: that one finds nothing of it to do.
    if (entry.sweep !== null) this.#expiring.get(entry.sweep)?.delete(entry);
    entry.sweep = sweep;
    const due = this.#expiring.get(sweep);
    if (due === undefined) this.#expiring.set(sweep, new Set([entry]));
    else due.add(entry);
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
  }

  #sweep(): void {
    this.#cancelSweep = null;
    const now = this.#clock.now();
    for (const [sweep, entries] of this.#expiring) {
      if (sweep * SWEEP_MS > now) continue;
      this.#expiring.delete(sweep);
      for (const entry of entries) this.#look(entry);
    }
    if (this.#expiring.size > 0) {
      this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
    }
  }

  /** What had its time extended meanwhile is looked at again later. */
  #look(entry: Entry<T>): void {
    entry.sweep = null;
    if (entry.expiresAt <= this.#clock.now()) this.#remove(entry);
    else this.#schedule(entry);
  }
}
