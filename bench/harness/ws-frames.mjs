// WebSocket frames as bytes, as far as the load needs them.
// @see RFC 6455, section 5.2

const TEXT = 0x81;
const CLOSE = 0x88;
const PING = 0x89;
const MASKED = 0x80;

/** What a client answers to every ping. Without the ping's own content, which servers do not check. */
export const PONG = Buffer.from([0x8a, MASKED, 0, 0, 0, 0]);

/** A text frame of a client: its mask is 0, which leaves the text as it is. @param {string} text */
export function textFrame(text) {
  const payload = Buffer.from(text);
  const { length } = payload;
  const head =
    length < 126
      ? [TEXT, MASKED | length, 0, 0, 0, 0]
      : [TEXT, MASKED | 126, length >> 8, length & 0xff, 0, 0, 0, 0];
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Takes frames of a server out of what comes in, in whatever pieces. */
export class FrameReader {
  #onText;
  #onPing;
  #onEnd;
  /** The beginning of a frame whose end is still to come. */
  #rest = Buffer.alloc(0);

  /**
   * @param {(text: string) => void} onText
   * @param {() => void} onPing
   * @param {(reason: string) => void} onEnd
   */
  constructor(onText, onPing, onEnd) {
    this.#onText = onText;
    this.#onPing = onPing;
    this.#onEnd = onEnd;
  }

  /** @param {Buffer} bytes - May be used again by the caller. */
  read(bytes) {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (at + 2 <= all.length) {
      const short = all[at + 1] ?? 0;
      const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
      if (start > all.length) break;
      const length = short < 126 ? short : short === 126 ? all.readUInt16BE(at + 2) : Infinity;
      if (start + length > all.length) break;
      this.#take(all[at] ?? 0, all, start, start + length);
      at = start + length;
    }
    if (at < all.length) this.#rest = Buffer.from(all.subarray(at));
    else if (this.#rest.length > 0) this.#rest = Buffer.alloc(0);
  }

  /** @param {number} type @param {Buffer} bytes @param {number} start @param {number} end */
  #take(type, bytes, start, end) {
    if (type === TEXT) this.#onText(bytes.toString('utf8', start, end));
    else if (type === PING) this.#onPing();
    else if (type === CLOSE) this.#onEnd(`it said ${bytes.readUInt16BE(start)}`);
    else this.#onEnd(`it sent a frame of the type ${type}`);
  }
}
