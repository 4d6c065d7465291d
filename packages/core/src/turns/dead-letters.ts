import { StoreError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../message/json.ts';
import type { UserMessageOptions } from '../message/user-message.ts';
import type { KeyedValues, NewTurn, Store, StoredTurn, StoredTurns } from '../store/contract.ts';
import { isProgress, newProgress, type Progress } from './progress.ts';
import { isText, isTime, objectOf, optional, someOf } from './stored-form.ts';
import { isMessage, type StoredMessage } from './stored-message.ts';
import { turnIdOf } from './turn-id.ts';

/** A deferred turn that was given up. */
export interface DeadLetter {
  /** What `replay` and `discard` are told. */
  id: string;
  /** The channel that the message came in on; empty where that could not be read. */
  channel: string;
  /** When the message was accepted, in milliseconds since 1970. */
  acceptedAt: number;
  /** When the turn was given up, in milliseconds since 1970. */
  diedAt: number;
  /** Why. */
  reason: string;
  /** What the user said, and where to answer; of a response that was sent, only where. */
  message: UserMessageOptions;
  /** How far the turn had come: whether the assistant has answered, what was sent, what waits. */
  progress: Progress;
  /**
   * Of a turn that could not be read, what the store had of it, word for word, and where it stood: its
   * conversation says whose it was. What could not be read is missing elsewhere; then `acceptedAt` is when
   * that was found. Of a letter that is damaged itself, all that there is of it is `message`.
   */
  unread?: Omit<StoredTurn, 'stamp'>;
}

/** The deferred turns that were given up, for an operator. They are kept for 90 days. */
export interface DeadLetters {
  /** All of them, the oldest first. */
  list(): Promise<DeadLetter[]>;
  /** One of them, or `null`. */
  get(id: string): Promise<DeadLetter | null>;
  /**
   * Puts one back at the end of its conversation: what was sent is not sent again, and an assistant
   * that has answered is not run again. Resolves to whether there was one.
   *
   * @throws StoreError - it could not be read (`unread`): nobody knows what was sent.
   */
  replay(id: string): Promise<boolean>;
  /** Forgets one. Resolves to whether there was one. */
  discard(id: string): Promise<boolean>;
}

/** A dead letter with what its replay needs. */
export interface BuriedTurn extends Omit<DeadLetter, 'id' | 'unread'> {
  /** The queue that it stood in. */
  conversation: string;
  /** The conversation's key. */
  key: string;
  /** The stored turn's id. */
  turn: string;
  /** What its steps are called by. */
  turnId: string;
  /** The menu that was open when the message came in: "2" means the same in a replay. */
  stamp?: JsonValue;
  /** The messages that it was joined from, if it was: the assistant gets them in a replay as well. */
  originals?: UserMessageOptions[];
  /** Of a turn that could not be read, what the store had of it. */
  unread?: Pick<StoredTurn, 'message' | 'progress'>;
}

const isBuried = objectOf({
  conversation: isText,
  channel: isText,
  key: isText,
  turn: isText,
  turnId: isText,
  acceptedAt: isTime,
  diedAt: isTime,
  reason: isText,
  message: isMessage,
  progress: isProgress,
  originals: optional(someOf(isMessage)),
});

const NAMESPACE = 'dead-letters';

/** How long they are kept. */
const TTL_MS = 90 * 24 * 60 * 60 * 1000;

/** Turns that were given up, for an operator to look at. Kept for 90 days. */
export class DeadLetterBox {
  readonly #values: KeyedValues;

  constructor(values: KeyedValues) {
    this.#values = values;
  }

  /** Adds one. To add it again changes nothing. */
  async put(buried: BuriedTurn): Promise<void> {
    const id = turnIdOf({ conversation: buried.conversation, id: buried.turn });
    await this.#values.set(NAMESPACE, id, buried as unknown as JsonObject, { ttlMs: TTL_MS });
  }

  /** All of them, the oldest first. */
  async list(): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    for await (const { key, value } of this.#values.entries(NAMESPACE)) {
      letters.push(letterOf(key, value));
    }
    return letters.toSorted((a, b) => a.diedAt - b.diedAt);
  }

  /** One of them, or `null`. */
  async get(id: string): Promise<DeadLetter | null> {
    const stored = await this.#values.get(NAMESPACE, id);
    return stored === null ? null : letterOf(id, stored.value);
  }

  /** Forgets one. Resolves to whether it was there. */
  async discard(id: string): Promise<boolean> {
    return await this.#values.delete(NAMESPACE, id);
  }

  /** Puts one back at the end of its queue. Resolves to the turn, or to `null` if there was no letter. */
  async putBack(
    letterId: string,
    turns: StoredTurns,
  ): Promise<Pick<NewTurn, 'conversation' | 'id'> | null> {
    const stored = await this.#values.get(NAMESPACE, letterId);
    if (stored === null) return null;
    const buried = buriedIn(stored.value);
    if (buried === null || buried.unread !== undefined) throw notReplayable();
    const {
      conversation,
      channel,
      key,
      acceptedAt: at,
      message,
      turnId,
      stamp = null,
      originals,
    } = buried;
    const progress = { ...buried.progress, waits: 0, deaths: 0 };
    delete progress.retryAt;
    delete progress.died;
    delete progress.joined;
    // What was refused for good is tried again: that is what a replay is for.
    progress.steps = progress.steps.map((step) => (step?.state === 'failed' ? null : step));
    // The same whenever this letter is replayed, and that of no other letter of this name: a message
    // that comes again after its mark's time may die again. No message's, since these begin with a
    // channel.
    const id = `~${letterId}.${at}`;
    const replayed: StoredMessage = { channel, key, at, message, progress, turnId, stamp };
    if (originals !== undefined) replayed.originals = originals;
    // Its mark stays for as long as the letter may, which a process that dies now leaves behind.
    await turns.add(
      { conversation, id, message: JSON.stringify(replayed) },
      { markTtlMs: TTL_MS, maxTurns: Number.MAX_SAFE_INTEGER },
    );
    return { conversation, id };
  }
}

