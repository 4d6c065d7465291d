import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** What can happen to a wire. `reply`: Redis has done the next thing that it is asked, and nobody hears of it. */
export const TROUBLES = /** @type {const} */ (['cut', 'reply', 'silence']);

/** The way from a worker to Redis, which breaks without anybody dying. */
export class Wire {
  #server;
  /** Each connection's end at the worker, and its end at Redis. @type {Map<import('node:net').Socket, import('node:net').Socket>} */
  #ends = new Map();
  /** Those that carry nothing more, and do not say so. @type {Set<import('node:net').Socket>} */
  #silent = new Set();
  #losesReply = false;

  /** @param {number} port */
  constructor(port) {
    this.#server = createServer((near) => this.#join(near, connect(port, '127.0.0.1')));
  }

  /** @param {number} port Redis's */
  static async to(port) {
    const wire = new Wire(port);
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    return wire;
  }

  get url() {
    const address = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    return `redis://127.0.0.1:${address.port}`;
  }

  /** @param {typeof TROUBLES[number]} trouble */
  break(trouble) {
    if (trouble === 'reply') this.#losesReply = true;
    else if (trouble === 'silence') for (const near of this.#ends.keys()) this.#silent.add(near);
    else for (const near of this.#ends.keys()) near.destroy();
  }

  end() {
    this.break('cut');
    this.#server.close();
  }

  /** @param {import('node:net').Socket} near @param {import('node:net').Socket} far */
  #join(near, far) {
    this.#ends.set(near, far);
    for (const end of [near, far]) {
      end.setNoDelay(true);
      end.on('error', () => {});
      end.on('close', () => {
        this.#ends.delete(near);
        this.#silent.delete(near);
        near.destroy();
        far.destroy();
      });
    }
    let isLast = false;
    near.on('data', (data) => {
      if (this.#silent.has(near)) return;
      isLast ||= this.#losesReply;
      this.#losesReply = false;
      far.write(data);
    });
    far.on('data', (data) => {
      if (isLast) near.destroy();
      else if (!this.#silent.has(near)) near.write(data);
    });
  }
}
