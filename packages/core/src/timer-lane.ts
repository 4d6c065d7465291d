import { AsyncResource } from 'node:async_hooks';

interface Entry {
  /** When it is due, by the monotonic clock. */
  at: number;
  /** `null` where it was called off, or has been made. */
  call: Call | null;
}

/** What is called, in the context of whoever has asked for it and not of whoever was the first to. */
interface Call {
  make: () => void;
  context: AsyncResource;
}

/** How many entries that were called off may lie about. */
const MAX_IDLE = 1_000;

/**
 * Calls that are due after the same delay, with one of Node's timers for all of them. Nearly all are
 * called off, a turn's deadline say: that costs an assignment, where a timer of their own cost more than
 * most of what a turn does.
 */
export class TimerLane {
  readonly #delayMs: number;
  readonly #onEmpty: () => void;
  /** In the order in which they are due. */
  #entries: Entry[] = [];
  /** The first of them that may be left. */
  #first = 0;
  #idle = 0;
  #isSet = false;

  /** @param onEmpty - Nothing is left, and no timer runs. */
  constructor(delayMs: number, onEmpty: () => void) {
    this.#delayMs = delayMs;
    this.#onEmpty = onEmpty;
  }

  /** Calls back once after the lane's delay. Returns what calls it off. */
  add(make: () => void): () => void {
    const call: Call = { make, context: new AsyncResource('TrunklineTimer') };
    const entry: Entry = { at: performance.now() + this.#delayMs, call };
    this.#entries.push(entry);
    if (!this.#isSet) this.#set(this.#delayMs);
    return () => {
      if (entry.call === null) return;
      entry.call = null;
      if (++this.#idle > MAX_IDLE) this.#sweep();
    };
  }

  #set(delayMs: number): void {
    this.#isSet = true;
    setTimeout(() => this.#fire(), Math.max(1, Math.ceil(delayMs))).unref();
  }

  #fire(): void {
    const now = performance.now();
    try {
      for (let entry = this.#next(); entry !== null && entry.at <= now; entry = this.#next()) {
        const { call } = entry;
        entry.call = null;
        call?.context.runInAsyncScope(call.make);
      }
    } finally {
      // Not before: what a call asks for is due after all that is here. And also where one has thrown:
      // the others are due all the same.
      this.#isSet = false;
      const next = this.#next();
      if (next === null) this.#onEmpty();
      else this.#set(next.at - performance.now());
    }
  }

  /** The first entry that is left; `null` if none is. */
  #next(): Entry | null {
    for (; this.#first < this.#entries.length; this.#first++) {
      const entry = this.#entries[this.#first];
      if (entry !== undefined && entry.call !== null) return entry;
    }
    this.#entries = [];
    this.#first = 0;
    this.#idle = 0;
    return null;
  }

  /** Lets go of those that were called off, if they are more than the others. */
  #sweep(): void {
    const left = this.#entries.filter(({ call }) => call !== null);
    this.#idle = left.length > MAX_IDLE ? -left.length : 0;
    this.#entries = left;
    this.#first = 0;
  }
}
