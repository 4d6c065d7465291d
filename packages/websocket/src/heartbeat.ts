import type { Clock } from '@trunkline/core';

/** What is looked after. */
export interface Living {
  /** One interval has passed since the last time. */
  beat(): void;
}

/** In how many groups: all at once would hold up everything else. */
const GROUPS = 16;

/**
 * Looks after every connection once an interval, with one timer for all of them. They are taken in
 * groups, one after the other.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #groups: Set<Living>[] = Array.from({ length: GROUPS }, () => new Set());
  #next = 0;
  #count = 0;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Looks after one. Returns the group that it is in. */
  add(living: Living): Set<Living> {
    // The group whose turn was last: a full interval passes before the first time.
    const group = this.#groups[(this.#next + GROUPS - 1) % GROUPS] ?? new Set();
    group.add(living);
    this.#count++;
    if (this.#cancel === null) this.#schedule();
    return group;
  }

  /** Looks after it no more. */
  remove(living: Living, group: Set<Living>): void {
    if (!group.delete(living)) return;
    this.#count--;
    if (this.#count > 0) return;
    this.#cancel?.();
    this.#cancel = null;
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(this.#intervalMs / GROUPS, () => {
      const group = this.#groups[this.#next] ?? [];
      this.#next = (this.#next + 1) % GROUPS;
      // Before they are looked after: that may end the last one.
      this.#schedule();
      for (const living of group) living.beat();
    });
  }
}
