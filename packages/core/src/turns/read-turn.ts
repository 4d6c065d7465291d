import type { JsonValue } from '../message/json.ts';
import { DEFAULT_SENDER_ID, type UserMessage } from '../message/user-message.ts';
import type { StoredTurn } from '../store/contract.ts';
import { decodeProgress, newProgress, type Progress } from './progress.ts';
import { decodeMessage, toUserMessage, type StoredMessage } from './stored-message.ts';

/** A stored turn, read. */
export interface ReadTurn extends Omit<StoredTurn, 'message' | 'progress'> {
  stored: StoredMessage;
  progress: Progress;
}

/** Reads what the store has of a turn. */
export function readTurn({ conversation, id, message, progress, stamp }: StoredTurn): ReadTurn {
  const stored = decodeMessage(message);
  const isReplayed = progress === null && stored.progress !== undefined;
  return {
    conversation,
    id,
    stamp,
    stored,
    progress: isReplayed ? (stored.progress ?? newProgress()) : decodeProgress(progress),
  };
}

/** Whose message it was. */
export function senderOf({ stored }: ReadTurn): string {
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
