import { AsyncResource } from 'node:async_hooks';
import type { Clock } from '../clock.ts';

/** So many begin between two looks at the network. */
const AT_ONCE = 8;

/**
 * And all that have waited for so long, in milliseconds: the acknowledgements of a burst are over by
 * then, and what comes in without an end must not pile up.
 */
const PATIENCE_MS = 25;

interface Waiting {
  begin: () => void;
  /** That of whoever has handed it over, and not of whoever was the first to. */
  context: AsyncResource;
  since: number;
}

/**
 * Begins what was taken over after the channels have said so: in a burst, the acknowledgements go first,
 * and the turns then begin a few at a time.
 */
export class Starts {
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #isScheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins something soon. It MUST NOT throw. */
  soon(begin: () => void): void {
    const context = new AsyncResource('TrunklineTurn');
    this.#waiting.push({ begin, context, since: this.#clock.now() });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#begin(this.#waiting.splice(0, this.#due()));
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  /**
   * Begins one after the other, each when the one before waits for something outside, or is over. Turns
   * that run in step are all alive at each collection, which then looks through all that they hold.
   */
  #begin(due: readonly Waiting[], index = 0): void {
    const next = due[index];
    if (next === undefined) return;
    next.context.runInAsyncScope(next.begin);
    // Ticks come before what is only promised, and so this one by way of a promise.
    if (index + 1 < due.length) {
      queueMicrotask(() => process.nextTick(() => this.#begin(due, index + 1)));
    }
  }

  #due(): number {
    const late = this.#clock.now() - PATIENCE_MS;
    const first = this.#waiting.findIndex(({ since }, i) => i >= AT_ONCE && since > late);
    return first === -1 ? this.#waiting.length : first;
  }
}
