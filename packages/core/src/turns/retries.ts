import type { Clock } from '../clock.ts';
import type { TurnAbort } from './abort.ts';
import { backOff, type DeliveryOptions } from './delivery-options.ts';
import { failureOf, type SendFailure } from './failure.ts';
import { sleep } from './sleep.ts';

/** What {@link Retries} go by. */
export interface RetryRules {
  clock: Clock;
  abort: TurnAbort;
  policy: Required<DeliveryOptions>;
}

/** Looks at a failed try. Resolves to whether it makes sense to try again. */
export type OnFailed = (error: unknown, failure: SendFailure) => Promise<boolean>;

/** How long to wait before a send is tried again within the turn. */
const BACK_OFF = { firstMs: 250, factor: 2, maxMs: 4_000 };

/** Tries the requests of a turn again, as long as a turn may wait for that. */
export class Retries {
  readonly #rules: RetryRules;
  #parked: SendFailure | null = null;

  constructor(rules: RetryRules) {
    this.#rules = rules;
  }

  /** Why the turn has to wait; `null` while everything could be sent. */
  get parked(): SendFailure | null {
    return this.#parked;
  }

  /** The platform cannot be reached for longer than a turn waits. The first reason stands. */
  park(failure: SendFailure): void {
    this.#parked ??= failure;
  }

  /**
   * Tries until it succeeds, as long as that makes sense and a turn may wait. Otherwise, if it may
   * succeed later, the turn is parked.
   */
  run<T>(
    attempt: () => Promise<T>,
    onFailed: OnFailed = async (_, failure) => failure.retryable,
  ): Promise<T> {
    const startedAt = this.#rules.clock.now();
    return attempt().catch((error) => this.#again(error, startedAt, attempt, onFailed));
  }

  async #again<T>(
    thrown: unknown,
    startedAt: number,
    attempt: () => Promise<T>,
    onFailed: OnFailed,
  ): Promise<T> {
    const { clock, abort, policy } = this.#rules;
    let error = thrown;
    let waitedMs = 0;
    for (let tries = 1; ; tries++) {
      if (abort.reason !== null) throw abort.reason;
      const failure = failureOf(error);
      if (!(await onFailed(error, failure))) throw error;
      const delay = Math.max(failure.retryAfterMs ?? 0, backOff(tries, BACK_OFF));
      // A clock may be set back meanwhile.
      const takenMs = Math.max(clock.now() - startedAt, waitedMs);
      if (takenMs + delay > policy.retryMs) {
        this.park(failure);
        throw error;
      }
      await sleep(clock, delay, abort.signal);
      waitedMs += delay;
      try {
        return await attempt();
      } catch (again) {
        error = again;
      }
    }
  }
}
