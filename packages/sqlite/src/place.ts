import { hash } from 'node:crypto';
import { toColumn } from './text.ts';

/** How many places there are: conversations are spread over them evenly. */
export const PLACES: number = 2 ** 48;

/** Where the turns and marks of a conversation are. Two conversations may share a place. */
export function placeOf(conversation: string): number {
  return firstOf(digest(conversation));
}

/**
 * What an id is called in its place. Of a thousand ids in one place, the next one has an equal with
 * a probability of 1 in 9,000,000,000,000: 53 bits, all that a number carries.
 */
export function nameOf(id: string): number {
  const bytes = digest(id);
  return firstOf(bytes) * 32 + (bytes.charCodeAt(6) >> 3);
}

/** The first six bytes as a number. */
function firstOf(bytes: string): number {
  let number = 0;
  for (let i = 0; i < 6; i++) number = number * 256 + bytes.charCodeAt(i);
  return number;
}

/** A character a byte: a buffer is four times as dear. */
function digest(text: string): string {
  return hash('sha256', toColumn(text), 'binary');
}
