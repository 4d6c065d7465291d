import { whenThere, type MaybePromise } from '../maybe-promise.ts';
import type { StoredTurn } from '../store/contract.ts';
import type { DeferredContext } from './deferred-context.ts';
import { readTurn, type ReadTurn } from './read-turn.ts';
import type { Work } from './schedule.ts';

/**
 * The first turns of a conversation that work waits for, as soon as the store tells.
 *
 * @param newId - The one that nobody has looked at before, if there is one.
 */
export function waitingTurns(
  { store, patience, clock }: DeferredContext,
  { key, channel, abort }: Work,
  limit: number = Number.MAX_SAFE_INTEGER,
  newId: string | null = null,
): MaybePromise<ReadTurn[]> {
  const asked = patience.with(abort, channel, () => store.turns.waiting(key, limit));
  const read = (turn: StoredTurn): ReadTurn => readTurn(turn, { clock, isNew: turn.id === newId });
  return whenThere(asked, (turns) => turns.map(read));
}
