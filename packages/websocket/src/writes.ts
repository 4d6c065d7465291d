import type { Duplex } from 'node:stream';

/**
 * What goes out to all clients. What a client is sent until a moment comes goes out in one write, and
 * all clients' at that moment one after the other: writes are dear, and so are moments.
 */
export class Writes {
  readonly #soon = new Gathering((flush) => process.nextTick(flush));
  readonly #later = new Gathering((flush) => void setImmediate(flush));

  /** Sends when there is nothing more to do at once: before anything begins that may take its time. */
  soon(stream: Duplex, bytes: Buffer): void {
    this.#soon.hold(stream);
    stream.write(bytes);
  }

  /** Sends after one more look at the network: with all else that is said until then. */
  later(stream: Duplex, bytes: Buffer): void {
    this.#later.hold(stream);
    stream.write(bytes);
  }
}

/** Streams that are held back until a moment comes. */
class Gathering {
  readonly #schedule: (flush: () => void) => void;
  #streams: Duplex[] = [];

  constructor(schedule: (flush: () => void) => void) {
    this.#schedule = schedule;
  }

  /** Holds one back, unless it is already, for whatever moment. */
  hold(stream: Duplex): void {
    if (stream.writableCorked > 0) return;
    stream.cork();
    if (this.#streams.push(stream) === 1) this.#schedule(this.#flush);
  }

  readonly #flush = (): void => {
    const streams = this.#streams;
    this.#streams = [];
    for (const stream of streams) stream.uncork();
  };
}
