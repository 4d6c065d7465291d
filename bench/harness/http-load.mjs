// Load over HTTP/1.1 on keep-alive connections.
// Raw sockets and requests that were serialised beforehand: an HTTP client would cost more than the
// targets, and the driver would be measured instead of them.
import { connect as connectSocket } from 'node:net';
import { ClosedLoop } from './closed-loop.mjs';

/**
 * A request and the reply that it must get.
 * @typedef {object} Exchange
 * @property {Buffer} request
 * @property {number} status
 * @property {string} type - The media type of the body, without parameters.
 * @property {string} body - As latin1, which is how replies are read.
 */

/**
 * @param {string} path
 * @param {unknown} body - Posted as JSON.
 * @param {{ status?: number, body: string }} reply - JSON too.
 * @returns {Exchange}
 */
export function jsonExchange(path, body, reply) {
  const json = JSON.stringify(body);
  const request = Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
  const { status = 200 } = reply;
  const text = Buffer.from(reply.body).toString('latin1');
  return { request, status, type: 'application/json', body: text };
}

/**
 * Load on one target.
 * @extends {ClosedLoop<Exchange>}
 */
export class HttpLoad extends ClosedLoop {
  /**
   * Connects, and checks one reply on each connection.
   * @param {object} options
   * @param {number} options.port
   * @param {number} options.connections
   * @param {() => Exchange | undefined} options.next - What to ask next; `undefined` ends the load.
   * @param {number} [options.durationMs] - Until `next` ends it where it is absent.
   */
  static async connect({ port, connections, next, durationMs }) {
    const opened = Array.from({ length: connections }, () => Connection.open(port));
    const load = new HttpLoad(await Promise.all(opened), next, durationMs);
    await load.once();
    return load;
  }
}

/** One connection, on which one request is under way at a time. */
export class Connection {
  askedAt = 0;
  onReply = () => {};
  onFailure = (/** @type {Error} */ _error) => {};

  /** @type {import('node:net').Socket} */
  #socket;
  /** @type {Exchange | null} */
  #asked = null;
  #received = '';

  /** @param {number} port */
  constructor(port) {
    this.#socket = connectSocket({
      port,
      host: '127.0.0.1',
      noDelay: true,
      // One buffer a connection instead of one a read, and no stream in between.
      onread: {
        buffer: Buffer.allocUnsafe(16_384),
        callback: (size, buffer) => {
          this.#read(/** @type {Buffer} */ (buffer).toString('latin1', 0, size));
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => this.onFailure(error));
    this.#socket.on('close', () => this.onFailure(new Error('the target closed a connection')));
  }

  /** @param {number} port @returns {Promise<Connection>} */
  static open(port) {
    return new Promise((resolve, reject) => {
      const connection = new Connection(port);
      connection.onFailure = reject;
      connection.#socket.once('connect', () => resolve(connection));
    });
  }

  /** @param {Exchange} exchange @param {number} now */
  ask(exchange, now) {
    this.#asked = exchange;
    this.askedAt = now;
    this.#socket.write(exchange.request);
  }

  close() {
    this.onFailure = () => {};
    this.#socket.destroy();
  }

  /** @param {string} text */
  #read(text) {
    const received = this.#received + text;
    const reply = parseReply(received, this.#asked?.type ?? '');
    if (reply === null) {
      this.#received = received;
      return;
    }
    const asked = this.#asked;
    this.#asked = null;
    this.#received = '';
    if (asked === null) this.onFailure(new Error(`a reply that nobody asked for:\n${received}`));
    else if (reply.status === asked.status && reply.body === asked.body) this.onReply();
    else this.onFailure(new Error(`expected ${asked.status} ${asked.body}, got:\n${received}`));
  }
}

const HEAD = /^HTTP\/1\.1 (\d{3}) .*\r\ncontent-length: (\d+)\r\n/is;
const TYPE_HEAD = /\r\ncontent-type: ([^;\r]+)(?:; charset=utf-8)?\r\n/i;

/** The reply, or `null` while it is not complete. @param {string} received @param {string} type */
function parseReply(received, type) {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const head = received.slice(0, headEnd + 2);
  const [, status, length] = HEAD.exec(head) ?? [];
  if (length === undefined) return { status: Number.NaN, body: received };
  if (received.length < headEnd + 4 + Number(length)) return null;
  const body = received.slice(headEnd + 4);
  // A body that is longer than it says is no more equal to the expected one than a wrong one.
  const isTyped = body === '' || TYPE_HEAD.exec(head)?.[1] === type;
  return { status: isTyped ? Number(status) : Number.NaN, body };
}
