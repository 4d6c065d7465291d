import type {
  Added,
  AddTurnOptions,
  JsonValue,
  Lock,
  NewTurn,
  StoredTurn,
  StoredTurns,
  TurnChanges,
} from '@trunkline/core';
import { lostLock } from './errors.ts';
import { itemArgs } from './lists.ts';
import type { Living } from './living.ts';
import type { Process } from './process.ts';
import { ADD, COMMIT, WAITING } from './scripts/turns.ts';
import type { Watch } from './watch.ts';
import { parse, textOf, ttlOf } from './values.ts';

/** Deferred turns: a list of ids and a hash a conversation. */
export class RedisTurns implements StoredTurns {
  readonly #process: Process;
  readonly #living: Living;
  readonly #watch: Watch;
  /**
   * What commits were called whose outcome nobody knows, by what they say: the same commit, tried
   * again with the same lock, is the same one.
   */
  readonly #unsure = new WeakMap<Lock, Map<string, string>>();

  constructor(process: Process, living: Living, watch: Watch) {
    this.#process = process;
    this.#living = living;
    this.#watch = watch;
  }

  async add(turn: NewTurn, { markTtlMs, maxTurns, stampOf }: AddTurnOptions): Promise<Added> {
    const { link, keys, timing, id: process } = this.#process;
    const { conversation, id, message } = turn;
    const partition = keys.partitionOf(conversation);
    const names = [
      keys.own(conversation, 'queue'),
      keys.own(conversation, 'turns'),
      keys.shared(partition, 'pending'),
      keys.mark(conversation, id),
      keys.shared(partition, 'alive'),
      keys.kept('value', stampOf ?? '', conversation),
    ];
    const markTtl = ttlOf(markTtlMs) || String(2 ** 52);
    const stamps = stampOf === undefined ? 0 : 1;
    const about = [conversation, id, message, markTtl, maxTurns, process, timing.leaseMs, stamps];
    this.#living.touch(partition);
    const added = await link.send((client) => ADD.run(client, names, about));
    // It may have taken longer than the partition was kept for.
    this.#living.touch(partition);
    // As the script has it.
    return added as Added;
  }

  async waiting(conversation: string, limit: number): Promise<StoredTurn[]> {
    if (limit <= 0) return [];
    const { link, keys } = this.#process;
    const names = [keys.own(conversation, 'queue'), keys.own(conversation, 'turns')];
    const found = await link.send((client) => WAITING.run(client, names, [limit]));
    // As the script has it: id, message, progress, stamp.
    const rows = found as [string, string, string | null, string | null][];
    return rows.map(([id, message, progress, stamp]) => ({
      conversation,
      id,
      message,
      progress,
      stamp: stamp === null ? null : parse(stamp).value,
    }));
  }

  async commit(lock: Lock, changes: TurnChanges): Promise<boolean> {
    const { link, keys, unique } = this.#process;
    const says = this.#unsure.has(lock) ? JSON.stringify(changes) : '';
    const id = this.#unsure.get(lock)?.get(says) ?? unique();
    const { key: conversation } = lock;
    const partition = keys.partitionOf(conversation);
    const names = [
      keys.own(conversation, 'holder'),
      keys.own(conversation, 'queue'),
      keys.own(conversation, 'turns'),
      keys.shared(partition, 'pending'),
      keys.kept('value', changes.write?.namespace ?? '', conversation),
      keys.kept('list', changes.append?.namespace ?? '', conversation),
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
}

/** What `COMMIT` takes. */
function commitArgs(lock: Lock, id: string, changes: TurnChanges): (string | number)[] {
  const { save, remove = [], write, append } = changes;
  const args = [lock.key, lock.fence, id, save ? 1 : 0, remove.length, write ? 1 : 0];
  const items: readonly JsonValue[] = append?.items ?? [];
  const rest = append && items.length > 0 ? itemArgs(id, items, append) : [];
  // Two of them are not items.
  args.push(Math.max(0, rest.length - 2));
  if (save) args.push(save.id, save.progress);
  args.push(...remove);
  // The commit's id is the version: sent again, it is the same.
  if (write) args.push(write.expected ?? '', textOf(id, write.value), ttlOf(write.ttlMs));
  args.push(...rest);
  return args;
}
