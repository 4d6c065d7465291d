import type { Clock } from '../clock.ts';

/** How long after its time a mark may still take up memory. */
const SWEEP_MS = 60_000;

/**
 * Over how many maps they are spread. A map that is full is written anew, twice as large, and the process
 * waits for that: with half a million marks in one map for half a second.
 */
const PARTS = 64;

/** How many characters say which of the maps: the last ones, in which ids differ. */
const TELLING = 4;

/**
 * A set of texts that each are in it for a time. There may be millions of them, one a message: each is
 * kept as little more than its text. One timer for all, and only while there are some.
 */
export class Marks {
  readonly #clock: Clock;
  /** Times are counted from here: a small number takes up no memory of its own. */
  readonly #origin: number;
  /** When the time of each is over. */
  readonly #ends = Array.from({ length: PARTS }, () => new Map<string, number>());
  #size = 0;
  /** What each sweep has to look at, by its number. */
  readonly #sweeps = new Map<number, string[]>();
  #cancelSweep: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#origin = clock.now();
  }

  /** Whether it is there. */
  has(mark: string): boolean {
    const end = this.#partOf(mark).get(mark);
    return end !== undefined && end > this.#now();
  }

  /** Adds one, for so many milliseconds from now, unless it is there. Whether it was not. */
  add(mark: string, ttlMs: number): boolean {
    const part = this.#partOf(mark);
    const now = this.#now();
    const known = part.get(mark);
    if (known !== undefined && known > now) return false;
    const end = now + ttlMs;
    part.set(mark, end);
    // The sweep that looks at it already lets it stay for as long as its time goes on.
    if (known === undefined) {
      this.#size++;
      this.#leaveTo(end, mark);
    }
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
    return true;
  }

  /** Forgets all. */
  clear(): void {
    for (const part of this.#ends) part.clear();
    this.#size = 0;
    this.#sweeps.clear();
    this.#cancelSweep?.();
    this.#cancelSweep = null;
  }

  #partOf(mark: string): Map<string, number> {
    let hash = 0;
    for (let i = Math.max(0, mark.length - TELLING); i < mark.length; i++) {
      hash = (hash * 31 + mark.charCodeAt(i)) | 0;
    }
    // There is one for each: the number is below their count.
    return this.#ends[hash & (PARTS - 1)] as Map<string, number>;
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
    if (this.#size > 0) {
      this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
    }
  }

  #look(mark: string, now: number): void {
    const part = this.#partOf(mark);
    const end = part.get(mark) ?? now;
    if (end > now) this.#leaveTo(end, mark);
    else if (part.delete(mark)) this.#size--;
  }
}
