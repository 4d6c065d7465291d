// Time that can be moved on, and that counts who waits for it.

/** @typedef {import('@trunkline/core').Clock} Clock */

/** @implements {Clock} */
export class SteeredClock {
  #aheadMs = 0;
  /** @type {Set<{ dueAt: number, fire: () => void }>} */
  #timers = new Set();

  /** How many timers there are. */
  get timers() {
    return this.#timers.size;
  }

  now() {
    return Date.now() + this.#aheadMs;
  }

  /** @param {number} delayMs @param {() => void} callback */
  after(delayMs, callback) {
    const cancel = () => {
      clearTimeout(real);
      this.#timers.delete(timer);
    };
    const fire = () => {
      cancel();
      callback();
    };
    const timer = { dueAt: this.now() + delayMs, fire };
    // Longer than a timer can wait is as good as never here.
    const real = setTimeout(fire, Math.min(delayMs, 2 ** 31 - 1)).unref();
    this.#timers.add(timer);
    return cancel;
  }

  /** Lets time pass at once. @param {number} ms */
  advance(ms) {
    this.#aheadMs += ms;
    for (const timer of this.#timers) if (timer.dueAt <= this.now()) timer.fire();
  }
}
