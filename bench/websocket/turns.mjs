// What is asked of every target, and what each of them must answer.
import { textFrame } from '../harness/ws-frames.mjs';

/** Rasa's own path and frames, with the name and number that every message of ours has. */
export const PATH = '/webhooks/websocket/ws';

export const QUESTION = 'Is there anything else that I can do for you?';

/** Pieces of one stream. */
export const CHUNKS = 200;

/** @typedef {import('../harness/ws-load.mjs').Exchange} Exchange */

/** A message, and two texts. @param {number} count @returns {Exchange[]} */
export function turnsOf(count) {
  return Array.from({ length: count }, (_, i) => {
    const message = `where is my order number ${i}?`;
    const texts = [`You said: ${message}`, QUESTION];
    return {
      request: textFrame(JSON.stringify({ message })),
      frames: 2,
      isRight: (frame, k, session) =>
        frame.type === 'text' && frame.text === texts[k] && isLogged(frame, session),
    };
  });
}

/**
 * A message, and a stream.
 * @type {Exchange}
 */
export const streamTurn = {
  request: textFrame(JSON.stringify({ message: 'stream' })),
  frames: CHUNKS + 2,
  isRight(frame, i, session) {
    if (i === 0) return frame.type === 'stream_start' && isLogged(frame, session);
    if (i === CHUNKS + 1) {
      return frame.type === 'stream_end' && frame.text === WHOLE && isLogged(frame, session);
    }
    return (
      frame.type === 'stream_chunk' &&
      frame.chunk === pieceOf(i - 1) &&
      frame.offset === offsetOf(i - 1) &&
      frame.recipient_id === session
    );
  },
};

/** A piece of about the size of a model's token. @param {number} i */
export function pieceOf(i) {
  return `word${i} `;
}

const OFFSETS = [0];
for (let i = 0; i < CHUNKS; i++) OFFSETS.push((OFFSETS[i] ?? 0) + pieceOf(i).length);
const WHOLE = Array.from({ length: CHUNKS }, (_, i) => pieceOf(i)).join('');

/** @param {number} i */
function offsetOf(i) {
  return OFFSETS[i];
}

/**
 * @param {{ id?: unknown, seq?: unknown, recipient_id?: unknown }} frame
 * @param {string} session
 */
function isLogged(frame, session) {
  const { id, seq, recipient_id: recipient } = frame;
  return typeof id === 'string' && Number.isInteger(seq) && recipient === session;
}
