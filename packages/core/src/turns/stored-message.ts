import { parseJson, type JsonObject, type JsonValue } from '../message/json.ts';
import { UserMessage, type UserMessageOptions } from '../message/user-message.ts';
import type { Progress } from './progress.ts';
import {
  isBoolean,
  isList,
  isText,
  isTime,
  objectOf,
  optional,
  orNull,
  someOf,
} from './stored-form.ts';

/** A message as it was written down. */
export interface StoredMessage {
  /** The channel that it came in on. */
  channel: string;
  /** The conversation's key, also where the turn is handled beside the others of it. */
  key: string;
  /** When it was accepted, in milliseconds since 1970. */
  at: number;
  message: UserMessageOptions;
  /** Of a replayed turn that was joined from several: the messages that it was. */
  originals?: UserMessageOptions[];
  /**
   * Whether its turn was to start at once: nothing else of its conversation was under way here. Its first
   * run may have begun from then on, and is written down nowhere else until there is more to say of it.
   */
  startsAtOnce?: true;
  /** The menu that was open, where no store stamps the turn, and of a replayed one. */
  stamp?: JsonValue;
  /** How far the turn had come before it was replayed. */
  progress?: Progress;
  /** What a replayed turn was called at first: the stem of its steps' keys. */
  turnId?: string;
}

/** A turn that no message of the user's began. */
export interface Post {
  channel: string;
  /** The conversation's key. */
  key: string;
  /** Which one it is, unique within the conversation. */
  id: string;
  /** Whose conversation it is, where, and the intent if it is one. */
  message: UserMessage;
  /** What is to be done. */
  progress: Progress;
}

/** Writes a deferred message down. */
export function encodeMessage(about: Omit<StoredMessage, 'message'>, message: UserMessage): string {
  const { text, senderId, messageId, address, account, inputChannel } = message;
  const { metadata, attachments, choice, headers, parseData, anonymous, authenticated } = message;
  const written: UserMessageOptions = {
    text,
    senderId: anonymous ? null : senderId,
    messageId,
    address,
    account,
    inputChannel: inputChannel ?? about.channel,
  };
  if (!authenticated) written.authenticated = false;
  if (metadata !== null) written.metadata = metadata;
  if (attachments.length > 0) written.attachments = attachments;
  if (choice !== null) written.choice = choice;
  if (headers !== null) written.headers = headers;
  if (parseData !== null) written.parseData = parseData;
  return JSON.stringify({ message: written, ...about } satisfies StoredMessage);
}

/** Whether a stored value is what {@link UserMessage} is made of. */
export const isMessage: (value: unknown) => value is JsonObject = objectOf({
  text: optional(orNull(isText)),
  senderId: optional(orNull(isText)),
  messageId: isText,
  account: optional(orNull(isText)),
  authenticated: optional(isBoolean),
  attachments: optional(isList),
});

const isStoredMessage = objectOf({
  channel: isText,
  key: isText,
  at: isTime,
  message: isMessage,
  originals: optional(someOf(isMessage)),
  turnId: optional(isText),
});

/**
 * Reads what {@link encodeMessage} has written; `null` where it is nothing of the kind. What is asked for
 * here, every version writes and MUST go on writing: an earlier one gives up what lacks it.
 *
 * How far the turn had come is not looked at.
 */
export function decodeMessage(text: string): StoredMessage | null {
  const read = parseJson(text);
  return isStoredMessage(read) ? (read as unknown as StoredMessage) : null;
}

/** The user message of a stored one. */
export function toUserMessage({ message, originals }: StoredMessage, attempt: number): UserMessage {
  const read = (one: UserMessageOptions): UserMessage => new UserMessage({ attempt, ...one });
  return originals === undefined ? read(message) : joinMessages(originals.map(read));
}

/** Several messages as one: their texts one a line, their files together, the originals attached. */
export function joinMessages(messages: readonly UserMessage[]): UserMessage {
  const last = messages.at(-1);
  if (last === undefined) throw new TypeError('there is nothing to join');
  if (messages.length === 1) return last;
  const texts = messages.flatMap(({ text }) => (text === null ? [] : [text]));
  return last.with({
    text: texts.length === 0 ? null : texts.join('\n'),
    attachments: messages.flatMap(({ attachments }) => attachments),
    originals: messages,
  });
}
