/** Ends a message that is one frame, and is a text. */
const FINAL_TEXT = 0x81;

/** In the place of a length: two bytes with it follow, or eight. */
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

/**
 * A text as a WebSocket frame, in one piece. `ws` writes the head and the text apart, and to get the two
 * together again costs more than all that it does. What a server sends is not masked.
 *
 * @see RFC 6455, section 5.2
 */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headLength = length < TWO_BYTES ? 2 : length <= 0xffff ? 4 : 10;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = FINAL_TEXT;
  if (headLength === 2) frame[1] = length;
  else if (headLength === 4) {
    frame[1] = TWO_BYTES;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = EIGHT_BYTES;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headLength);
  return frame;
}
