import type { Clock } from '../clock.ts';
import type { JsonValue } from '../message/json.ts';
import { DEFAULT_SENDER_ID, type UserMessage } from '../message/user-message.ts';
import type { StoredTurn } from '../store/contract.ts';
import {
  begunProgress,
  decodeProgress,
  newProgress,
  toProgress,
  type Progress,
} from './progress.ts';
import { decodeMessage, toUserMessage, type StoredMessage } from './stored-message.ts';

/** A stored turn, read. */
export interface ReadTurn extends Omit<StoredTurn, 'message' | 'progress'> {
  stored: StoredMessage;
  progress: Progress;
  /** Whether whoever finds it in the store counts its first run as begun. */
  countsAsBegun: boolean;
  /** What the store has of it word for word, where that cannot be read; else `null`. Such a turn is given up. */
  unread: Pick<StoredTurn, 'message' | 'progress'> | null;
}

/** How a turn is read. */
export interface ReadOptions {
  clock: Clock;
  /** Whether it was taken over here, and this is the first look at it. @defaultValue false */
  isNew?: boolean;
}

/** Reads what the store has of a turn. One that cannot be read only has to be put among the dead letters. */
export function readTurn(turn: StoredTurn, { clock, isNew = false }: ReadOptions): ReadTurn {
  const { conversation, id, message, stamp } = turn;
  const stored = decodeMessage(message);
  if (stored === null) return unreadTurn(turn, unknownMessage(turn, clock.now()), 'its message');
  const progress = progressOf(turn, stored, isNew);
  if (progress === null) {
    // A shutdown must not store that it has not begun in the place of what is there.
    delete stored.startsAtOnce;
    delete stored.progress;
    return unreadTurn(turn, stored, 'how far it had come');
  }
  const countsAsBegun = turn.progress === null && stored.startsAtOnce === true;
  return { conversation, id, stamp, stored, progress, countsAsBegun, unread: null };
}

/** @param what - What cannot be read of it. */
function unreadTurn(turn: StoredTurn, stored: StoredMessage, what: string): ReadTurn {
  const { conversation, id, message, progress, stamp } = turn;
  const died = `what the store has of ${what} cannot be read`;
  return {
    conversation,
    id,
    stamp,
    stored,
    progress: { ...newProgress(), died },
    countsAsBegun: false,
    unread: { message, progress },
  };
}

/** What there is to say of a message that cannot be read. Its turn's id begins with the channel. */
function unknownMessage({ conversation, id }: StoredTurn, at: number): StoredMessage {
  const [, channel = '', messageId = id] = /^([^:~!]+):(.*)$/s.exec(id) ?? [];
  return { channel, key: conversation, at, message: { text: null, senderId: null, messageId } };
}

function progressOf(
  { progress }: StoredTurn,
  stored: StoredMessage,
  isNew: boolean,
): Progress | null {
  // Looked at in any case: the steps of before a replay are asked for later on.
  const before = stored.progress === undefined ? undefined : toProgress(stored.progress);
  if (before === null) return null;
  if (progress !== null) return decodeProgress(progress);
  if (before !== undefined) return before;
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
