import {
  MemoryStore,
  type Clock,
  type KeyedLists,
  type KeyedValues,
  type Lock,
  type LockOptions,
  type MaybePromise,
  type Signals,
  type Store,
  type StoredTurns,
} from '@trunkline/core';

/** What befalls the calls of a store: delays, and errors where it throws. */
export interface Weather {
  /** Ahead of a call: where this throws, nothing has happened. */
  before?: (call: string) => unknown;
  /** After a call: where this throws, it has happened, and only the answer was lost. */
  after?: (call: string) => unknown;
}

/** A process's view of the store that it shares with others. */
export interface ProcessStore extends Store {
  readonly isDead: boolean;
  /** Ends the process as `kill -9` does: no call of it comes to anything any more. */
  kill(): void;
  /** Takes all its locks away, as a store does that has not heard of a process for too long. */
  loseLocks(): void;
}

/** How soon what a process has left is named to another one. */
const RECOVERY_MS = 5;

/**
 * A store that survives processes and that several of them share. A fake, for what a database does
 * only with processes of its own: dying at an exact point, and losing its answers.
 */
export class SharedMemory {
  readonly clock: Clock;
  readonly memory: MemoryStore;
  readonly #watches = new Set<{ owner: OneProcess; onStranded: (key: string) => void }>();
  readonly #abandoned = new Set<string>();

  constructor(clock: Clock) {
    this.clock = clock;
    this.memory = new MemoryStore({ clock });
  }

  /** Opens the store for one more process. */
  open(weather: Weather = {}): ProcessStore {
    return new OneProcess(this, weather);
  }

  /** See {@link StoredTurns.watch}. */
  watch(owner: OneProcess, onStranded: (key: string) => void): () => void {
    const watch = { owner, onStranded };
    this.#watches.add(watch);
    this.clock.after(RECOVERY_MS, () => void this.#name());
    return () => void this.#watches.delete(watch);
  }

  /** A process will not handle what these conversations hold. */
  abandon(owner: OneProcess, keys: Iterable<string>): void {
    for (const key of keys) this.#abandoned.add(key);
    if (owner.isDead) {
      for (const watch of this.#watches) if (watch.owner === owner) this.#watches.delete(watch);
    }
    this.clock.after(RECOVERY_MS, () => void this.#name());
  }

  async #name(): Promise<void> {
    for (const key of this.#abandoned) {
      // To whoever came last: what a process has lost goes on elsewhere.
      const watch = [...this.#watches].at(-1);
      if (watch === undefined) return;
      this.#abandoned.delete(key);
      const [left] = await this.memory.turns.waiting(key, 1);
      if (left === undefined) continue;
      watch.owner.touched.add(key);
      if (watch.owner.isDead) this.abandon(watch.owner, [key]);
      else watch.onStranded(key);
    }
  }
}

const never = new Promise<never>(() => {});

class OneProcess implements ProcessStore {
  readonly name = 'shared memory';
  readonly durable = true;
  readonly shared = true;
  readonly values: KeyedValues;
  readonly lists: KeyedLists;
  readonly turns: StoredTurns;
  readonly signals: Signals;
  /** The conversations that this process has had to do with. */
  readonly touched: Set<string> = new Set();
  isDead = false;

  readonly #shared: SharedMemory;
  readonly #weather: Weather;
  readonly #death = new AbortController();
  readonly #held = new Set<Lock>();
  #hasLostLocks = false;
  #lastAdd: Promise<unknown> = Promise.resolve();

  constructor(shared: SharedMemory, weather: Weather) {
    this.#shared = shared;
    this.#weather = weather;
    const { values, lists, turns, signals } = shared.memory;
    this.values = {
      get: (...args) => this.#call('get', () => values.get(...args)),
      set: (...args) => this.#call('set', () => values.set(...args)),
      compareAndSet: (...args) => this.#call('compareAndSet', () => values.compareAndSet(...args)),
      delete: (...args) => this.#call('delete', () => values.delete(...args)),
      entries: (namespace) => values.entries(namespace),
    };
    this.lists = {
      append: (...args) => this.#call('append', () => lists.append(...args)),
      last: (...args) => this.#call('last', () => lists.last(...args)),
      after: (...args) => this.#call('after', () => lists.after(...args)),
    };
    this.turns = {
      add: (...args) => {
        this.touched.add(args[0].conversation);
        // The order of the turns is that of the calls, however long each of them takes.
        const effect = this.#lastAdd
          .then(() => this.#effect('add', () => turns.add(...args)))
          .finally(() => {
            if (this.#hasLostLocks) this.#shared.abandon(this, [args[0].conversation]);
          });
        this.#lastAdd = effect.catch(() => {});
        return this.#answer('add', effect);
      },
      waiting: (...args) => this.#call('waiting', () => turns.waiting(...args)),
      commit: (...args) => this.#call('commit', () => turns.commit(...args)),
      watch: (onStranded) => shared.watch(this, onStranded),
    };
    this.signals = {
      send: (topic, news) => void (this.isDead || signals.send(topic, news)),
      listen: (topic, listener) =>
        signals.listen(topic, (news) => void this.#hear(() => listener(news))),
    };
  }

  lock(key: string, { signal }: LockOptions = {}): Promise<Lock> {
    this.touched.add(key);
    const either = AbortSignal.any([this.#death.signal, ...(signal === undefined ? [] : [signal])]);
    // The place in the line is taken at once.
    const given = this.#shared.memory.lock(key, { signal: either });
    const taken = Promise.resolve(given).then((lock) => {
      if (this.isDead) lock.release();
      else this.#held.add(lock);
      return lock;
    });
    return this.#answer('lock', taken).then(
      (lock) => ({ key, fence: lock.fence, release: () => this.#release(lock) }),
      async (error: unknown) => {
        // An answer that was lost leaves nobody with the lock.
        void taken.then(
          (lock) => this.#release(lock),
          () => {},
        );
        throw error;
      },
    );
  }

  async ready(): Promise<void> {}

  async close(): Promise<void> {
    this.kill();
  }

  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#death.abort(new Error('the process is dead'));
    this.loseLocks();
  }

  loseLocks(): void {
    this.#hasLostLocks = true;
    for (const lock of this.#held) this.#release(lock);
    this.#shared.abandon(this, this.touched);
  }

  async #hear(listener: () => void): Promise<void> {
    await this.#weather.before?.('news');
    if (!this.isDead) listener();
  }

  #release(lock: Lock): void {
    if (this.#held.delete(lock)) lock.release();
  }

  #call<T>(name: string, effect: () => MaybePromise<T>): Promise<T> {
    return this.#answer(name, this.#effect(name, effect));
  }

  async #effect<T>(name: string, effect: () => MaybePromise<T>): Promise<T> {
    await this.#weather.before?.(name);
    return this.isDead ? await never : await effect();
  }

  async #answer<T>(name: string, effect: Promise<T>): Promise<T> {
    try {
      const result = await effect;
      await this.#weather.after?.(name);
      return result;
    } finally {
      if (this.isDead) await never;
    }
  }
}
