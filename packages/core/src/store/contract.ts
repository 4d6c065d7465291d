import type { MaybePromise } from '../maybe-promise.ts';
import type { JsonValue } from '../message/json.ts';

/** A conversation's lock, held by one turn. */
export interface Lock {
  /** What is locked. */
  readonly key: string;
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
  get(namespace: string, key: string): MaybePromise<StoredValue | null>;

  /** Sets the value, whatever was there. Resolves to its version. */
  set(
    namespace: string,
    key: string,
    value: JsonValue,
    options?: KeepOptions,
  ): MaybePromise<string>;

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
  ): MaybePromise<string | null>;

  /** Removes the value. Resolves to whether there was one. */
  delete(namespace: string, key: string): MaybePromise<boolean>;

  /**
   * Every value of a namespace that is there while this runs, in any order, each once. For operators
   * and their tools: it MAY be slow, and MUST NOT block what else the store does.
   */
  entries(namespace: string): AsyncIterable<StoredEntry>;
}

/** A value with its key. */
export interface StoredEntry extends StoredValue {
  /** What it is called in its namespace. */
  key: string;
}

/** How much of a list is kept. */
export interface ListOptions {
  /** Items; the oldest go first. */
  maxItems: number;
  /** Milliseconds from the last `append`; then the list is gone as a whole. */
  ttlMs: number;
}

/** An item of a list with its number. */
export interface NumberedItem {
  /** The how-manyth item it is of all that were ever added to the list, from 1. */
  number: number;
  /** The item, a copy. */
  value: JsonValue;
}

/**
 * Keyed lists that grow at the end: what was said, say. Named like {@link KeyedValues}.
 *
 * Items are numbered as they are added, by `append` and by a commit, from 1 on. An item keeps its
 * number when older ones are dropped; a list that begins again after its time begins with 1.
 */
export interface KeyedLists {
  /**
   * Adds items at the end, all of them or none, and drops the oldest above `maxItems`. Resolves to the
   * number of the last one added; without items, to 0. What is appended at the same time, also by
   * different processes, MUST get different numbers.
   */
  append(
    namespace: string,
    key: string,
    items: readonly JsonValue[],
    options: ListOptions,
  ): MaybePromise<number>;

  /**
   * The last `count` items, the oldest first: copies. None where there is no list. `count` MAY be
   * `Infinity`, for all of them.
   */
  last(namespace: string, key: string, count: number): MaybePromise<JsonValue[]>;

  /**
   * The first `limit` items whose number is above `number`, the oldest first. What was dropped is
   * missing: the first number tells. `limit` MAY be `Infinity`.
   */
  after(
    namespace: string,
    key: string,
    number: number,
    limit: number,
  ): MaybePromise<NumberedItem[]>;
}

/** A deferred turn as it is handed to the store. Its texts are the turn engine's: kept as they are. */
export interface NewTurn {
  /** The conversation, which is also the key of the lock that orders it. */
  conversation: string;
  /** Which message it is, unique within the conversation while it is unfinished or its mark lives. */
  id: string;
  /** The message, written down. */
  message: string;
}

/** A deferred turn at rest. */
export interface StoredTurn extends NewTurn {
  /** How far it has come, as it was last saved; `null` if it never was. */
  progress: string | null;
  /** What was kept under `stampOf` in the moment it was added; `null` if nothing was. */
  stamp: JsonValue;
}

/** How a turn is added. */
export interface AddTurnOptions {
  /** How long a second turn with the same id counts as a duplicate, in milliseconds. */
  markTtlMs: number;
  /** How many unfinished turns the conversation may have, this one included. */
  maxTurns: number;
  /** The namespace whose value of this conversation (its key) is copied into the turn. */
  stampOf?: string | undefined;
}

/**
 * What became of a turn that was added: it was; it is there already and not finished; it was there
 * and is finished; the conversation has as many as it may.
 */
export type Added = 'added' | 'unfinished' | 'finished' | 'full';

