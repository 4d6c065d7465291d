// What a model says, for both targets: each piece comes by itself, as pieces from a network do.
import { setImmediate as next } from 'node:timers/promises';
import { CHUNKS, pieceOf } from '../turns.mjs';

export async function* pieces() {
  for (let i = 0; i < CHUNKS; i++) {
    await next();
    yield pieceOf(i);
  }
}
