import type { Clock } from '../clock.ts';
import { backOff, longest, type DeliveryOptions } from './delivery-options.ts';
import type { Place } from './place.ts';
import type { Progress } from './progress.ts';
import { sleep } from './sleep.ts';

/** The longest that a turn waits because it was told to, in milliseconds: its conversation waits with it. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

/** How often somebody who waits looks at the clock, in milliseconds. */
const LOOK_MS = 60_000;

/** What {@link Tries} go by. */
export interface TryRules {
  clock: Clock;
  policy: Required<DeliveryOptions>;
}

/** How often a turn was tried, how often its process died of it, and when it is tried again. */
export class Tries {
  readonly #progress: Progress;
  readonly #rules: TryRules;
  #isUnderWay = false;

  /** @param progress - That of the turn, where all of this is kept. Whoever changes it saves it. */
  constructor(progress: Progress, rules: TryRules) {
    this.#progress = progress;
    this.#rules = rules;
  }

  /** Whether its processes have died as often as they may. */
  get isDeadly(): boolean {
    return this.#progress.deaths >= this.#rules.policy.attempts;
  }

  /** Whether they have died so often that it may well be the turn's doing. */
  get isSuspect(): boolean {
    return this.#progress.deaths >= Math.ceil(this.#rules.policy.attempts / 2);
  }

  /** A try begins. Until it ends, it counts as one that the process has died of. */
  begin(): void {
    this.#progress.deaths++;
    this.#isUnderWay = true;
  }

  /** The process has survived the try. */
  end(): void {
    this.#progress.deaths = 0;
    this.#isUnderWay = false;
  }

  /** A try that is under way is ended in good order, and left to another process. Whether there was one. */
  leave(): boolean {
    const wasUnderWay = this.#isUnderWay;
    this.#isUnderWay = false;
    if (wasUnderWay) this.#progress.deaths--;
    return wasUnderWay;
  }

  /** Takes note of when the turn is tried again. Returns `false` if it was tried often enough. */
  schedule(retryAfterMs: number | null): boolean {
    const { clock, policy } = this.#rules;
    const waits = ++this.#progress.waits;
    if (waits >= policy.attempts) return false;
    const { firstDelayMs: firstMs, maxDelayMs: maxMs } = policy;
    const delay = backOff(waits, { firstMs, factor: 4, maxMs });
    const waitMs = Math.max(delay, Math.min(retryAfterMs ?? 0, LONGEST_MS));
    this.#progress.retryAt = clock.now() + waitMs;
    this.#progress.waitMs = waitMs;
    return true;
  }

  /** Waits until the turn is to be tried again, without a slot. */
  async due(waiter: { readonly place: Place; readonly signal: AbortSignal }): Promise<void> {
    const { retryAt, waitMs = LONGEST_MS } = this.#progress;
    if (retryAt === undefined) return;
    const { clock, policy } = this.#rules;
    // The clock may have been far ahead when that was stored.
    const longestMs = Math.max(LONGEST_MS, longest(policy.maxDelayMs));
    let left = Math.min(retryAt - clock.now(), waitMs, longestMs);
    if (left > 0) waiter.place.giveSlot();
    // A clock that was wrong at first is put right meanwhile; one that is set back makes it no longer.
    for (; left > 0 && clock.now() < retryAt; left -= LOOK_MS) {
      await sleep(clock, Math.min(left, LOOK_MS), waiter.signal);
    }
    delete this.#progress.retryAt;
    delete this.#progress.waitMs;
  }
}
