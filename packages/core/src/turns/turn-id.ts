import { createHash } from 'node:crypto';
import type { NewTurn } from '../store/contract.ts';

/** A short name of a stored turn, the same in every run of it, that may stand in an HTTP header. */
export function turnIdOf({ conversation, id }: Pick<NewTurn, 'conversation' | 'id'>): string {
  const hash = createHash('sha1').update(`${conversation.length}:${conversation}${id}`);
  return hash.digest('base64url');
}
