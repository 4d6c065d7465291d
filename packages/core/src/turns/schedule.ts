import type { Clock } from '../clock.ts';
import type { Lock, Store } from '../store/contract.ts';
import { TurnAbort } from './abort.ts';
import { Admission, overloaded, type Kind } from './admission.ts';
import type { TurnLimits } from './limits.ts';
import { Running } from './running.ts';
import { Slots } from './slots.ts';

/** A message, or an event, on its way. */
export interface Work {
  channel: string;
  kind: Kind;
  /** What it waits for: the conversation, or itself where it is handled beside the others. */
  key: string;
  /** Ends the waiting, and where the work is a live turn, the turn. */
  abort: TurnAbort;
  /** Whether it is left to the next process when this one shuts down. */
  isHandedBack: boolean;
}

/** The place of a turn whose time has come: it holds the conversation's lock. */
export interface Place {
  readonly lock: Lock;
  /** Takes a slot, where it has none. Rejects with the reason of the signal if that aborts first. */
  takeSlot(waiter: { readonly signal: AbortSignal }): Promise<void>;
  /** Gives the slot back while there is only waiting to do. */
  giveSlot(): void;
  /** Something still goes on that belongs here: nothing is given back before it has ended. */
  linger(until: Promise<void>): void;
  /** Resolves when nothing goes on any more. */
  settled(): Promise<void>;
  /** Gives back what was taken: the slot, the lock, the place among what is under way. */
  release(): void;
}

/** How {@link Schedule.begin} waits. */
export interface BeginOptions {
  /** How long somebody waits for it, in milliseconds; `null` for as long as it takes. */
  maxWaitMs: number | null;
  /** Whether it waits for a slot as well. */
  takesSlot: boolean;
}

/** How long aborted work may take to end at shutdown. */
const SHUTDOWN_ABORT_MS = 500;

/**
 * When work is done: one at a time in a conversation, in the order of arrival; side by side across
 * conversations; within the limits.
 */
export class Schedule {
  /** The turns that run. */
  readonly running: Running;

  readonly #store: Store;
  readonly #clock: Clock;
  readonly #admission: Admission;
  readonly #slots: Slots;
  readonly #underWay = new Set<Work>();

  constructor(store: Store, clock: Clock, limits: Required<TurnLimits>) {
    this.#store = store;
    this.#clock = clock;
    this.#admission = new Admission(limits);
    this.#slots = new Slots(limits.maxRunning);
    this.running = new Running(clock, limits);
  }

  /** Takes work in. @throws OverloadedError - it is over a limit. */
  enter(channel: string, key: string, kind: Kind): Work {
    this.#admission.enter(channel, key, kind);
    const isHandedBack = kind !== 'live' && this.#store.durable;
    const work = { channel, kind, key, abort: new TurnAbort(channel), isHandedBack };
    this.#underWay.add(work);
    return work;
  }

  /** Forgets work that has no place yet and will not get one. */
  leave(work: Work): void {
    if (this.#underWay.delete(work)) this.#admission.leave(work.key);
  }

  /**
   * Takes the ticket, before the first `await`, and waits for the work's turn: the conversation's
   * lock, then a slot. Rejects with the reason if the work is ended meanwhile.
   */
  async begin(work: Work, { maxWaitMs, takesSlot }: BeginOptions): Promise<Place> {
    const { channel, key, abort } = work;
    let isLate = false;
    const onLate = (): void => {
      isLate = true;
      abort.abort('deadline');
    };
    const stopWaiting = maxWaitMs === null ? null : this.#clock.after(maxWaitMs, onLate);
    let place: Place | null = null;
    try {
      // Nothing but a shutdown ends the waiting of a deferred turn, and only one that is handed back
      // has somebody to wait for it elsewhere. A signal that is waited with is dear.
      const isEnded = work.kind === 'live' || work.isHandedBack;
      const lock = await this.#store.lock(key, isEnded ? abort : undefined);
      place = this.#place(lock, work);
      if (takesSlot) await place.takeSlot(abort);
      if (abort.reason !== null) throw abort.reason;
      return place;
    } catch (error) {
      place?.release();
      throw isLate ? overloaded(channel, 'waited_too_long', 1000) : error;
    } finally {
      stopWaiting?.();
    }
  }

  /** Takes nothing more, and resolves when all is done. What is not done after `graceMs` is aborted. */
  async close(graceMs: number): Promise<void> {
    this.#admission.close();
    for (const work of this.#underWay) if (work.isHandedBack) work.abort.abort('shutdown');
    const idle = this.#admission.idle();
    await new Promise<void>((resolve) => {
      const cancelGrace = this.#clock.after(graceMs, () => {
        for (const { abort } of this.#underWay) abort.abort('shutdown');
        this.running.abortAll();
        this.#clock.after(SHUTDOWN_ABORT_MS, resolve);
      });
      void idle.then(cancelGrace).then(resolve);
    });
  }

  #place(lock: Lock, work: Work): Place {
    let hasSlot = false;
    let lingering: Promise<void> | null = null;
    const giveSlot = (): void => {
      if (hasSlot) this.#slots.release();
      hasSlot = false;
    };
    const giveAll = (): void => {
      giveSlot();
      lock.release();
      this.leave(work);
    };
    return {
      lock,
      takeSlot: async (waiter) => {
        if (hasSlot) return;
        await this.#slots.take(waiter);
        hasSlot = true;
      },
      giveSlot,
      linger: (until) => {
        lingering = until;
      },
      settled: async () => {
        await lingering;
        lingering = null;
      },
      release: () => {
        if (lingering === null) giveAll();
        else void lingering.then(giveAll);
      },
    };
  }
}
