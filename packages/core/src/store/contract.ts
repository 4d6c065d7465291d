import type { JsonValue } from '../message/json.ts';

/** A conversation's lock, held by one turn. */
export interface Lock {
  /**
   * A number that grows with every holder of this key. Who writes for the holder says it, so that
   * a holder that lost its lock without noticing writes nothing.
   */
  readonly fence: number;
  /** Gives the lock to the next in line. MUST be called once; MUST NOT throw. */
  release(): void;
}

/** How a lock is waited for. */
export interface LockOptions {
  /** Ends the waiting. SHOULD be read only where there is something to wait for: it may be made then. */
  readonly signal?: AbortSignal | undefined;
}

/** A stored value. */
export interface StoredValue {
  /** The value, a copy: changing it changes nothing in the store. */
  value: JsonValue;
  /** Which writing of this key it is. Differs after each `set`. */
  version: string;
}

/** How long a value is kept. */
export interface KeepOptions {
  /** Milliseconds from now. For good where it is absent. */
  ttlMs?: number;
}

/**
 * Keyed values that channels and turns own: marks, menus, windows, opt-outs, installations, state.
 *
 * Keys and namespaces are any text. `namespace: 'a', key: 'b:c'` and `namespace: 'a:b', key: 'c'`
 * MUST be different values.
 */
export interface KeyedValues {
  /** The value, or `null` if there is none or its time is over. */
  get(namespace: string, key: string): Promise<StoredValue | null>;

  /** Sets the value, whatever was there. Resolves to its version. */
  set(namespace: string, key: string, value: JsonValue, options?: KeepOptions): Promise<string>;

  /**
   * Sets the value if the one that is there has the version `expected`, or if there is none and
   * `expected` is `null`. MUST be atomic. Resolves to the new version, or to `null` if it was not set.
   */
  compareAndSet(
    namespace: string,
    key: string,
    expected: string | null,
    value: JsonValue,
    options?: KeepOptions,
  ): Promise<string | null>;

  /** Removes the value. Resolves to whether there was one. */
  delete(namespace: string, key: string): Promise<boolean>;
}

/**
 * Where locks and keyed values live; the home of deferred turns.
 *
 * An implementation MUST pass `storeContract` of `@trunkline/testing`. Everything here MUST be safe
 * to call at the same time from anywhere that the store is shared with.
 */
export interface Store {
  /** What it is, for the log: `memory`. */
  readonly name: string;

  /** Whether what it holds survives the process. */
  readonly durable: boolean;

  /** Keyed values. */
  readonly values: KeyedValues;

  /**
   * Waits for the lock of `key`. First come, first served: the place in the line MUST be taken
   * before this returns its promise, in the order of the calls. Different keys MUST NOT wait for one
   * another. A waiter MUST be woken by the release before it, not by polling.
   *
   * @throws The signal's reason, if it aborts while waiting; the place in the line is given up. A
   *   lock that is free MAY be taken although the signal has aborted: the holder looks itself.
   */
  lock(key: string, options?: LockOptions): Promise<Lock>;

  /** Resolves if the store can be used, rejects with the reason if not. */
  ready(): Promise<void>;

  /** Lets go of everything. Called once, when no lock is held any more. */
  close(): Promise<void>;
}
