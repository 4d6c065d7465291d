import type { Lock, LockOptions, StoredTurn } from '@trunkline/core';
import { closed } from './errors.ts';
import type { Living } from './living.ts';
import { Entries, type Entry } from './entries.ts';
import type { Process } from './process.ts';
import { LEAVE } from './scripts/line.ts';
import { fromRedis } from './text.ts';

/** How long what could not be done in the background is left alone, in milliseconds. */
const AGAIN_MS = 250;

/** A place in a line. */
export interface Ticket {
  /** What is locked. */
  readonly key: string;
  /** What it is called in Redis. A place that was lost is taken again under another name. */
  id: string;
  /** Asked for; in line; given; lost, to be asked for again. */
  state: 'entering' | 'waiting' | 'held' | 'lost';
  /** Gives the waiter the lock. */
  resolve(lock: Lock): void;
  /** Ends the waiting. */
  reject(reason: unknown): void;
  /** Stops listening to the waiter's signal. */
  unlisten(): void;
}

/** What {@link Locks} tell. */
export interface LocksEvents {
  /** Somebody has to wait. */
  onWaiting: () => void;
  /** The last one has left the line of a conversation whose turns wait. */
  onLeftBehind: (conversation: string) => void;
}

/** The locks that this process holds and waits for. The lines themselves are in Redis. */
export class Locks {
  readonly #process: Process;
  readonly #living: Living;
  readonly #events: LocksEvents;
  readonly #entries: Entries;
  /** By key: the turn that a lock is held for, as far as Redis has said so and nobody has asked yet. */
  readonly #heads = new Map<string, { ticket: string; turn: StoredTurn }>();
  readonly #tickets = new Map<number, Map<string, Ticket>>();
  /** What is being done in the background. */
  readonly #chores = new Set<Promise<void>>();
  #waiters = 0;
  #isClosed = false;

  constructor(process: Process, living: Living, events: LocksEvents) {
    this.#process = process;
    this.#living = living;
    this.#events = events;
    this.#entries = new Entries(process);
  }

  /** Whether somebody here waits for a lock. */
  get hasWaiters(): boolean {
    return this.#waiters > 0;
  }

  /** See {@link Store.lock}. */
  take(key: string, options: LockOptions | undefined): Promise<Lock> {
    return new Promise((resolve, reject) => {
      const unlisten = (): void => {};
      const ticket: Ticket = { key, id: '', state: 'entering', resolve, reject, unlisten };
      this.#waiters++;
      void this.#wait(ticket, options);
    });
  }

  /** The ticket of a key that was taken in this very moment: another command may take it along. */
  entryOf(key: string): Entry | null {
    return this.#entries.take(key);
  }

