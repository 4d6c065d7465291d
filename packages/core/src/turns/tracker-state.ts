import type { TrackerState } from '../channel/output-channel.ts';
import { allThere, whenThere, type MaybePromise } from '../maybe-promise.ts';
import type { JsonObject, JsonValue } from '../message/json.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { History, HistoryEntry } from './history.ts';
import type { Session, Sessions } from './sessions.ts';

/** What is known of a conversation from before its turn. */
export interface Past {
  session: Session | null;
  /** What was said, the oldest first. */
  entries: readonly HistoryEntry[];
}

/** What is known of the turn. */
export interface Present {
  channel: string;
  senderId: string;
  /** What the user said; `null` where it was not the user who began the turn. */
  message: UserMessage | null;
  /** What was said in the turn so far. */
  said: readonly HistoryEntry[];
}

/** What is known where nobody has looked. */
export const NO_PAST: Past = { session: null, entries: [] };

/** Looks for what is known of a conversation. */
export function loadPast(history: History, sessions: Sessions, key: string): MaybePromise<Past> {
  const found = allThere<[Session | null, HistoryEntry[]]>([
    () => sessions.find(key),
    () => history.all(key),
  ]);
  return whenThere(found, ([session, entries]) => ({ session, entries }));
}

/**
 * What we know ourselves of a conversation, in the form of Rasa's tracker state. Times are in seconds,
 * as there. It is that of this moment, and made when it is called.
 *
 * @see Rasa's `DialogueStateTracker.current_state`
 */
export function trackerState(past: Past, present: Present): () => TrackerState {
  const length = present.said.length;
  return () => currentState(past, present, length);
}

function currentState({ session, entries }: Past, present: Present, length: number): TrackerState {
  const { channel, senderId, message, said } = present;
  const startedAt = session?.startedAt ?? Number.NEGATIVE_INFINITY;
  // From the first one on: later ones may look older, since a clock may have been set back.
  const first = entries.findIndex(({ at }) => at >= startedAt);
  const inSession = first === -1 ? [] : entries.slice(first);
  const all = [...inSession, ...said.slice(0, length)];
  const last = all.at(-1);
  const metadata = session?.metadata ?? null;
  return {
    sender_id: senderId,
    slots: metadata === null ? {} : { session_started_metadata: metadata },
    latest_message: message === null ? latestOf(all) : parsed(message),
    latest_event_time: last === undefined ? null : last.at / 1000,
    latest_input_channel: message?.inputChannel ?? channel,
    events: [...sessionEvents(session), ...all.map(eventOf)],
  };
}

function parsed({ text, messageId, metadata, parseData }: UserMessage): JsonObject {
  const { intent = {}, entities = [], ...others } = parseData ?? {};
  return { ...others, intent, entities, text, message_id: messageId, metadata: metadata ?? {} };
}

function latestOf(entries: readonly HistoryEntry[]): JsonObject {
  const last = entries.findLast(({ role }) => role === 'user');
  return last === undefined ? {} : { intent: {}, entities: [], text: last.text };
}

/** Rasa's order: the slot, then the session. */
function sessionEvents(session: Session | null): JsonValue[] {
  if (session === null) return [];
  const { startedAt, metadata } = session;
  const timestamp = startedAt / 1000;
  const started = { event: 'session_started', timestamp };
  if (metadata === null) return [started];
  const slot = { event: 'slot', timestamp, name: 'session_started_metadata', value: metadata };
  return [slot, started];
}

function eventOf({ role, text, at }: HistoryEntry): JsonValue {
  return { event: role === 'user' ? 'user' : 'bot', timestamp: at / 1000, text };
}
