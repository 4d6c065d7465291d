import { isJsonObject, type JsonValue } from '@trunkline/core';

/** What the processes tell one another of a session. `by` is the process that says it. */
export type News =
  /** The log has grown to this number, by the frame of this name. */
  | { kind: 'logged'; by: string; number: number; id: string }
  /** Somebody connected, and wants to know of open streams. */
  | { kind: 'ask'; by: string }
  /** A piece of a stream. */
  | {
      kind: 'piece';
      by: string;
      id: string;
      recipientId: string;
      seq: number;
      offset: number;
      text: string;
    }
  /** The assistant is at work. */
  | { kind: 'typing'; by: string; recipientId: string }
  /** Whoever runs a turn of this sender ends it. */
  | { kind: 'cancel'; by: string; senderId: string; account: string | null };

/** What was heard, if it is ours. Only processes of this channel speak here; another version may. */
export function decodeNews(value: JsonValue): News | null {
  if (!isJsonObject(value) || typeof value['kind'] !== 'string') return null;
  return KINDS.has(value['kind']) ? (value as unknown as News) : null;
}

const KINDS = new Set<string>([
  'logged',
  'ask',
  'piece',
  'typing',
  'cancel',
] satisfies News['kind'][]);
