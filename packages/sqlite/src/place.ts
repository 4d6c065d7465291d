import { hash } from 'node:crypto';
import { toColumn } from './text.ts';

/** How many places there are: conversations are spread over them evenly. */
export const PLACES: number = 2 ** 48;

/** Where the turns and marks of a conversation are. Two conversations may share a place. */
export function placeOf(conversation: string): number {
  return digest(conversation).readUIntBE(0, 6);
}

/**
 * What an id is called in its place. Of a thousand ids in one place, the next one has an equal with
 * a probability of 1 in 9,000,000,000,000: 53 bits, all that a number carries.
 */
export function nameOf(id: string): number {
  const bytes = digest(id);
  return bytes.readUIntBE(0, 6) * 32 + (bytes.readUInt8(6) >> 3);
}

function digest(text: string): Buffer {
  return hash('sha256', toColumn(text), 'buffer');
}
