import { MemoryStore } from '@trunkline/core';
import { setImmediate } from 'node:timers/promises';
import type {
  Clock,
  JsonValue,
  KeepOptions,
  KeyedLists,
  KeyedValues,
  Lock,
  LockOptions,
  Signals,
  Store,
  StoredEntry,
  StoredTurns,
  StoredValue,
} from '@trunkline/core';

/** Every fault of locks and values, and the checks of them that find it. */
export const STORE_FAULTS = {
  'is not ready': ['says what it is, and that it is ready'],
  'fails to close': ['closes, also when it holds something'],

  'gives a lock only once': [
    'gives a free lock at once, again and again',
    'gives a lock to one at a time',
    'gives a lock in the order of the calls',
    'wakes the next when a lock is released, and nobody else',
    'takes a second release for none',
    'gives every holder of a key a greater fence',
    'lets a waiter leave the line when its signal aborts',
    'gives no place to a waiter whose signal has aborted',
    'leaves a lock to its holder when the signal aborts later',
    'loses no lock when a release and an abort meet',
  ],
  'gives locks to everybody': [
    'gives a lock to one at a time',
    'wakes the next when a lock is released, and nobody else',
    'takes a second release for none',
    'lets a waiter leave the line when its signal aborts',
    'leaves a lock to its holder when the signal aborts later',
  ],
  'serves the last first': [
    'gives a lock in the order of the calls',
    'wakes the next when a lock is released, and nobody else',
    'takes a second release for none',
    'gives every holder of a key a greater fence',
  ],
  'looks at the signal before it takes a ticket': ['gives a lock in the order of the calls'],
  'has one lock': [
    'gives the locks of different keys independently',
    'wakes the next when a lock is released, and nobody else',
    'takes a second release for none',
    'lets a waiter leave the line when its signal aborts',
    'leaves a lock to its holder when the signal aborts later',
  ],
  'names no keys': ['gives the locks of different keys independently'],
  'counts releases': ['takes a second release for none'],
  'has one fence': ['gives every holder of a key a greater fence'],
  'ignores signals': [
    'lets a waiter leave the line when its signal aborts',
    'gives no place to a waiter whose signal has aborted',
  ],
  'keeps the place of who left': [
    'lets a waiter leave the line when its signal aborts',
    'loses no lock when a release and an abort meet',
  ],
  'wraps reasons': [
    'lets a waiter leave the line when its signal aborts',
    'gives no place to a waiter whose signal has aborted',
  ],
  'takes the lock from a holder whose signal aborts': [
    'leaves a lock to its holder when the signal aborts later',
  ],

  'deletes what is not there': [
    'has no value where none was set',
    'deletes a value',
    'forgets a value when its time is over',
  ],
  'takes null for nothing': ['keeps any JSON as it is'],
  'counts versions by key': ['gives every writing of a key another version'],
  'shares values': ['keeps a copy, and gives copies'],
  'deletes nothing': [
    'deletes a value',
    'sets a value only where the expected version is there',
    'gives every entry of a namespace, each once',
  ],
  'joins namespace and key': [
    'confuses no namespace with another one',
    'gives every entry of a namespace, each once',
    'gives entries while they change',
  ],
  'compares no versions': [
    'sets a value only where the expected version is there',
    'lets one of many win who set a value at the same time',
    'forgets a value when its time is over',
  ],
  'compares and sets in two steps': ['lets one of many win who set a value at the same time'],
  'keeps everything': [
    'forgets a value when its time is over',
    'keeps a value as long as its last writing says',
    'gives every entry of a namespace, each once',
  ],
  'gives entries twice': [
    'gives every entry of a namespace, each once',
    'gives entries while they change',
  ],
  'gives entries of all namespaces': ['gives every entry of a namespace, each once'],
  'forgets values early': ['keeps a value until its time is over'],
  'keeps the first time to live': ['keeps a value as long as its last writing says'],
} as const;

type Fault = keyof typeof STORE_FAULTS;

interface Line {
  isHeld: boolean;
  waiting: (() => void)[];
}

interface Entry extends StoredValue {
  expiresAt: number;
}

/** A store with one fault in its locks and values, or with none. What else it has is not to be used. */
export class FaultyStore implements Store, KeyedValues {
  readonly name = 'faulty';
  readonly durable = false;
  readonly shared = false;
  readonly values: KeyedValues = this;
  readonly lists: KeyedLists;
  readonly turns: StoredTurns;
  readonly signals: Signals;

  readonly #clock: Clock;
  readonly #fault: Fault | null;
  readonly #lines = new Map<string, Line>();
  readonly #entries = new Map<string, Entry>();
  #fence = 0;
  #version = 0;

  constructor(clock: Clock, fault: Fault | null = null) {
    this.#clock = clock;
    this.#fault = fault;
    const { lists, turns, signals } = new MemoryStore({ clock });
    this.lists = lists;
    this.turns = turns;
    this.signals = signals;
  }

