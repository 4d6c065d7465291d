import type { Clock } from '../clock.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import { sleep } from './sleep.ts';
import type { ReadTurn } from './read-turn.ts';

/** How many windows somebody who never stops typing is waited for. */
const MAX_WINDOWS = 10;

/** How a {@link quietBatch} is gathered. */
export interface QuietBatchOptions {
  clock: Clock;
  /** How long the conversation has to be quiet, in milliseconds. */
  windowMs: number;
  signal: AbortSignal;
  /** The turns of the conversation. */
  waiting: () => MaybePromise<ReadTurn[]>;
}

/**
 * The turns at the head of a conversation that become one: those that follow one another within
 * the window. A choice is a message of its own, and so is what comes after it; so is a replay.
 */
export async function quietBatch(options: QuietBatchOptions): Promise<ReadTurn[]> {
  const { clock, windowMs, signal, waiting } = options;
  let awaited: string | null = null;
  for (;;) {
    const turns = await waiting();
    const count = runLength(turns, windowMs);
    const batch = turns.slice(0, count);
    const [first, last] = [batch[0], batch.at(-1)];
    // What follows is none of it: there is nothing to wait for.
    if (first === undefined || last === undefined || turns.length > count) return batch;
    if (isApart(first)) return batch;
    const quietAt = Math.min(atOf(last) + windowMs, atOf(first) + MAX_WINDOWS * windowMs);
    const left = quietAt - clock.now();
    if (left <= 0 || awaited === last.id) return batch;
    // By another clock, or one that was set back, it may seem to be longer.
    await sleep(clock, Math.min(left, windowMs), signal);
    awaited = last.id;
  }
}

/** How many turns from the first one on belong together. */
function runLength(turns: readonly ReadTurn[], windowMs: number): number {
  const end = turns.findIndex((turn, index) => {
    const before = turns[index - 1];
    if (before === undefined) return false;
    return isApart(turn) || isApart(before) || atOf(turn) - atOf(before) > windowMs;
  });
  return end === -1 ? turns.length : end;
}

/**
 * A choice, a dead letter that is replayed, which has a journal of its own, or one that is given up. One that
 * is answered has begun, whatever a damaged store says of its runs.
 */
function isApart({ stored, progress }: ReadTurn): boolean {
  const isOld = stored.progress !== undefined || progress.died !== undefined || progress.answered;
  return isOld || stored.message.choice !== undefined;
}

function atOf({ stored }: ReadTurn): number {
  return stored.at;
}
