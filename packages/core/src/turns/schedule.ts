import type { Clock } from '../clock.ts';
import type { Store } from '../store/contract.ts';
import { TurnAbort } from './abort.ts';
import { Admission, overloaded } from './admission.ts';
import type { TurnLimits } from './limits.ts';
import { Slots } from './slots.ts';

/** A turn, or an event, on its way. */
export interface Work {
  channel: string;
  /** The conversation's key. */
  key: string;
  abort: TurnAbort;
}

/** Gives back what was taken: the slot, the lock, the place among what is under way. */
export type Release = () => void;

/** How long aborted work may take to end at shutdown. */
const SHUTDOWN_ABORT_MS = 500;

/**
 * When work is done: one at a time in a conversation, in the order of arrival; side by side across
 * conversations; within the limits.
 */
export class Schedule {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #limits: Required<TurnLimits>;
  readonly #admission: Admission;
  readonly #slots: Slots;
  readonly #underWay = new Set<TurnAbort>();
  readonly #running = new Map<string, TurnAbort>();

  constructor(store: Store, clock: Clock, limits: Required<TurnLimits>) {
    this.#store = store;
    this.#clock = clock;
    this.#limits = limits;
    this.#admission = new Admission(limits);
    this.#slots = new Slots(limits.maxRunning);
  }

  /** Takes work in. @throws OverloadedError - it is over a limit. */
  enter(channel: string, key: string): Work {
    this.#admission.enter(channel, key);
    const abort = new TurnAbort(channel);
    this.#underWay.add(abort);
    return { channel, key, abort };
  }

  /**
   * Takes the ticket, before the first `await`, and waits for the work's turn: the conversation's
   * lock, then a slot. Resolves to what gives both back; has given them back when it rejects.
   *
   * @param maxWaitMs - How long somebody waits for it; `null` for as long as it takes.
   */
  async begin({ channel, key, abort }: Work, maxWaitMs: number | null): Promise<Release> {
    const held: Release[] = [
      () => {
        this.#underWay.delete(abort);
        this.#admission.leave(key);
      },
    ];
    const release = (): void => {
      for (const giveBack of held.splice(0).toReversed()) giveBack();
    };
    let isLate = false;
    const onLate = (): void => {
      isLate = true;
      abort.abort('deadline');
    };
    const stopWaiting = maxWaitMs === null ? null : this.#clock.after(maxWaitMs, onLate);
    try {
      const lock = await this.#store.lock(key, abort);
      held.push(() => lock.release());
      await this.#slots.take(abort);
      held.push(() => this.#slots.release());
      if (abort.reason !== null) throw abort.reason;
      this.#running.set(key, abort);
      held.push(() => this.#running.delete(key));
      return release;
    } catch (error) {
      release();
      throw isLate ? overloaded(channel, 'waited_too_long', 1000) : error;
    } finally {
      stopWaiting?.();
    }
  }

  /**
   * Does the work when its turn has come, within the deadline. The conversation goes on when the
   * work is done, or, if it was ended and does not heed it, after a grace.
   */
  async do({ abort }: Work, begun: Promise<Release>, job: () => Promise<void>): Promise<void> {
    const release = await begun;
    const onDeadline = (): void => abort.abort('deadline');
    const stopDeadline = this.#clock.after(this.#limits.deadlineMs, onDeadline);
    const done = job();
    let lingering: Promise<void> | null = null;
    try {
      await abort.race(done);
    } catch (error) {
      if (abort.isReason(error)) lingering = this.#orAfterGrace(done);
      throw error;
    } finally {
      stopDeadline();
      if (lingering === null) release();
      else void lingering.then(release);
    }
  }

  /** Ends what runs in a conversation. Returns whether there was something. */
  cancel(key: string): boolean {
    const running = this.#running.get(key);
    if (running === undefined || running.reason !== null) return false;
    running.abort('cancelled');
    return true;
  }

  /** Takes nothing more, and resolves when all is done. What is not done after `graceMs` is aborted. */
  async close(graceMs: number): Promise<void> {
    this.#admission.close();
    const idle = this.#admission.idle();
    await new Promise<void>((resolve) => {
      const cancelGrace = this.#clock.after(graceMs, () => {
        for (const abort of this.#underWay) abort.abort('shutdown');
        this.#clock.after(SHUTDOWN_ABORT_MS, resolve);
      });
      void idle.then(cancelGrace).then(resolve);
    });
  }

  #orAfterGrace(done: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(this.#limits.abortGraceMs, resolve);
      done
        .catch(() => {})
        .finally(() => {
          cancel();
          resolve();
        });
    });
  }
}
