import { AsyncResource } from 'node:async_hooks';

/** A call that is due, in the context of whoever has asked for it and not of whoever was the first to. */
class Entry extends AsyncResource {
  /** When it is due, by the monotonic clock. */
  readonly at: number;
  /** `null` once it has left the lane: it holds on to nothing then. */
  make: (() => void) | null;
  /** Its neighbours in the lane. */
  before: Entry | null = null;
  behind: Entry | null = null;

  constructor(at: number, make: () => void) {
    super('TrunklineTimer');
    this.at = at;
    this.make = make;
  }
}

/**
 * Calls that are due after the same delay, with one of Node's timers for all of them. Nearly all are
 * called off, a turn's deadline say: that costs a few assignments, where a timer of their own cost more
 * than most of what a turn does. What was called off leaves at once: left to lie about, it would outlive
 * collections, and hold on to turns that are over.
 */
export class TimerLane {
  readonly #delayMs: number;
  readonly #onEmpty: () => void;
  /** In the order in which they are due. */
  #first: Entry | null = null;
  #last: Entry | null = null;
  #isSet = false;

  /** @param onEmpty - Nothing is left, and no timer runs. */
  constructor(delayMs: number, onEmpty: () => void) {
    this.#delayMs = delayMs;
    this.#onEmpty = onEmpty;
  }

  /** Calls back once after the lane's delay. Returns what calls it off. */
  add(make: () => void): () => void {
    const entry = new Entry(performance.now() + this.#delayMs, make);
    entry.before = this.#last;
    if (this.#last === null) this.#first = entry;
    else this.#last.behind = entry;
    this.#last = entry;
    if (!this.#isSet) this.#set(this.#delayMs);
    // What calls off may be kept for long, and must not keep the context.
    let held: Entry | null = entry;
    return () => {
      if (held !== null) this.#remove(held);
      held = null;
    };
  }

  /** Takes an entry out. Returns what it was to make; `null` where it has left before. */
  #remove(entry: Entry): (() => void) | null {
    const { make, before, behind } = entry;
    if (make === null) return null;
    if (before === null) this.#first = behind;
    else before.behind = behind;
    if (behind === null) this.#last = before;
    else behind.before = before;
    entry.make = null;
    entry.before = null;
    entry.behind = null;
    return make;
  }

  #set(delayMs: number): void {
    this.#isSet = true;
    setTimeout(() => this.#fire(), Math.max(1, Math.ceil(delayMs))).unref();
  }

  #fire(): void {
    const now = performance.now();
    try {
      for (let entry = this.#first; entry !== null && entry.at <= now; entry = this.#first) {
        const make = this.#remove(entry);
        if (make !== null) entry.runInAsyncScope(make);
      }
    } finally {
      // Not before: what a call asks for is due after all that is here. And also where one has thrown:
      // the others are due all the same.
      this.#isSet = false;
      if (this.#first === null) this.#onEmpty();
      else this.#set(this.#first.at - performance.now());
    }
  }
}
