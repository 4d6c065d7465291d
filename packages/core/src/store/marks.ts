import type { Clock } from '../clock.ts';

/** How long after its time a mark may still take up memory. */
const SWEEP_MS = 60_000;

/**
 * A set of texts that each are in it for a time. There may be millions of them, one a message: each is
 * kept as little more than its text. One timer for all, and only while there are some.
 */
export class Marks {
  readonly #clock: Clock;
  /** Times are counted from here: a small number takes up no memory of its own. */
  readonly #origin: number;
  /** When the time of each is over. */
  readonly #ends = new Map<string, number>();
  /** What each sweep has to look at, by its number. */
  readonly #sweeps = new Map<number, string[]>();
  #cancelSweep: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#origin = clock.now();
  }

  /** Whether it is there. */
  has(mark: string): boolean {
    const end = this.#ends.get(mark);
    return end !== undefined && end > this.#now();
  }

  /** Adds one, for so many milliseconds from now. */
  add(mark: string, ttlMs: number): void {
    const end = this.#now() + ttlMs;
    const isKnown = this.#ends.has(mark);
    this.#ends.set(mark, end);
    // The sweep that looks at it already lets it stay for as long as its time goes on.
    if (!isKnown) this.#leaveTo(end, mark);
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
  }

  /** Forgets all. */
  clear(): void {
    this.#ends.clear();
    this.#sweeps.clear();
    this.#cancelSweep?.();
    this.#cancelSweep = null;
  }

  #now(): number {
    return this.#clock.now() - this.#origin;
  }

  #leaveTo(end: number, mark: string): void {
    const number = Math.floor(end / SWEEP_MS) + 1;
    const marks = this.#sweeps.get(number);
    if (marks === undefined) this.#sweeps.set(number, [mark]);
    else marks.push(mark);
  }

  #sweep(): void {
    this.#cancelSweep = null;
    const now = this.#now();
    for (const [number, marks] of this.#sweeps) {
      if (number * SWEEP_MS > now) continue;
      this.#sweeps.delete(number);
      for (const mark of marks) this.#look(mark, now);
    }
    if (this.#ends.size > 0) {
      this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
    }
  }

  #look(mark: string, now: number): void {
    const end = this.#ends.get(mark) ?? now;
    if (end > now) this.#leaveTo(end, mark);
    else this.#ends.delete(mark);
  }
}
