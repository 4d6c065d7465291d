import type { Client } from './client.ts';
import { notYet } from './errors.ts';
import type { Process } from './process.ts';
import { Deaf, type Living } from './deaf.ts';
import { BURY, EXPIRE, WHO } from './scripts/living.ts';
import { PRUNE } from './scripts/line.ts';
import { fromRedis } from './text.ts';

/** How many conversations are looked at in one go. */
const PAGE = 100;

/**
 * Looks after what dead processes leave: takes their tickets out of the lines, which passes their
 * locks on, and names the conversations whose turns nobody waits for.
 *
 * Runs while somebody watches, and while somebody waits for a lock that a dead process may hold.
 */
export class Watch {
  readonly #process: Process;
  readonly #isWaitedFor: () => boolean;
  readonly #watchers = new Set<(conversation: string) => void>();
  /** The dead whose tickets are gone already, but whose turns nobody here looks after. */
  readonly #pruned = new Set<string>();
  readonly #deaf: Deaf;
  #mayPruneAt = Number.POSITIVE_INFINITY;
  #sweepAt = 0;
  #isRunning = false;
  #isClosed = false;
  #cancel: (() => void) | null = null;

  /** @param isWaitedFor - Whether somebody in this process waits for a lock. */
  constructor(process: Process, isWaitedFor: () => boolean) {
    this.#process = process;
    this.#deaf = new Deaf(process);
    this.#isWaitedFor = isWaitedFor;
  }

  /** See {@link StoredTurns.watch}. */
  add(onStranded: (conversation: string) => void): () => void {
    // A function of its own: the same one may be given twice.
    const watcher = (conversation: string): void => onStranded(conversation);
    this.#watchers.add(watcher);
    this.#process.link.start();
    this.#sweepAt = 0;
    this.#tick();
    return () => void this.#watchers.delete(watcher);
  }

