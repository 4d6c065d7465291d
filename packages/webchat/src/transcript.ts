/*
 * What is to be shown of a conversation, as a pure function of what came and what was said. Whatever
 * is cut, repeated or resumed in between: every message stands there once, in the server's order.
 */
import type {
  AttachmentFrame,
  ButtonsFrame,
  CustomFrame,
  ElementsFrame,
  GapFrame,
  ImageFrame,
  LoggedFrame,
  QuickRepliesFrame,
  ServerFrame,
  SessionFrame,
  StreamChunkFrame,
  TextFrame,
  UserFrame,
} from './wire.ts';
import { isLogged } from './frames.ts';
import type { ClientError } from './options.ts';

/** Where an entry stands. */
export interface EntryPlace {
  /** Its name in the list, the same as long as it is there. */
  key: string;
  /** How many conversations came before the one that it belongs to. */
  epoch: number;
  /** Its place in the conversation; `null` at the end, until the server has given it one. */
  seq: number | null;
}

/** A message of the assistant's that came as a whole. */
export interface MessageEntry extends EntryPlace {
  kind: 'message';
  /** What is to be shown. */
  frame:
    | TextFrame
    | ImageFrame
    | AttachmentFrame
    | ButtonsFrame
    | QuickRepliesFrame
    | ElementsFrame
    | CustomFrame;
}

/** A message of the assistant's that grows, or has grown. */
export interface StreamEntry extends EntryPlace {
  kind: 'stream';
  /** What was said so far. */
  text: string;
  /** Whether more may come. */
  state: 'open' | 'done' | 'interrupted' | 'stopped';
}

/** What the user said, here or in another tab. */
export interface UserEntry extends EntryPlace {
  kind: 'user';
  /** The name that the client gave it; `null` where another program said it without one. */
  id: string | null;
  /** What was typed, or what the button said. */
  text: string;
  /** Whether the server has it. */
  status: 'pending' | 'sent' | 'failed';
  /** Why it failed, in English. */
  error: string | null;
  /** Why it failed, for programs. One that is `too_long` cannot be sent again. */
  code: ClientError['code'] | null;
}

/** Messages are missing here. */
export interface GapEntry extends EntryPlace {
  kind: 'gap';
  /** How many; `null` where nobody knows. */
  missing: number | null;
}

/** The server does not know what is above any more: a new conversation begins. */
export interface AnewEntry extends EntryPlace {
  kind: 'anew';
}

/** One thing to show. */
export type Entry = MessageEntry | StreamEntry | UserEntry | GapEntry | AnewEntry;

/** What is to be shown. Never changed in place: an entry that is the same object looks the same. */
export interface Transcript {
  /** The oldest first. */
  readonly entries: readonly Entry[];
  /** The session; `null` before the first. */
  readonly session: string | null;
  /** The last number that was seen of it: what to resume after. */
  readonly seq: number;
  /** How many sessions came before this one: numbers of different sessions do not compare. */
  readonly epoch: number;
}

/** What can happen to a transcript. */
export type TranscriptAction =
  | { type: 'received'; frame: ServerFrame }
  | { type: 'said'; id: string; text: string }
  | { type: 'failed'; id: string; code: ClientError['code']; error: string }
  | { type: 'retried'; id: string };

/** Nothing was said. */
export const emptyTranscript: Transcript = { entries: [], session: null, seq: 0, epoch: 0 };

/** The transcript after something happened. */
export function transcript(before: Transcript, action: TranscriptAction): Transcript {
  switch (action.type) {
    case 'received':
      return receive(before, action.frame);
    case 'said': {
      const { id, text } = action;
      const place = { key: userKey(id), epoch: before.epoch, seq: null };
      return put(before, { kind: 'user', ...place, id, text, status: 'pending', ...NO_ERROR });
    }
    case 'failed': {
      const { code, error } = action;
      return change(before, userKey(action.id), { status: 'failed', error, code });
    }
    case 'retried':
      break;
  }
  return change(before, userKey(action.id), { status: 'pending', ...NO_ERROR });
}

const NO_ERROR = { error: null, code: null };

/** What is told as one thing: the user's message under the client's name, all else under the server's. */
function userKey(clientId: string): string {
  return `user:${clientId}`;
}

function receive(before: Transcript, frame: ServerFrame): Transcript {
  if (isLogged(frame)) {
    return { ...log(before, frame), seq: Math.max(before.seq, frame.seq) };
  }
  switch (frame.type) {
    case 'session':
      return enter(before, frame);
    case 'stream_chunk':
      return grow(before, frame);
    case 'gap':
      return miss(before, frame);
    case 'ack': {
      const { id, seq = null } = frame;
      // A number of our own message says nothing of those before it, which may still be on their way.
      return change(before, userKey(id), { status: 'sent', ...NO_ERROR, seq: seq ?? before.seq });
    }
    case 'typing':
    case 'error':
    case 'pong':
      break;
  }
  return before;
}