  /** Keeps what Redis said of the turn at the head of a queue: it stays there while the lock is held. */
  keepHead(key: string, ticket: string, turn: StoredTurn): void {
    if (this.#ticketsOf(key).has(ticket)) this.#heads.set(key, { ticket, turn });
  }

  /** The turn at the head of a queue whose lock is held here, if it is known. Once. */
  takeHead(key: string): StoredTurn | null {
    const head = this.#heads.get(key);
    this.#heads.delete(key);
    return head?.turn ?? null;
  }

  /** A process gave this one a lock. */
  given(key: string, id: string, fence: number): void {
    const ticket = this.#ticketsOf(key).get(id);
    if (ticket === undefined) this.#leave(key, id);
    // Older versions say 0 where no record names a holder.
    else if (fence > 0) this.#give(ticket, fence);
  }

  /** Whether this process has nothing to do with a partition's lines. */
  isIdle(partition: number): boolean {
    return (this.#tickets.get(partition)?.size ?? 0) === 0;
  }

  /** The tickets of a partition that Redis should know. */
  inLine(partition: number): Ticket[] {
    const tickets = [...(this.#tickets.get(partition)?.values() ?? [])];
    return tickets
      .filter(({ state }) => state === 'waiting' || state === 'held')
      .map((ticket) => ({ ...ticket }));
  }

  /** What Redis said of a ticket: -1 gone, 0 in line, else the fence of the lock that it holds. */
  isNow({ key, id }: Ticket, fence: number): void {
    const ticket = this.#ticketsOf(key).get(id);
    // It left while Redis was asked.
    if (ticket === undefined) return;
    if (fence > 0) this.#give(ticket, fence);
    if (fence >= 0) return;
    // Others took this process for dead. A lock is lost, as its holder learns at the next commit.
    this.#drop(ticket);
    if (ticket.state !== 'waiting') return;
    ticket.state = 'lost';
    this.#reenter(ticket);
  }

  /** Takes the places again that were lost, and could not be taken again at once. */
  enterAgain(): void {
    for (const tickets of this.#tickets.values()) {
      for (const ticket of tickets.values()) {
        if (ticket.state === 'lost') this.#reenter(ticket);
      }
    }
  }

  /** Leaves every line, and waits until Redis knows. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const tickets of this.#tickets.values()) {
      for (const ticket of tickets.values()) {
        const wasWaiting = ticket.state !== 'held';
        this.#forget(ticket);
        if (wasWaiting) ticket.reject(closed());
      }
    }
    while (this.#chores.size > 0) await Promise.all(this.#chores);
  }

  async #wait(ticket: Ticket, options: LockOptions | undefined): Promise<void> {
    try {
      if (!(await this.#enter(ticket))) return;
      this.#events.onWaiting();
      if (options?.signal) this.#listen(ticket, options.signal);
    } catch (error) {
      // It may have been given over the other connection.
      if (ticket.state !== 'held' && this.#forget(ticket)) ticket.reject(error);
    }
  }

  /** Gets into line. Resolves to whether it waits there. */
  async #enter(ticket: Ticket): Promise<boolean> {
    const { keys, id: process, next } = this.#process;
    const { key } = ticket;
    const partition = keys.partitionOf(key);
    ticket.id = `${process}:${next().toString(36)}`;
    ticket.state = 'entering';
    this.#ticketsOf(key).set(ticket.id, ticket);
    this.#living.touch(partition);
    const { id } = ticket;
    const fence = await this.#entries.ask(key, id);
    const isThere = this.#ticketsOf(key).get(id) === ticket;
    // Given meanwhile, and perhaps released; or it was given up.
    if (!isThere || ticket.state !== 'entering') return false;
    ticket.state = 'waiting';
    if (typeof fence === 'number' && fence > 0) this.#give(ticket, fence);
    // Narrowed by what `#give` did not see.
    return (ticket.state as Ticket['state']) === 'waiting';
  }

  #reenter(ticket: Ticket): void {
    this.#drop(ticket);
    const failed = (): void => {
      if (this.#isClosed || ticket.state !== 'entering') return;
      // The old name may be in line, or may not; it is not needed any more.
      this.#leave(ticket.key, ticket.id);
      ticket.state = 'lost';
    };
    this.#enter(ticket).catch(failed);
  }

  #give(ticket: Ticket, fence: number): void {
    if (ticket.state === 'held') return;
    ticket.state = 'held';
    ticket.unlisten();
    this.#waiters--;
    ticket.resolve({
      key: fromRedis(ticket.key),
      fence,
      release: () => {
        if (this.#drop(ticket)) this.#leave(ticket.key, ticket.id);
      },
    });
  }

  #listen(ticket: Ticket, signal: AbortSignal): void {
    const onAbort = (): void => {
      if (this.#forget(ticket)) ticket.reject(signal.reason);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    ticket.unlisten = () => signal.removeEventListener('abort', onAbort);
  }

  /** Gives a place up. Whether it was still there. */
  #forget(ticket: Ticket): boolean {
    if (!this.#drop(ticket)) return false;
    if (ticket.state !== 'held') this.#waiters--;
    ticket.unlisten();
    this.#leave(ticket.key, ticket.id);
    return true;
  }

  /** Takes a ticket off the books. Whether it was there. */
  #drop({ key, id }: Ticket): boolean {
    const partition = this.#process.keys.partitionOf(key);
    const tickets = this.#tickets.get(partition);
    const wasThere = tickets?.delete(id) === true;
    if (this.#heads.get(key)?.ticket === id) this.#heads.delete(key);
    if (tickets?.size === 0) this.#tickets.delete(partition);
    return wasThere;
  }

  /** Gets out of the line in Redis, however long Redis is away. */
  #leave(key: string, id: string): void {
    // In first, and out then.
    this.#entries.flush(key);
    const chore = this.#leaveNow(key, id);
    this.#chores.add(chore);
    void chore.finally(() => this.#chores.delete(chore));
  }

  async #leaveNow(key: string, id: string): Promise<void> {
    const { link, keys, clock, id: process } = this.#process;
    const names = keys.line(key);
    const args = [id, key, process, keys.processChannels];
    for (;;) {
      try {
        const next = await link.send((client) => LEAVE.run(client, names, args));
        // As the script has it: the ticket that holds the lock now, and its fence.
        const mine = next as [string, number] | 1 | null;
        if (mine === 1) this.#events.onLeftBehind(key);
        else if (mine !== null) this.given(key, mine[0], mine[1]);
        return;
      } catch {
        // Who closes the store waits for one try; the lease does the rest.
        if (this.#isClosed) return;
        await new Promise<void>((resolve) => void clock.after(AGAIN_MS, resolve));
      }
    }
  }

  #ticketsOf(key: string): Map<string, Ticket> {
    const partition = this.#process.keys.partitionOf(key);
    const tickets = this.#tickets.get(partition) ?? new Map<string, Ticket>();
    this.#tickets.set(partition, tickets);
    return tickets;
  }
}
