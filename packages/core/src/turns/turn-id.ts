import { hash } from 'node:crypto';
import type { NewTurn } from '../store/contract.ts';

/** A short name of a stored turn, the same in every run of it, that may stand in an HTTP header. */
export function turnIdOf({ conversation, id }: Pick<NewTurn, 'conversation' | 'id'>): string {
  return hash('sha1', `${conversation.length}:${conversation}${id}`, 'base64url');
}