  /** Somebody waits for a lock. */
  wake(): void {
    if (this.#cancel === null) this.#tick();
  }

  /**
   * Turns wait in a conversation whose line is empty: those of a process that went while somebody living
   * was in line, whose ticket was not for them.
   */
  leftBehind(conversation: string): void {
    this.#name(conversation);
  }

  /**
   * The connection is there, or there again. After Redis was away for long everybody's lease is over at
   * once: the living get `graceMs` to say that they live.
   */
  isUp(graceMs: number): void {
    const { clock } = this.#process;
    const at = clock.now() + graceMs;
    this.#mayPruneAt =
      this.#mayPruneAt === Number.POSITIVE_INFINITY ? at : Math.max(at, this.#mayPruneAt);
    this.#sweepAt = 0;
    this.#tick();
  }

  /** Ends it. */
  close(): void {
    this.#isClosed = true;
    this.#watchers.clear();
    this.#cancel?.();
  }

  #tick(): void {
    this.#cancel?.();
    this.#cancel = null;
    const { link, clock } = this.#process;
    if (this.#isClosed || this.#isRunning) return;
    if (this.#watchers.size === 0 && !this.#isWaitedFor()) return;
    // The connection's return begins anew.
    if (!link.isUp) return;
    const waitMs = this.#mayPruneAt - clock.now();
    if (waitMs > 0) return this.#tickAfter(waitMs);
    const isDue = clock.now() >= this.#sweepAt && this.#watchers.size > 0;
    void this.#run(isDue);
  }

  async #run(isDue: boolean): Promise<void> {
    this.#isRunning = true;
    try {
      await (isDue ? this.#sweepAll() : this.#check());
    } catch {
      // The next one looks again.
    }
    this.#isRunning = false;
    // Asked for another one meanwhile.
    const isDueAgain = this.#sweepAt === 0 && this.#watchers.size > 0;
    this.#tickAfter(isDueAgain ? 0 : this.#process.timing.checkMs);
  }

  #tickAfter(delayMs: number): void {
    if (this.#isClosed) return;
    this.#cancel?.();
    this.#cancel = this.#process.clock.after(delayMs, () => this.#tick());
  }

  async #sweepAll(): Promise<void> {
    const { clock, keys, timing } = this.#process;
    this.#sweepAt = clock.now() + timing.sweepMs;
    for (let partition = 0; partition < keys.partitions; partition++) {
      await this.#sweep(partition, true);
    }
    await this.#check();
  }

  /** Looks for processes that died, in all partitions at once. */
  async #check(): Promise<void> {
    const { link, keys } = this.#process;
    const partitions = Array.from({ length: keys.partitions }, (_, partition) => partition);
    const found = await Promise.all(
      partitions.map(async (partition) => {
        const names = [keys.shared(partition, 'alive')];
        const answer = await link.send((client) => WHO.run(client, names, []));
        // As the script has it.
        const [living, expired] = answer as [string[], string[]];
        return { living: pairsOf(living), expired };
      }),
    );
    const deaf = await this.#deaf.among(found.flatMap(({ living }) => living));
    await Promise.all(
      found.map(async ({ living, expired }, partition) => {
        const gone = await this.#expire(
          partition,
          living.filter(([id]) => deaf.has(id)),
        );
        await this.#lookAfter(partition, [...expired, ...gone]);
      }),
    );
  }

  /** Ends leases before their time. Resolves to whose have ended. */
  async #expire(partition: number, processes: readonly Living[]): Promise<string[]> {
    if (processes.length === 0) return [];
    const { link, keys } = this.#process;
    const names = [keys.shared(partition, 'alive')];
    const gone = await link.send((client) => EXPIRE.run(client, names, processes.flat()));
    // As the script has it.
    return gone as string[];
  }

  /** Looks after what dead processes left in a partition. */
  async #lookAfter(partition: number, dead: string[]): Promise<void> {
    const { link, keys } = this.#process;
    const names = [keys.shared(partition, 'alive')];
    const known = (id: string): boolean => this.#pruned.has(`${partition} ${id}`);
    if (dead.length === 0 || (this.#watchers.size === 0 && dead.every(known))) return;
    await this.#sweep(partition, false);
    // Without watchers here, nobody has been told of what the dead left: they stay for others to find.
    if (this.#watchers.size === 0) {
      for (const id of dead) this.#pruned.add(`${partition} ${id}`);
      return;
    }
    await link.send((client) => BURY.run(client, names, dead));
  }

  async #sweep(partition: number, remind: boolean): Promise<void> {
    for (const what of ['lines', 'pending'] as const) {
      const name = this.#process.keys.shared(partition, what);
      let cursor = '0';
      do {
        const from = cursor;
        const [next, found] = await this.#process.link.send((client: Client) =>
          client.sscan(name, from, 'COUNT', PAGE),
        );
        cursor = next;
        await Promise.all(found.map((key) => this.#prune(partition, key, remind)));
      } while (cursor !== '0' && !this.#isClosed);
    }
  }

  async #prune(partition: number, key: string, remind: boolean): Promise<void> {
    const { link, keys, clock } = this.#process;
    const names = [
      ...keys.line(key),
      keys.shared(partition, 'alive'),
      keys.own(key, 'queue'),
      keys.shared(partition, 'pending'),
    ];
    const args = [key, keys.processChannels, remind ? 1 : 0];
    const isStranded = await link.send((client) => {
      // The connection broke while this waited: the living have not yet said that they live.
      if (clock.now() < this.#mayPruneAt) throw notYet();
      return PRUNE.run(client, names, args);
    });
    // As the script has it.
    if (isStranded === 1) this.#name(key);
  }

  #name(key: string): void {
    const conversation = fromRedis(key);
    for (const watcher of this.#watchers) {
      try {
        watcher(conversation);
      } catch {
        // A watcher that throws is its own author's concern, and nobody else's loss.
      }
    }
  }
}

/** Names and numbers, one after the other, as Redis gives them. */
function pairsOf(flat: readonly string[]): Living[] {
  return flat.flatMap((id, i) => (i % 2 === 0 ? [[id, Number(flat[i + 1])] as const] : []));
}
