import type { Clock } from '../clock.ts';
import { StoreError } from '../errors.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { JsonValue } from '../message/json.ts';
import type {
  Added,
  AddTurnOptions,
  Lock,
  NewTurn,
  StoredTurn,
  StoredTurns,
  TurnChanges,
} from './contract.ts';
import type { LocalLocks } from './local-locks.ts';
import { Marks } from './marks.ts';
import type { MemoryLists } from './memory-lists.ts';
import type { MemoryValues } from './memory-values.ts';

/** A turn at rest; its stamp as JSON text, so that nobody changes it from outside. */
interface Kept {
  id: string;
  message: string;
  progress: string | null;
  stamp: string | null;
}

/** Deferred turns in memory. A conversation without any takes up nothing but its marks. */
export class MemoryTurns implements StoredTurns {
  readonly #locks: LocalLocks;
  readonly #values: MemoryValues;
  readonly #lists: MemoryLists;
  readonly #queues = new Map<string, Kept[]>();
  readonly #marks: Marks;

  constructor(clock: Clock, locks: LocalLocks, values: MemoryValues, lists: MemoryLists) {
    this.#locks = locks;
    this.#values = values;
    this.#lists = lists;
    this.#marks = new Marks(clock);
  }

  add({ conversation, id, message }: NewTurn, options: AddTurnOptions): Added {
    const queue = this.#queues.get(conversation);
    const mark = markOf(conversation, id);
    if (queue?.some((kept) => kept.id === id)) return 'unfinished';
    const isFull = (queue?.length ?? 0) >= options.maxTurns;
    if (isFull) return this.#marks.has(mark) ? 'finished' : 'full';
    if (!this.#marks.add(mark, options.markTtlMs)) return 'finished';
    const { stampOf } = options;
    const stamp = stampOf === undefined ? null : this.#values.peek(stampOf, conversation);
    const kept: Kept = { id, message, progress: null, stamp };
    if (queue === undefined) this.#queues.set(conversation, [kept]);
    else queue.push(kept);
    return 'added';
  }

  waiting(conversation: string, limit: number): StoredTurn[] {
    const queue = this.#queues.get(conversation) ?? [];
    return queue.slice(0, limit).map(({ id, message, progress, stamp }) => {
      const stamped = stamp === null ? null : (JSON.parse(stamp) as JsonValue);
      return { conversation, id, message, progress, stamp: stamped };
    });
  }

  commit(lock: Lock, { save, remove, write, append }: TurnChanges): MaybePromise<boolean> {
    const conversation = lock.key;
    const queue = this.#queues.get(conversation) ?? [];
    const saved = save && queue.find((kept) => kept.id === save.id);
    if (!this.#locks.holds(lock) || (save && saved === undefined))
      return Promise.reject(lostLock());
    if (save && saved) saved.progress = save.progress;
    if (remove !== undefined) this.#remove(conversation, queue, remove);
    if (append) this.#lists.append(append.namespace, conversation, append.items, append);
    if (!write) return true;
    const { namespace, expected, value, ttlMs } = write;
    const options = ttlMs === undefined ? {} : { ttlMs };
    return this.#values.compareAndSet(namespace, conversation, expected, value, options) !== null;
  }

  /** Nothing is left by anybody: what is here dies with the process. */
  watch(): () => void {
    return () => {};
  }

  /** Forgets everything. */
  clear(): void {
    this.#queues.clear();
    this.#marks.clear();
  }

  #remove(conversation: string, queue: Kept[], ids: readonly string[]): void {
    for (const id of ids) {
      const index = queue.findIndex((kept) => kept.id === id);
      // Out of the list as well: the map may hold on to the list for a while, until it is collected.
      if (index !== -1) queue.splice(index, 1);
    }
    if (queue.length === 0) this.#queues.delete(conversation);
  }
}

function lostLock(): StoreError {
  return new StoreError('the lock of the conversation is not held any more: nothing was changed', {
    code: 'lost_lock',
  });
}

/** In one piece: texts that are joined by `+` are kept as their parts, each an object of its own. */
function markOf(conversation: string, id: string): string {
  return [conversation.length, conversation, id].join(':');
}
