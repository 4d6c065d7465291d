// Load over WebSockets: raw sockets, as in http-load.mjs and for the same reason.
import { connect as connectSocket } from 'node:net';
import { ClosedLoop } from './closed-loop.mjs';
import { FrameReader, PONG } from './ws-frames.mjs';

/**
 * What is said, and what must be answered.
 * @typedef {object} Exchange
 * @property {Buffer} request - A frame.
 * @property {(frame: any, i: number, session: string) => boolean} isRight - Whether the answer's i-th
 *   frame is what it has to be.
 * @property {number} frames - How many the answer has.
 */

/** How many connections are opened at a time: more, and the system's queue is full. */
const BATCH = 200;

/** All sockets read into the same one: what is read is looked at before anything else is read. */
const BUFFER = Buffer.allocUnsafe(65_536);

/**
 * Load on one target, over connections that stay.
 * @extends {ClosedLoop<Exchange>}
 */
export class WsLoad extends ClosedLoop {}

/** @param {{ port: number, path: string, connections: number }} options */
export async function openConnections({ port, path, connections }) {
  /** @type {WsConnection[]} */
  const opened = [];
  while (opened.length < connections) {
    const batch = Math.min(BATCH, connections - opened.length);
    const opening = Array.from({ length: batch }, () => WsConnection.open(port, path));
    opened.push(...(await Promise.all(opening)));
  }
  return opened;
}

/** One connection, on which one request is under way at a time. */
export class WsConnection {
  askedAt = 0;
  onReply = () => {};
  onFailure = (/** @type {Error} */ _error) => {};

  /** @type {import('node:net').Socket} */
  #socket;
  #reader = new FrameReader(
    (text) => this.#onText(text),
    () => this.#socket.write(PONG),
    (reason) => this.onFailure(new Error(`the target ended a connection: ${reason}`)),
  );
  /** Whether the handshake is over. */
  #isOpen = false;
  #head = '';
  /** The session, once the server has named it. */
  #session = '';
  /** @type {Exchange | null} */
  #asked = null;
  #received = 0;

  /** @param {number} port @param {string} path */
  constructor(port, path) {
    this.#socket = connectSocket({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: BUFFER,
        callback: (size, buffer) => {
          this.#read(/** @type {Buffer} */ (buffer).subarray(0, size));
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => this.onFailure(error));
    this.#socket.on('close', () => this.onFailure(new Error('the target closed a connection')));
    this.#socket.once('connect', () =>
      this.#socket.write(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      ),
    );
  }

  /**
   * Connects; resolves when the server has named the session.
   * @param {number} port @param {string} path @returns {Promise<WsConnection>}
   */
  static open(port, path) {
    return new Promise((resolve, reject) => {
      const connection = new WsConnection(port, path);
      connection.onFailure = reject;
      connection.onReply = () => resolve(connection);
    });
  }

  /** @param {Exchange} exchange @param {number} now */
  ask(exchange, now) {
    this.#asked = exchange;
    this.#received = 0;
    this.askedAt = now;
    this.#socket.write(exchange.request);
  }

  close() {
    this.onFailure = () => {};
    this.#socket.destroy();
  }

  /** @param {Buffer} bytes */
  #read(bytes) {
    if (this.#isOpen) return this.#reader.read(bytes);
    this.#head += bytes.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end === -1) return;
    if (!this.#head.startsWith('HTTP/1.1 101 ')) {
      return this.onFailure(new Error(`no WebSocket: ${this.#head}`));
    }
    this.#isOpen = true;
    const rest = Buffer.from(this.#head.slice(end + 4), 'latin1');
    this.#head = '';
    if (rest.length > 0) this.#reader.read(rest);
  }

  /** @param {string} text */
  #onText(text) {
    const frame = JSON.parse(text);
    const asked = this.#asked;
    if (asked === null) {
      if (frame.type !== 'session' || this.#session !== '') return this.#fail(text);
      this.#session = frame.session;
      return this.onReply();
    }
    // The store has no room for the logs of them all, and nothing was missed.
    if (frame.type === 'gap' && frame.missing === 0) return;
    const i = this.#received++;
    if (!asked.isRight(frame, i, this.#session)) return this.#fail(text);
    if (this.#received < asked.frames) return;
    this.#asked = null;
    this.onReply();
  }

  /** @param {string} text */
  #fail(text) {
    this.onFailure(new Error(`a frame that must not come here: ${text}`));
  }
}
