import type { Clock } from '../clock.ts';
import { toError } from '../errors.ts';
import { isPromise, type MaybePromise } from '../maybe-promise.ts';
import type { Lock, Store } from '../store/contract.ts';
import { TurnAbort } from './abort.ts';
import { Admission, isStored, overloaded, type Kind } from './admission.ts';
import { Crowd, type Member } from './crowd.ts';
import type { TurnLimits } from './limits.ts';
import { Place } from './place.ts';
import { Running } from './running.ts';
import { Slots } from './slots.ts';

/** A message, or an event, on its way. */
export interface Work extends Member {
  channel: string;
  kind: Kind;
  /** Of an event, what happened. */
  eventType: string;
  /** Whether nothing else of its conversation was under way here when it came in. */
  isAlone: boolean;
  /** What it waits for: the conversation, or itself where it is handled beside the others. */
  key: string;
  /** Ends the waiting, and where the work is a live turn, the turn. */
  abort: TurnAbort;
  /** Whether it is left to the next process when this one shuts down. */
  isHandedBack: boolean;
  /** Whether its time has come. */
  hasPlace: boolean;
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
  readonly #underWay = new Crowd<Work>();

  constructor(store: Store, clock: Clock, limits: Required<TurnLimits>) {
    this.#store = store;
    this.#clock = clock;
    this.#admission = new Admission(limits);
    this.#slots = new Slots(limits.maxRunning);
    this.running = new Running(clock, limits);
  }

  /** Takes work in. @throws OverloadedError - it is over a limit. */
  enter(channel: string, key: string, kind: Kind, eventType: string = ''): Work {
    const isAlone = this.#admission.enter(channel, key, kind, eventType) === 0;
    const isHandedBack = isStored(kind) && this.#store.durable;
    const abort = new TurnAbort(channel);
    const work: Work = {
      channel,
      kind,
      eventType,
      key,
      isAlone,
      abort,
      isHandedBack,
      hasPlace: false,
      at: -1,
    };
    this.#underWay.add(work);
    return work;
  }

  /** Forgets work that has no place yet and will not get one. */
  leave(work: Work): void {
    if (this.#underWay.delete(work)) this.#admission.leave(work.key, work.kind, work.eventType);
  }

  /**
   * Takes the ticket, before this returns, and waits for the work's turn: the conversation's lock,
   * then a slot. Rejects with the reason if the work is ended meanwhile, and never throws.
   */
  begin(work: Work, options: BeginOptions): MaybePromise<Place> {
    try {
      return this.#begin(work, options);
    } catch (error) {
      return Promise.reject(toError(error));
    }
  }

  #begin(work: Work, options: BeginOptions): MaybePromise<Place> {
    const { key, kind, abort } = work;
    // Nothing but a shutdown ends the waiting of a deferred turn, and that has it forgotten. To wait
    // with a signal is dear.
    const lock = this.#store.lock(key, isStored(kind) ? undefined : abort);
    const mayStart = abort.reason === null && (this.#slots.isFree || !options.takesSlot);
    if (isPromise(lock) || !mayStart) return this.#wait(work, lock, options);
    const place = this.#placeOf(work, lock);
    if (options.takesSlot) void place.takeSlot(abort);
    return place;
  }

  async #wait(
    work: Work,
    taken: MaybePromise<Lock>,
    { maxWaitMs, takesSlot }: BeginOptions,
  ): Promise<Place> {
    const { channel, abort } = work;
    let isLate = false;
    const onLate = (): void => {
      isLate = true;
      abort.abort('deadline');
    };
    const stopWaiting = maxWaitMs === null ? null : this.#clock.after(maxWaitMs, onLate);
    let place: Place | null = null;
    try {
      place = this.#placeOf(work, await taken);
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

  #placeOf(work: Work, lock: Lock): Place {
    work.hasPlace = true;
    return new Place(lock, this.#slots, () => this.leave(work));
  }

  /** Takes nothing more, and resolves when all is done. What is not done after `graceMs` is aborted. */
  async close(graceMs: number): Promise<void> {
    this.#admission.close();
    for (const work of this.#underWay.members()) {
      if (!work.isHandedBack) continue;
      work.abort.abort('shutdown');
      if (!work.hasPlace) this.leave(work);
    }
    const idle = this.#admission.idle();
    await new Promise<void>((resolve) => {
      const cancelGrace = this.#clock.after(graceMs, () => {
        for (const { abort } of this.#underWay.members()) abort.abort('shutdown');
        this.running.abortAll();
        this.#clock.after(SHUTDOWN_ABORT_MS, resolve);
      });
      void idle.then(cancelGrace).then(resolve);
    });
  }
}