function log(before: Transcript, frame: LoggedFrame): Transcript {
  const { epoch } = before;
  const place = { key: frame.id, epoch, seq: frame.seq };
  const known = before.entries.find(({ key }) => key === frame.id);
  switch (frame.type) {
    case 'user':
      return hear(before, frame);
    case 'stream_start':
      if (known !== undefined) return before;
      return put(before, { kind: 'stream', ...place, text: '', state: 'open' });
    case 'stream_end': {
      const { interrupted, stopped } = frame;
      const state = interrupted ? 'interrupted' : stopped ? 'stopped' : 'done';
      if (known?.kind === 'stream') return change(before, frame.id, { text: frame.text, state });
      return put(before, { kind: 'stream', ...place, text: frame.text, state });
    }
    case 'text':
    case 'image':
    case 'attachment':
    case 'buttons':
    case 'quick_replies':
    case 'elements':
    case 'custom':
      break;
  }
  return known === undefined ? put(before, { kind: 'message', ...place, frame }) : before;
}

/** What the user said: ours, if it has a name that we gave. */
function hear(before: Transcript, frame: UserFrame): Transcript {
  const { client_id: id = null, seq } = frame;
  const { epoch } = before;
  const key = userKey(id ?? frame.id);
  const text = frame.choice?.title ?? frame.text;
  return put(before, { kind: 'user', key, epoch, seq, id, text, status: 'sent', ...NO_ERROR });
}

function grow(before: Transcript, { id, offset, chunk }: StreamChunkFrame): Transcript {
  const known = before.entries.find(({ key }) => key === id);
  if (known === undefined && offset === 0) {
    // Its start was lost to the bound of the log.
    const { epoch, seq } = before;
    return put(before, { kind: 'stream', key: id, epoch, seq, text: chunk, state: 'open' });
  }
  if (known?.kind !== 'stream' || known.state !== 'open') return before;
  // A piece before it is missing: a text with a hole is worse than one that waits for its end.
  if (offset > known.text.length) return before;
  return change(before, id, { text: known.text.slice(0, offset) + chunk });
}

function miss(before: Transcript, { missing, anew }: GapFrame): Transcript {
  const { epoch, seq } = before;
  const key = `gap:${epoch}:${seq}`;
  const after = missing === 0 ? before : put(before, { kind: 'gap', key, epoch, seq, missing });
  return anew === true ? { ...after, epoch: epoch + 1, seq: 0 } : after;
}

function enter(before: Transcript, { session, seq }: SessionFrame): Transcript {
  const isSame = before.session === session;
  if (before.session === null) return { ...before, session };
  // A log that ends before what we have seen is another one: it was forgotten in between.
  if (isSame && seq >= before.seq) return before;
  const epoch = before.epoch + 1;
  const entries = before.entries.map((entry): Entry =>
    entry.kind === 'stream' && entry.state === 'open' ? { ...entry, state: 'interrupted' } : entry,
  );
  const after = { entries, session, seq: 0, epoch };
  const last = entries.findLast(({ seq: place }) => place !== null);
  // Once, also where nothing was said in several.
  if (isSame || last === undefined || last.kind === 'anew') return after;
  return put(after, { kind: 'anew', key: `anew:${epoch}`, epoch, seq: 0 });
}

/** Puts an entry in its place, instead of the one with its key. */
function put(before: Transcript, entry: Entry): Transcript {
  const entries = before.entries.filter(({ key }) => key !== entry.key);
  const i = entry.seq === null ? entries.length : placeOf(entries, entry.epoch, entry.seq);
  entries.splice(i, 0, entry);
  return { ...before, entries };
}

/** Behind everything that is not later. From the end, where it nearly always is. */
function placeOf(entries: readonly Entry[], epoch: number, seq: number): number {
  let i = entries.length;
  for (; i > 0; i--) {
    const last = entries[i - 1];
    if (last === undefined || last.seq === null) continue;
    if (last.epoch < epoch || (last.epoch === epoch && last.seq <= seq)) break;
  }
  return i;
}

function change(
  before: Transcript,
  key: string,
  changes: Partial<Omit<UserEntry, 'kind'>> | Partial<Omit<StreamEntry, 'kind'>>,
): Transcript {
  const i = before.entries.findIndex((entry) => entry.key === key);
  const found = before.entries[i];
  if (found === undefined) return before;
  // The key names an entry of the kind that the changes are for: see the callers.
  const entry = {
    ...found,
    epoch: found.seq === null ? before.epoch : found.epoch,
    ...changes,
  } as Entry;
  if (entry.seq !== found.seq) return put(before, entry);
  return { ...before, entries: before.entries.with(i, entry) };
}
