import { isPromise, type MaybePromise } from '../maybe-promise.ts';
import type { Lock } from '../store/contract.ts';
import type { Slots } from './slots.ts';

/** The place of a turn whose time has come: it holds the conversation's lock. */
export class Place {
  /** The conversation's lock. */
  readonly lock: Lock;

  readonly #slots: Slots;
  readonly #onReleased: () => void;
  #hasSlot = false;
  #lingering: Promise<void> | null = null;

  constructor(lock: Lock, slots: Slots, onReleased: () => void) {
    this.lock = lock;
    this.#slots = slots;
    this.#onReleased = onReleased;
  }

  /** Takes a slot, where it has none. Rejects with the reason of its signal if that aborts first. */
  takeSlot(waiter: { readonly signal: AbortSignal }): MaybePromise<void> {
    if (this.#hasSlot) return;
    const waiting = this.#slots.take(waiter);
    if (isPromise(waiting)) return waiting.then(() => void (this.#hasSlot = true));
    this.#hasSlot = true;
  }

  /** Gives the slot back while there is only waiting to do. */
  giveSlot(): void {
    if (this.#hasSlot) this.#slots.release();
    this.#hasSlot = false;
  }

  /** Something still goes on that belongs here: nothing is given back before it has ended. */
  linger(until: Promise<void>): void {
    this.#lingering = until;
  }

  /** Resolves when nothing goes on any more. */
  settled(): MaybePromise<void> {
    return this.#lingering?.then(() => void (this.#lingering = null));
  }

  /** Gives back what was taken: the slot, the lock, the place among what is under way. */
  release(): void {
    if (this.#lingering === null) this.#giveAll();
    else void this.#lingering.then(() => this.#giveAll());
  }

  #giveAll(): void {
    this.giveSlot();
    this.lock.release();
    this.#onReleased();
  }
}
