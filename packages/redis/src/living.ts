import type { Process } from './process.ts';
import { BEAT, LIVE, PART } from './scripts/living.ts';
import type { Locks, Ticket } from './locks.ts';

/** How many tickets are asked after in one go. */
const CHUNK = 200;

/** What {@link Living} tells. */
export interface LivingEvents {
  /** This process counts somewhere: it must listen to its channel, or it is taken for dead. */
  onPresent: () => void;
  /** A beat, while somebody here waits for a lock. */
  onBeat: () => void;
}

/**
 * Says that this process lives, in the partitions where it has turns or tickets, and learns there
 * what has become of its tickets. A process that has nothing says nothing.
 */
export class Living {
  readonly #process: Process;
  readonly #touched = new Set<number>();
  readonly #events: LivingEvents;
  #locks: Locks | null = null;
  #cancel: (() => void) | null = null;
  #isClosed = false;

  constructor(process: Process, events: LivingEvents) {
    this.#process = process;
    this.#events = events;
  }

  /** Whose tickets are asked after. */
  serve(locks: Locks): void {
    this.#locks = locks;
  }

  /** From now on this process counts in a partition. Whoever says so tells Redis with the same command. */
  touch(partition: number): void {
    this.#events.onPresent();
    this.#touched.add(partition);
    this.#schedule();
  }

  /** Does at once what is done at every beat: the connection is back, say. */
  beat(): void {
    this.#cancel?.();
    this.#cancel = null;
    for (const partition of this.#touched) void this.#beatIn(partition).catch(() => {});
    this.#locks?.enterAgain();
    if (this.#locks?.hasWaiters === true) this.#events.onBeat();
    this.#schedule();
  }

  /** Ends this process's lease everywhere, so that nobody waits for it to run out. */
  async part(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    const { link, keys, id } = this.#process;
    const all = Array.from({ length: keys.partitions }, (_, partition) => [
      keys.shared(partition, 'alive'),
      keys.shared(partition, 'pending'),
    ]);
    await Promise.all(all.map((names) => link.send((client) => PART.run(client, names, [id]))));
  }

  #schedule(): void {
    if (this.#isClosed || this.#cancel !== null || this.#touched.size === 0) return;
    const { clock, timing } = this.#process;
    this.#cancel = clock.after(timing.beatMs, () => this.beat());
  }

  async #beatIn(partition: number): Promise<void> {
    const tickets = this.#locks?.inLine(partition) ?? [];
    const mayRest = this.#locks?.isIdle(partition) === true;
    // Touched again while this is under way, it stays.
    if (mayRest) this.#touched.delete(partition);
    else this.#liveIn(partition);
    try {
      const chunks = Math.max(1, Math.ceil(tickets.length / CHUNK));
      for (let chunk = 0; chunk < chunks; chunk++) {
        const asked = tickets.slice(chunk * CHUNK, (chunk + 1) * CHUNK);
        const found = await this.#ask(partition, mayRest, asked);
        if (found === null) return;
        asked.forEach((ticket, i) => this.#locks?.isNow(ticket, found[i] ?? 0));
      }
    } catch {
      // The next beat, or the connection's return, asks again.
    }
    if (mayRest) this.touch(partition);
  }

  /** What is asked with a beat may be on two nodes of a cluster, which answer none of it then. */
  #liveIn(partition: number): void {
    const { link, keys, timing, id } = this.#process;
    if (!link.isClustered) return;
    const names = [keys.shared(partition, 'alive')];
    link.send((client) => LIVE.run(client, names, [id, timing.leaseMs])).catch(() => {});
  }

  async #ask(partition: number, mayRest: boolean, asked: Ticket[]): Promise<number[] | null> {
    const { link, keys, timing, id } = this.#process;
    const names = [keys.shared(partition, 'alive'), keys.shared(partition, 'pending')];
    for (const { key } of asked) names.push(keys.own(key, 'line'), keys.own(key, 'holder'));
    const args = [id, timing.leaseMs, mayRest ? 1 : 0, ...asked.map((ticket) => ticket.id)];
    // As the script has it.
    return (await link.send((client) => BEAT.run(client, names, args))) as number[] | null;
  }
}
