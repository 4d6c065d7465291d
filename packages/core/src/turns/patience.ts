import type { Clock } from '../clock.ts';
import { StoreError } from '../errors.ts';
import { settle, type MaybePromise } from '../maybe-promise.ts';
import type { Telemetry } from '../telemetry.ts';
import type { TurnAbort } from './abort.ts';
import { sleep } from './sleep.ts';

const FIRST_MS = 50;
const MAX_MS = 1_000;

/** Codes of a `StoreError` that waiting does not help against. */
const FINAL = new Set(['lost_lock', 'lost_file']);

/**
 * Asks the store again and again while it cannot be reached: what was accepted waits for it. Gives
 * up when the turn is ended, and where the conversation has passed on to somebody else.
 */
export class Patience {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;

  constructor(clock: Clock, telemetry: Telemetry) {
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** What `ask` resolves to, as soon as it does. */
  with<T>(abort: TurnAbort, channel: string, ask: () => MaybePromise<T>): MaybePromise<T> {
    const again = (error: unknown): Promise<T> => this.#again(error, { abort, channel, ask });
    return settle(ask, (result) => result, again);
  }

  async #again<T>(
    thrown: unknown,
    { abort, channel, ask }: { abort: TurnAbort; channel: string; ask: () => MaybePromise<T> },
  ): Promise<T> {
    let error = thrown;
    abort.stalls++;
    try {
      for (let delay = FIRST_MS; ; delay = Math.min(2 * delay, MAX_MS)) {
        if (!isPassing(error)) throw error;
        if (abort.reason !== null) throw abort.reason;
        this.#telemetry.error(error, { channel, stage: 'store' }, abort);
        await sleep(this.#clock, delay, abort.signal);
        try {
          return await ask();
        } catch (again) {
          error = again;
        }
      }
    } finally {
      abort.stalls--;
    }
  }
}

/** Whether a failure of the store may be over later. */
export function isPassing(error: unknown): boolean {
  return error instanceof StoreError && !FINAL.has(error.code);
}

/** Whether somebody else has the conversation now. */
export function isLost(error: unknown): boolean {
  return error instanceof StoreError && FINAL.has(error.code);
}
