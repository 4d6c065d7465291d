// Turns on Slack: an event in, its acknowledgement, and the answers that the target posts.
import { connect as connectSocket } from 'node:net';
import { eventOf } from './events.mjs';
import { platform } from './platform.mjs';

/** @typedef {import('../harness/rounds.mjs').Work} Work */

/** How long nothing at all may come, in milliseconds. */
const SILENCE_MS = 10_000;

/** So many users that none of them is answered faster than Slack would allow in a channel. */
const USERS = 20_000;

let nextUser = 0;

/**
 * @typedef {object} LoadOptions
 * @property {number} port
 * @property {number} answers - Posts of a turn.
 * @property {number} inFlight - Turns at a time, and connections.
 * @property {number} [durationMs]
 * @property {number} [count] - Turns in all, where there is no time.
 * @property {number} [users]
 * @property {number} [teams]
 */

/** Load on one target. A turn is over when the target has acknowledged it and posted all of its answers. */
export class SlackLoad {
  /** Turns that are over. */
  answered = 0;
  /** How long the acknowledgements took, in milliseconds. @type {number[]} */
  acknowledgedMs = [];

  #options;
  /** @type {Connection[]} */
  #connections;

  /** @param {LoadOptions} options @param {Connection[]} connections */
  constructor(options, connections) {
    this.#options = options;
    this.#connections = connections;
  }

  /** Connects, and makes one turn on each connection. @param {LoadOptions} options */
  static async connect(options) {
    const opened = Array.from({ length: options.inFlight }, () => Connection.open(options.port));
    const load = new SlackLoad(options, await Promise.all(opened));
    await load.#drive({ count: options.inFlight });
    load.acknowledgedMs = [];
    return load;
  }

  /** @returns {Promise<Work>} */
  run() {
    const { durationMs, count } = this.#options;
    return this.#drive(durationMs === undefined ? { count: count ?? 0 } : { durationMs });
  }

  close() {
    for (const connection of this.#connections) connection.close();
  }

  /** @param {{ durationMs?: number, count?: number }} until @returns {Promise<Work>} */
  async #drive({ durationMs = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY }) {
    const { answers, users = USERS, teams = 1 } = this.#options;
    const played = await platform();
    return await new Promise((resolve, reject) => {
      /** @type {number[]} */
      const latenciesMs = [];
      /** @type {Map<string, { left: number, askedAt: number, connection: Connection }>} */
      const open = new Map();
      const endsAt = performance.now() + durationMs;
      let left = count;
      let seen = -1;
      const watchdog = setInterval(() => {
        if (seen === this.answered)
          settle(() => reject(new Error('the target does not answer any more')));
        seen = this.answered;
      }, SILENCE_MS);
      const settle = (/** @type {() => void} */ how) => {
        clearInterval(watchdog);
        how();
      };
      const ask = (/** @type {Connection} */ connection) => {
        if (left <= 0 || performance.now() > endsAt) {
          if (open.size === 0) settle(() => resolve({ turns: latenciesMs.length, latenciesMs }));
          return;
        }
        left--;
        const { channel, request } = eventOf(nextUser++ % users, teams);
        const askedAt = performance.now();
        open.set(channel, { left: answers + 1, askedAt, connection });
        connection.ask(request, () => {
          this.acknowledgedMs.push(performance.now() - askedAt);
          step(channel);
        });
      };
      const step = (/** @type {string} */ channel) => {
        const turn = open.get(channel);
        if (turn === undefined) {
          settle(() => reject(new Error(`a post that nobody asked for: ${channel}`)));
          return;
        }
        if (--turn.left > 0) return;
        open.delete(channel);
        this.answered++;
        latenciesMs.push(performance.now() - turn.askedAt);
        ask(turn.connection);
      };
      played.onPost = step;
      for (const connection of this.#connections) {
        connection.onFailure = (error) => settle(() => reject(error));
        ask(connection);
      }
    });
  }
}

/** One connection, on which one event is under way at a time. Servers close those that idle. */
class Connection {
  onFailure = (/** @type {Error} */ _error) => {};
  #onReply = () => {};
  #received = '';
  /** @type {string | null} */
  #asked = null;
  #port;
  /** @type {import('node:net').Socket | null} */
  #socket = null;

  /** @param {number} port */
  constructor(port) {
    this.#port = port;
  }

  /** @param {number} port @returns {Promise<Connection>} */
  static open(port) {
    return new Promise((resolve, reject) => {
      const connection = new Connection(port);
      connection.onFailure = reject;
      connection.#connected().once('connect', () => resolve(connection));
    });
  }

  /** @param {string} request @param {() => void} onReply */
  ask(request, onReply) {
    this.#onReply = onReply;
    this.#asked = request;
    this.#connected().write(request);
  }

  close() {
    this.#asked = null;
    this.onFailure = () => {};
    this.#socket?.destroy();
  }

  #connected() {
    if (this.#socket !== null) return this.#socket;
    const socket = connectSocket({ port: this.#port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('latin1');
    socket.on('data', (text) => this.#read(String(text)));
    socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      // Crossed on the way, too, where the machine is busy: it is closed next.
      if (this.#socket === socket && error.code !== 'ECONNRESET') this.onFailure(error);
    });
    const onGone = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      const asked = this.#asked;
      if (asked === null) return;
      // The two have crossed on the way: it is asked again, once.
      this.#asked = null;
      if (this.#received === '') this.#connected().write(asked);
      else this.onFailure(new Error('the target closed a connection'));
    };
    socket.on('end', onGone);
    socket.on('close', onGone);
    this.#socket = socket;
    return socket;
  }

  /** Acknowledgements are short, with a length or in chunks. @param {string} text */
  #read(text) {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const head = this.#received.slice(0, headEnd);
    const body = this.#received.slice(headEnd + 4);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    const isChunked = /\r\ntransfer-encoding: *chunked/i.test(head);
    if (
      length === undefined ? isChunked && !body.endsWith('0\r\n\r\n') : body.length < Number(length)
    )
      return;
    this.#received = '';
    this.#asked = null;
    if (head.startsWith('HTTP/1.1 200 ')) this.#onReply();
    else this.onFailure(new Error(`an event was answered\n${head}\n\n${body}`));
  }
}