  async ready(): Promise<void> {
    if (this.#fault === 'is not ready') throw new Error('not yet');
  }

  async close(): Promise<void> {
    if (this.#fault === 'fails to close' && this.#fence > 0) throw new Error('in use');
  }

  async lock(name: string, { signal }: LockOptions = {}): Promise<Lock> {
    const fault = this.#fault;
    const key = fault === 'has one lock' ? '' : name;
    if (fault === 'looks at the signal before it takes a ticket' && signal) await setImmediate();
    if (signal?.aborted && fault !== 'ignores signals') throw this.#reason(signal);
    const line = this.#lines.get(key) ?? { isHeld: false, waiting: [] };
    this.#lines.set(key, line);
    if (line.isHeld && fault !== 'gives locks to everybody') await this.#wait(line, signal);
    line.isHeld = true;
    const release = this.#releaseOf(line);
    if (fault === 'takes the lock from a holder whose signal aborts') {
      signal?.addEventListener('abort', release);
    }
    const fence = fault === 'has one fence' ? 1 : ++this.#fence;
    return { key: fault === 'names no keys' ? '' : name, fence, release };
  }

  #wait(line: Line, signal?: AbortSignal): Promise<void> {
    const fault = this.#fault;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        if (fault !== 'keeps the place of who left') {
          line.waiting = line.waiting.filter((other) => other !== wake);
        }
        if (signal) reject(this.#reason(signal));
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      if (fault === 'serves the last first') line.waiting.unshift(wake);
      else line.waiting.push(wake);
      if (fault !== 'ignores signals') signal?.addEventListener('abort', leave);
    });
  }

  #releaseOf(line: Line): () => void {
    let isReleased = false;
    return () => {
      if (isReleased && this.#fault !== 'counts releases') return;
      isReleased = true;
      if (this.#fault === 'gives a lock only once') return;
      const next = line.waiting.shift();
      if (next === undefined) line.isHeld = false;
      else next();
    };
  }

  #reason(signal: AbortSignal): Error {
    const reason = signal.reason as Error;
    return this.#fault === 'wraps reasons' ? new Error('aborted', { cause: reason }) : reason;
  }

  async get(namespace: string, key: string): Promise<StoredValue | null> {
    const entry = this.#alive(this.#idOf(namespace, key));
    if (entry === undefined) return null;
    const { value, version } = entry;
    if (this.#fault === 'takes null for nothing' && value === null) return null;
    return { value: this.#copy(value), version };
  }

  async set(
    namespace: string,
    key: string,
    value: JsonValue,
    { ttlMs = Number.POSITIVE_INFINITY }: KeepOptions = {},
  ): Promise<string> {
    const id = this.#idOf(namespace, key);
    const before = this.#entries.get(id);
    const isFirst = before === undefined || this.#fault !== 'keeps the first time to live';
    const isEarly = this.#fault === 'forgets values early';
    const livesMs = isEarly ? 0.95 * ttlMs : ttlMs;
    const expiresAt = isFirst ? this.#clock.now() + livesMs : before.expiresAt;
    const count =
      this.#fault === 'counts versions by key' ? Number(before?.version ?? 0) : this.#version++;
    const version = String(count + 1);
    this.#entries.set(id, { value: this.#copy(value), version, expiresAt });
    return version;
  }

  async compareAndSet(
    namespace: string,
    key: string,
    expected: string | null,
    value: JsonValue,
    options?: KeepOptions,
  ): Promise<string | null> {
    const version = this.#alive(this.#idOf(namespace, key))?.version ?? null;
    if (this.#fault === 'compares and sets in two steps') await setImmediate();
    if (this.#fault !== 'compares no versions' && version !== expected) return null;
    return await this.set(namespace, key, value, options);
  }

  async delete(namespace: string, key: string): Promise<boolean> {
    const id = this.#idOf(namespace, key);
    if (this.#alive(id) === undefined) return this.#fault === 'deletes what is not there';
    return this.#fault === 'deletes nothing' || this.#entries.delete(id);
  }

  async *entries(namespace: string): AsyncIterable<StoredEntry> {
    const isTwice = this.#fault === 'gives entries twice';
    const ids = [...this.#entries.keys()];
    for (const id of isTwice ? [...ids, ...ids] : ids) {
      const [place, key] = JSON.parse(id) as [string, string];
      const entry = this.#alive(id);
      const isMeant = place === namespace || this.#fault === 'gives entries of all namespaces';
      if (entry !== undefined && isMeant) yield { key, ...entry };
    }
  }

  #alive(id: string): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || this.#fault === 'keeps everything') return entry;
    return entry.expiresAt > this.#clock.now() ? entry : undefined;
  }

  #copy(value: JsonValue): JsonValue {
    return this.#fault === 'shares values' ? value : structuredClone(value);
  }

  #idOf(namespace: string, key: string): string {
    if (this.#fault === 'joins namespace and key') return `${namespace}:${key}`;
    return JSON.stringify([namespace, key]);
  }
}
