// Messages over REST: a turn is over when the webhook was acknowledged and both answers were sent.
import { ClosedLoop } from '../harness/closed-loop.mjs';
import { Connection } from '../harness/http-load.mjs';
import { answersTo, nextMessage, NOTHING } from './messages.mjs';

/** @typedef {ReturnType<typeof nextMessage>} Message */

/**
 * Load on one target: as many turns under way as there are connections.
 * @extends {ClosedLoop<Message>}
 */
export class SmsLoad extends ClosedLoop {
  /** Connects, and has one turn on each connection. @param {object} options
   * @param {number} options.port @param {number} options.connections
   * @param {import('./platform.mjs').Platform} options.platform @param {number} options.durationMs */
  static async connect({ port, connections, platform, durationMs }) {
    /** By the user's number. @type {Map<string, TurnConnection>} */
    const turns = new Map();
    const opened = Array.from({ length: connections }, async () => {
      return new TurnConnection(await Connection.open(port), turns);
    });
    const all = await Promise.all(opened);
    platform.onSent = (to, body) => {
      const turn = turns.get(to);
      if (turn !== undefined) turn.sent(body);
      else all[0]?.onFailure(new Error(`a message to nobody who waits: ${body}`));
    };
    const load = new SmsLoad(all, nextMessage, durationMs);
    await load.once();
    return load;
  }
}

/** One connection, on which one turn is under way at a time. */
class TurnConnection {
  askedAt = 0;
  onReply = () => {};
  onStep = () => {};
  onFailure = (/** @type {Error} */ _error) => {};

  #connection;
  #turns;
  /** Whose turn it is. */
  #from = '';
  /** The answers that are not sent yet. @type {string[]} */
  #left = [];
  #isAcknowledged = false;

  /** @param {Connection} connection @param {Map<string, TurnConnection>} turns */
  constructor(connection, turns) {
    this.#connection = connection;
    this.#turns = turns;
    connection.onFailure = (error) => this.onFailure(error);
    connection.onReply = () => {
      this.#isAcknowledged = true;
      this.#step();
    };
  }

  /** @param {Message} message @param {number} now */
  ask({ from, text, request }, now) {
    this.askedAt = now;
    this.#from = from;
    this.#left = answersTo(text);
    this.#isAcknowledged = false;
    this.#turns.set(from, this);
    this.#connection.ask({ request, status: 200, type: 'text/xml', body: NOTHING }, now);
  }

  /** The platform has taken a message to this turn's user. @param {string} body */
  sent(body) {
    if (this.#left.shift() === body) this.#step();
    else this.onFailure(new Error(`a message that nobody expected: ${body}`));
  }

  close() {
    this.onFailure = () => {};
    this.#connection.close();
  }

  #step() {
    if (!this.#isAcknowledged || this.#left.length > 0) {
      this.onStep();
      return;
    }
    this.#turns.delete(this.#from);
    this.onReply();
  }
}