/**
 * The dead letters of a store, for a tool beside the servers: what it replays, they handle, within
 * 15 seconds or as soon as one is there.
 */
export function deadLettersIn(store: Store): DeadLetters {
  const box = new DeadLetterBox(store.values);
  return {
    list: () => box.list(),
    get: (id) => box.get(id),
    discard: (id) => box.discard(id),
    async replay(id) {
      const turn = await box.putBack(id, store.turns);
      return turn !== null && (await box.discard(id));
    },
  };
}

/** What is stored as a letter; `null` where it is none. */
function buriedIn(value: JsonValue): BuriedTurn | null {
  return isBuried(value) ? (value as unknown as BuriedTurn) : null;
}

function letterOf(id: string, value: JsonValue): DeadLetter {
  const buried = buriedIn(value);
  if (buried === null) return damagedLetter(id, value);
  const { channel, acceptedAt, diedAt, reason, message, progress, unread } = buried;
  const letter = { id, channel, acceptedAt, diedAt, reason, message, progress };
  if (unread === undefined) return letter;
  const { conversation, turn } = buried;
  return { ...letter, unread: { conversation, id: turn, ...unread } };
}

/** One that is no letter any more must not hide the others. It is the oldest. */
function damagedLetter(id: string, value: JsonValue): DeadLetter {
  return {
    id,
    channel: '',
    acceptedAt: 0,
    diedAt: 0,
    reason: 'what the store has of this dead letter cannot be read',
    message: { text: null, senderId: null, messageId: null },
    progress: newProgress(),
    unread: { conversation: '', id: '', message: JSON.stringify(value), progress: null },
  };
}

function notReplayable(): StoreError {
  const text =
    'this dead letter could not be read, so that nobody knows what was sent: look at it and discard it';
  return new StoreError(text, { code: 'unreadable' });
}
