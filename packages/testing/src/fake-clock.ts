import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@trunkline/core';

/** A call that is due. */
interface Due {
  at: number;
  callback: () => void;
}

/**
 * Time that stands still until a test moves it.
 *
 * ```ts
 * import { FakeClock } from '@trunkline/testing';
 *
 * const clock = new FakeClock();
 * clock.after(60_000, () => console.log('a minute later'));
 * await clock.advance(60_000);
 * ```
 */
export class FakeClock implements Clock {
  #now: number;
  #due: Due[] = [];

  /** @param now - Where it begins, in milliseconds since 1970. @defaultValue 2020-01-01T00:00:00Z */
  constructor(now: number = Date.UTC(2020)) {
    this.#now = now;
  }

  /** How many callbacks are due some time: 0 when nothing was left behind. */
  get pending(): number {
    return this.#due.length;
  }

  /** {@inheritDoc @trunkline/core#Clock.now} */
  now(): number {
    return this.#now;
  }

  /** {@inheritDoc @trunkline/core#Clock.after} */
  after(delayMs: number, callback: () => void): () => void {
    const due: Due = { at: this.#now + Math.max(0, delayMs), callback };
    this.#due.push(due);
    return () => {
      this.#due = this.#due.filter((other) => other !== due);
    };
  }

  /**
   * Moves on, and calls what becomes due on the way at its own time: the earlier first, of two at
   * the same time the one that was asked for first. Promises that follow from a call are let run
   * before the next one, so that what they ask for in turn becomes due as well.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await setImmediate();
    for (let due = this.#take(end); due !== undefined; due = this.#take(end)) {
      this.#now = due.at;
      due.callback();
      await setImmediate();
    }
    this.#now = end;
  }

  #take(end: number): Due | undefined {
    const [first] = this.#due.toSorted((a, b) => a.at - b.at);
    if (first === undefined || first.at > end) return undefined;
    this.#due = this.#due.filter((other) => other !== first);
    return first;
  }
}
