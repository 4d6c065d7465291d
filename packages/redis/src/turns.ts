import type {
  Added,
  AddTurnOptions,
  JsonValue,
  Lock,
  MaybePromise,
  NewTurn,
  StoredTurn,
  StoredTurns,
  TurnChanges,
} from '@trunkline/core';
import { againOf } from './client.ts';
import { countOf } from './count.ts';
import type { Entry } from './entries.ts';
import { lostLock } from './errors.ts';
import { itemArgs } from './lists.ts';
import type { Living } from './living.ts';
import type { Locks } from './locks.ts';
import type { Process } from './process.ts';
import { ADD, COMMIT, ENTER_AND_ADD, WAITING } from './scripts/turns.ts';
import { fromRedis, toRedis } from './text.ts';
import type { Watch } from './watch.ts';
import { parse, textOf, ttlOf } from './values.ts';

/** Deferred turns: a list of ids and a hash a conversation. */
export class RedisTurns implements StoredTurns {
  readonly #process: Process;
  readonly #living: Living;
  readonly #locks: Locks;
  readonly #watch: Watch;
  /**
   * What commits were called whose outcome nobody knows, by what they say: the same commit, tried
   * again with the same lock, is the same one.
   */
  readonly #unsure = new WeakMap<Lock, Map<string, string>>();

  constructor(process: Process, parts: { living: Living; locks: Locks; watch: Watch }) {
    const { living, locks, watch } = parts;
    this.#process = process;
    this.#living = living;
    this.#locks = locks;
    this.#watch = watch;
  }

  add(turn: NewTurn, { markTtlMs, maxTurns, stampOf }: AddTurnOptions): Promise<Added> {
    const { keys } = this.#process;
    const [conversation, id] = [toRedis(turn.conversation), toRedis(turn.id)];
    const partition = keys.partitionOf(conversation);
    const names = [
      keys.shared(partition, 'alive'),
      keys.own(conversation, 'queue'),
      keys.own(conversation, 'turns'),
      keys.shared(partition, 'pending'),
      keys.mark(conversation, id),
    ];
    const value = stampOf === undefined ? null : keys.kept('value', toRedis(stampOf), conversation);
    const markTtl = ttlOf(markTtlMs) || String(2 ** 52);
    const about = [conversation, id, toRedis(turn.message), markTtl, maxTurns];
    // Before this returns: the ticket and the turn have their places in the order of the calls.
    const entry = this.#locks.entryOf(conversation);
    return entry === null
      ? this.#add(partition, value === null ? names : [...names, value], about)
      : this.#addWith(entry, turn, [...names, value ?? names[0] ?? ''], [value ? 1 : 0, ...about]);
  }

  waiting(conversation: string, limit: number): MaybePromise<StoredTurn[]> {
    if (limit <= 0) return [];
    const head = limit === 1 ? this.#locks.takeHead(toRedis(conversation)) : null;
    return head === null ? this.#waiting(conversation, limit) : [head];
  }

  async commit(lock: Lock, changes: TurnChanges): Promise<boolean> {
    const { link, keys, unique } = this.#process;
    const says = this.#unsure.has(lock) ? JSON.stringify(changes) : '';
    const id = this.#unsure.get(lock)?.get(says) ?? unique();
    const conversation = toRedis(lock.key);
    this.#locks.takeHead(conversation);
    const partition = keys.partitionOf(conversation);
    const names = [
      keys.own(conversation, 'holder'),
      keys.own(conversation, 'queue'),
      keys.own(conversation, 'turns'),
      keys.shared(partition, 'pending'),
      keys.kept('value', toRedis(changes.write?.namespace ?? ''), conversation),
      keys.kept('list', toRedis(changes.append?.namespace ?? ''), conversation),
    ];
    const args = commitArgs(lock, id, changes);
    let done: unknown;
    try {
      done = await link.send((client) => COMMIT.run(client, names, args));
    } catch (error) {
      const unsure = this.#unsure.get(lock) ?? new Map<string, string>();
      this.#unsure.set(lock, unsure.set(JSON.stringify(changes), id));
      throw error;
    }
    this.#unsure.get(lock)?.delete(says);
    if (done === -1) throw lostLock();
    return done === 1;
  }

  watch(onStranded: (conversation: string) => void): () => void {
    return this.#watch.add(onStranded);
  }

  async #waiting(conversation: string, limit: number): Promise<StoredTurn[]> {
    const { link, keys } = this.#process;
    const key = toRedis(conversation);
    const names = [keys.own(key, 'queue'), keys.own(key, 'turns')];
    const found = await link.send((client) => WAITING.run(client, names, [countOf(limit)]));
    // As the script has it: id, message, progress, stamp.
    const rows = found as [string, string, string | null, string | null][];
    return rows.map(([id, message, progress, stamp]) =>
      this.#open(
        { conversation, id: fromRedis(id), message: fromRedis(message) },
        progress === null ? null : fromRedis(progress),
        stamp,
      ),
    );
  }

  async #add(partition: number, names: string[], about: (string | number)[]): Promise<Added> {
    const { link, timing, id: process } = this.#process;
    const args = [process, timing.leaseMs, ...about];
    this.#living.touch(partition);
    const added = await link.send((client) => ADD.run(client, names, args));
    // It may have taken longer than the partition was kept for.
    this.#living.touch(partition);
    // As the script has it.
    return added as Added;
  }

  /** Adds a turn, and takes along the ticket that was taken for it. */
  async #addWith(
    entry: Entry,
    turn: NewTurn,
    names: string[],
    about: (string | number)[],
  ): Promise<Added> {
    const { link, keys, timing, id: process } = this.#process;
    const conversation = toRedis(turn.conversation);
    const all = [...names, ...keys.line(conversation)];
    const lead = [process, timing.leaseMs, entry.id];
    try {
      const answer = await link.send((client, isAgain) =>
        ENTER_AND_ADD.run(client, all, [...lead, againOf(client, isAgain), ...about]),
      );
      // As the script has it.
      const [fence, added, isHead, stamp] = answer as [number, Added, 0 | 1, string | null];
      if (isHead === 1) this.#locks.keepHead(conversation, entry.id, this.#open(turn, null, stamp));
      entry.resolve(fence);
      this.#living.touch(keys.partitionOf(conversation));
      return added;
    } catch (error) {
      entry.reject(error);
      throw error;
    }
  }

  #open(turn: NewTurn, progress: string | null, stamp: string | null): StoredTurn {
    const { conversation, id, message } = turn;
    const stamped = stamp === null ? null : parse(stamp);
    if (stamp !== null && stamped === null) {
      const { damage, keys } = this.#process;
      damage.tell(keys.own(toRedis(conversation), 'turns'));
    }
    return { conversation, id, message, progress, stamp: stamped?.value ?? null };
  }
}

/** What `COMMIT` takes. */
function commitArgs(lock: Lock, id: string, changes: TurnChanges): (string | number)[] {
  const { save, remove = [], write, append } = changes;
  const args = [toRedis(lock.key), lock.fence, id, save ? 1 : 0, remove.length, write ? 1 : 0];
  const items: readonly JsonValue[] = append?.items ?? [];
  const rest = append && items.length > 0 ? itemArgs(id, items, append) : [];
  // Two of them are not items.
  args.push(Math.max(0, rest.length - 2));
  if (save) args.push(toRedis(save.id), toRedis(save.progress));
  args.push(...remove.map(toRedis));
  // The commit's id is the version: sent again, it is the same.
  if (write) args.push(write.expected ?? '', textOf(id, write.value), ttlOf(write.ttlMs));
  args.push(...rest);
  return args;
}
