import type { JsonValue } from '../message/json.ts';
import { DEFAULT_SENDER_ID, type UserMessage } from '../message/user-message.ts';
import type { StoredTurn } from '../store/contract.ts';
import { begunProgress, decodeProgress, newProgress, upToDate, type Progress } from './progress.ts';
import { decodeMessage, toUserMessage, type StoredMessage } from './stored-message.ts';

/** A stored turn, read. */
export interface ReadTurn extends Omit<StoredTurn, 'message' | 'progress'> {
  stored: StoredMessage;
  progress: Progress;
  /** Whether whoever finds it in the store counts its first run as begun. */
  countsAsBegun: boolean;
}

/**
 * Reads what the store has of a turn.
 *
 * @param isNew - Whether it was taken over here, and this is the first look at it.
 */
export function readTurn(turn: StoredTurn, isNew = false): ReadTurn {
  const { conversation, id, message, stamp } = turn;
  const stored = decodeMessage(message);
  const progress = progressOf(turn, stored, isNew);
  const countsAsBegun = turn.progress === null && stored.startsAtOnce === true;
  return { conversation, id, stamp, stored, progress, countsAsBegun };
}

function progressOf({ progress }: StoredTurn, stored: StoredMessage, isNew: boolean): Progress {
  if (progress !== null) return decodeProgress(progress);
  if (stored.progress !== undefined) return upToDate(stored.progress);
  // Whoever was to begin it may have come as far as the first step.
  return stored.startsAtOnce === true && !isNew ? begunProgress() : newProgress();
}

/** Whose message it was. */
export function senderOf({ stored }: { stored: Pick<StoredMessage, 'message'> }): string {
  return stored.message.senderId === null ? DEFAULT_SENDER_ID : String(stored.message.senderId);
}

/** The menu that was open when the message came in; `null` if none was. */
export function stampOf({ stamp, stored }: ReadTurn): JsonValue {
  return stamp ?? stored.stamp ?? null;
}

/** The message of a turn, for one of its runs. */
export function messageOf({ stored }: ReadTurn, attempt: number): UserMessage {
  return toUserMessage(stored, attempt);
}