/** What changes in one commit. Each part is optional. */
export interface TurnChanges {
  /** How far a turn has come. */
  save?: { id: string; progress: string } | undefined;
  /** Turns that are finished. Their marks stay. */
  remove?: readonly string[] | undefined;
  /** A value whose key is the conversation, set like `values.compareAndSet`. */
  write?:
    | { namespace: string; value: JsonValue; expected: string | null; ttlMs?: number }
    | undefined;
  /** Items for a list whose key is the conversation, added like `lists.append`. */
  append?: ({ namespace: string; items: readonly JsonValue[] } & ListOptions) | undefined;
}

/**
 * Deferred turns: a queue a conversation. What was added stays until it is removed, whatever
 * becomes of the process, as far as the store survives it.
 */
export interface StoredTurns {
  /**
   * Adds a turn at the end of its conversation and marks its id, in one step: there MUST be no
   * moment, and no crash, that leaves one without the other. The order of the turns MUST be that of
   * the calls. An id that is marked is a duplicate,
   * also where the conversation is full, and an unfinished turn is one after its mark's time as well. When this rejects the turn MAY have been added.
   */
  add(turn: NewTurn, options: AddTurnOptions): MaybePromise<Added>;

  /**
   * The first unfinished turns of a conversation, in the order in which they were added. `limit` MAY be
   * `Infinity`, for all of them.
   */
  waiting(conversation: string, limit: number): MaybePromise<StoredTurn[]>;

  /**
   * Makes changes to the conversation that `lock` is held of: all of them, or none. Only `write`
   * may fail by itself: where the version is another, the rest is done and this resolves to `false`.
   * To remove what is not there, or to append nothing, changes nothing. The lock MUST be held until
   * this has settled.
   *
   * @throws StoreError - with the code `lost_lock` if the lock is not held any more, or the turn to
   *   save is not there: nothing was changed.
   */
  commit(lock: Lock, changes: TurnChanges): MaybePromise<boolean>;

  /**
   * Calls back with each conversation that has unfinished turns which nobody is going to handle:
   * those that an earlier process left, and those of another process that died. A conversation MAY
   * be named more than once, and MUST be named within 15 seconds. `onStranded` MUST NOT throw.
   * Returns what ends the watch.
   */
  watch(onStranded: (conversation: string) => void): () => void;
}

/**
 * News between the processes that share the store. News MAY be lost: they wake and hurry, and carry
 * nothing that has to arrive.
 */
export interface Signals {
  /** Tells everybody who listens, this process included. MUST NOT throw. */
  send(topic: string, news: JsonValue): void;
  /** Listens to a topic. `news` MUST NOT be changed. Returns what ends it. */
  listen(topic: string, listener: (news: JsonValue) => void): () => void;
}

/**
 * Where deferred turns, locks and keyed values live.
 *
 * An implementation MUST pass `storeContract` of `@trunkline/testing`. Everything here MUST be safe
 * to call at the same time from anywhere that the store is shared with. What a promise has resolved
 * to MUST be as durable as the store is. Where the store cannot be reached, a call MUST reject with a
 * `StoreError` within 2 seconds, and MAY be tried again. Where there is nothing to wait for, a call
 * MAY give its result itself instead of a promise; a failure is a rejection all the same.
 */
export interface Store {
  /** What it is, for the log: `memory`. */
  readonly name: string;

  /** Whether what it holds survives the process. */
  readonly durable: boolean;

  /**
   * Whether several processes may use it at the same time. Where not, nobody waits for what a process
   * that is gone has left half done.
   */
  readonly shared: boolean;

  /** Keyed values. */
  readonly values: KeyedValues;

  /** Keyed lists. */
  readonly lists: KeyedLists;

  /** Deferred turns. */
  readonly turns: StoredTurns;

  /** News between processes. */
  readonly signals: Signals;

  /**
   * Waits for the lock of `key`. First come, first served: the place in the line MUST be taken
   * before this returns, in the order of the calls. Different keys MUST NOT wait for one
   * another. A waiter MUST be woken by the release before it, not by polling.
   *
   * @throws The signal's reason, if it aborts while waiting; the place in the line is given up. A
   *   lock that is free MAY be taken although the signal has aborted: the holder looks itself.
   */
  lock(key: string, options?: LockOptions): MaybePromise<Lock>;

  /** Resolves if the store can be used, rejects with the reason if not. */
  ready(): Promise<void>;

  /** Lets go of everything. Called once, when no lock is held any more. */
  close(): Promise<void>;
}
