// A closed loop: many connections, on each one request at a time, every reply checked.

/** @typedef {import('./rounds.mjs').Work} Work */

/**
 * One connection, on which one request is under way at a time.
 * @template Exchange
 * @typedef {object} LoopConnection
 * @property {number} askedAt - When the request under way was made.
 * @property {() => void} onReply - The reply is there, and right.
 * @property {() => void} [onStep] - Something on the way there has happened.
 * @property {(error: Error) => void} onFailure
 * @property {(exchange: Exchange, now: number) => void} ask
 * @property {() => void} close
 */

/** How long no reply at all may come, in milliseconds. */
const SILENCE_MS = 10_000;

/**
 * The items one after the other, `count` in all: over and over where that is more than there are.
 * @template T
 * @param {readonly T[]} items
 * @param {number} [count]
 * @returns {() => T | undefined}
 */
export function cycle(items, count = Number.POSITIVE_INFINITY) {
  let i = 0;
  return () => (i < count ? items[i++ % items.length] : undefined);
}

/**
 * Load on one target.
 * @template Exchange
 */
export class ClosedLoop {
  /** Replies so far, and steps on the way to others. */
  answered = 0;

  #connections;
  #next;
  #durationMs;

  /**
   * @param {readonly LoopConnection<Exchange>[]} connections
   * @param {() => Exchange | undefined} next - What to ask next; `undefined` ends the load.
   * @param {number} [durationMs] - Until `next` ends it where it is absent.
   */
  constructor(connections, next, durationMs = Number.POSITIVE_INFINITY) {
    this.#connections = connections;
    this.#next = next;
    this.#durationMs = durationMs;
  }

  /**
   * Asks once on each connection.
   * @returns {Promise<Work>}
   */
  once() {
    return this.#drive(0);
  }

  /**
   * Keeps every connection busy for the time. In the end everything that was asked was answered.
   * @returns {Promise<Work>}
   */
  run() {
    return this.#drive(this.#durationMs);
  }

  close() {
    for (const connection of this.#connections) connection.close();
  }

  /** @param {number} durationMs @returns {Promise<Work>} */
  #drive(durationMs) {
    return new Promise((resolve, reject) => {
      /** @type {number[]} */
      const latenciesMs = [];
      const startedAt = performance.now();
      const endsAt = startedAt + durationMs;
      let busy = this.#connections.length;
      let seen = -1;
      const watchdog = setInterval(() => {
        if (seen === this.answered) fail(new Error('the target does not answer any more'));
        seen = this.answered;
      }, SILENCE_MS);
      const fail = (/** @type {Error} */ error) => {
        clearInterval(watchdog);
        reject(error);
      };
      const goOn = (
        /** @type {LoopConnection<Exchange>} */ connection,
        /** @type {number} */ now,
      ) => {
        const exchange = now <= endsAt ? this.#next() : undefined;
        if (exchange !== undefined) {
          connection.ask(exchange, now);
        } else if (--busy === 0) {
          clearInterval(watchdog);
          resolve({ turns: latenciesMs.length, latenciesMs });
        }
      };
      for (const connection of this.#connections) {
        connection.onFailure = fail;
        connection.onStep = () => void this.answered++;
        connection.onReply = () => {
          const now = performance.now();
          this.answered++;
          latenciesMs.push(now - connection.askedAt);
          goOn(connection, now);
        };
        goOn(connection, startedAt);
      }
    });
  }
}
