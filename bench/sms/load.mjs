// Messages over REST: a turn is over when the webhook was acknowledged and both answers were sent.
import { Connection } from '../harness/http-load.mjs';
import { answersTo, nextMessage, NOTHING } from './messages.mjs';

/** How long nothing at all may happen, in milliseconds. */
const SILENCE_MS = 10_000;

/** @typedef {import('../harness/rounds.mjs').Work} Work */

/** A turn under way. @typedef {{ left: string[], isAcknowledged: boolean, onStep: () => void }} Turn */

/** Load on one target: as many turns under way as there are connections. */
export class SmsLoad {
  /** What happened so far: acknowledgements and sends. */
  answered = 0;

  /** @type {readonly Connection[]} */
  #connections;
  #platform;
  #durationMs;
  /** By the user's number. @type {Map<string, Turn>} */
  #turns = new Map();

  /**
   * @param {readonly Connection[]} connections
   * @param {import('./platform.mjs').Platform} platform
   * @param {number} durationMs
   */
  constructor(connections, platform, durationMs) {
    this.#connections = connections;
    this.#platform = platform;
    this.#durationMs = durationMs;
  }

  /** Connects, and has one turn on each connection. @param {object} options
   * @param {number} options.port @param {number} options.connections
   * @param {import('./platform.mjs').Platform} options.platform @param {number} options.durationMs */
  static async connect({ port, connections, platform, durationMs }) {
    const opened = Array.from({ length: connections }, () => Connection.open(port));
    const load = new SmsLoad(await Promise.all(opened), platform, durationMs);
    await load.#drive(0);
    return load;
  }

  /** @returns {Promise<Work>} */
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
      let busy = this.#connections.length;
      let seen = -1;
      const watchdog = setInterval(() => {
        if (seen === this.answered) fail(new Error('the target does not go on'));
        seen = this.answered;
      }, SILENCE_MS);
      const fail = (/** @type {Error} */ error) => {
        clearInterval(watchdog);
        reject(error);
      };
      this.#platform.onSent = (to, body) => {
        const turn = this.#turns.get(to);
        if (turn?.left.shift() !== body) fail(new Error(`a message that nobody expected: ${body}`));
        else turn.onStep();
      };
      const begin = (/** @type {Connection} */ connection) => {
        const now = performance.now();
        if (now > startedAt + durationMs && latenciesMs.length > 0) return end();
        const { from, text, request } = nextMessage();
        const onStep = () => {
          this.answered++;
          if (!turn.isAcknowledged || turn.left.length > 0) return;
          this.#turns.delete(from);
          latenciesMs.push(performance.now() - now);
          if (durationMs === 0) end();
          else begin(connection);
        };
        /** @type {Turn} */
        const turn = { left: answersTo(text), isAcknowledged: false, onStep };
        this.#turns.set(from, turn);
        connection.onFailure = fail;
        connection.onReply = () => {
          turn.isAcknowledged = true;
          onStep();
        };
        connection.ask({ request, status: 200, type: 'text/xml', body: NOTHING }, now);
      };
      const end = () => {
        if (--busy > 0) return;
        clearInterval(watchdog);
        resolve({ turns: latenciesMs.length, latenciesMs });
      };
      for (const connection of this.#connections) begin(connection);
    });
  }
}
