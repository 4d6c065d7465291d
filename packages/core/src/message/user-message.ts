import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { CollectingOutputChannel } from '../channel/collecting-output-channel.ts';
import type { OutputChannel } from '../channel/output-channel.ts';
import { MalformedPayloadError } from '../errors.ts';
import type { JsonObject, JsonValue } from './json.ts';

/**
 * What a front end sends along with a message, for the assistant. REST passes on any JSON; a key
 * of JSON that is no object reads as `undefined`.
 */
export type Metadata = JsonObject;

/**
 * Where a conversation is reached on its platform, as plain JSON that can be stored (Slack: team,
 * channel, thread; SMS: our number, theirs). Only the channel that made it reads it.
 */
export type Address = JsonObject;

/** What a user picked among what was offered: by a click, a tap, or a number typed on a phone. */
export interface Choice {
  /** What the button said. */
  title: string;
  /** What it stands for; the message's `text` too. */
  payload: string;
  [key: string]: JsonValue;
}

/** A file that came with a user's message. */
export interface UserAttachment {
  /** What it is. */
  type: 'image' | 'audio' | 'video' | 'file' | 'location';
  /** Where the platform keeps it. Many platforms ask for credentials there. */
  url?: string;
  /** The file's name. */
  name?: string;
  /** Its media type, `image/png` say. */
  mimeType?: string;
  /** Its size in bytes. */
  sizeBytes?: number;
  [key: string]: JsonValue | undefined;
}

/** What a {@link UserMessage} is made of. All optional, with Rasa's defaults. */
export interface UserMessageOptions {
  /** What was said; surrounding white space is removed. @defaultValue `null` */
  text?: string | null;
  /** Who said it. Without one, the message shares a conversation with nobody. @defaultValue {@link DEFAULT_SENDER_ID} */
  senderId?: string | number | null;
  /** The platform's name for the message. @defaultValue 32 random hexadecimal digits */
  messageId?: string | number | null;
  /** Where the answers go: a live message needs it. @defaultValue `null` */
  outputChannel?: OutputChannel | null;
  /** How to reach the conversation later: a deferred message needs it. @defaultValue `null` */
  address?: Address | null;
  /** The account it came in on, where the channel serves several. @defaultValue `null` */
  account?: string | number | null;
  /**
   * Whether the platform vouches for the sender id. `false` for one that a caller only claims: it is
   * never taken for the same person elsewhere. @defaultValue `true`
   */
  authenticated?: boolean;
  /** The channel the user was on. @defaultValue `null` */
  inputChannel?: string | null;
  /** What the front end sent along. @defaultValue `null` */
  metadata?: Metadata | null;
  /** Files that came with it. @defaultValue none */
  attachments?: readonly UserAttachment[];
  /** What was chosen, if it is a choice. @defaultValue `null` */
  choice?: Choice | null;
  /** The request's headers. @defaultValue `null` */
  headers?: IncomingHttpHeaders | null;
  /** Intent and entities that are known already. @defaultValue `null` */
  parseData?: JsonObject | null;
  /** Which run of its turn this is, at most. @defaultValue 1 */
  attempt?: number;
  /** The messages that became this one, the oldest first. @defaultValue none */
  originals?: readonly UserMessage[];
}

/** The sender id of a message that came without one. */
export const DEFAULT_SENDER_ID = 'default';

/**
 * What a user said, normalised: the one argument of `turns.run` and the first of the assistant.
 *
 * @see Rasa's `UserMessage`
 */
export class UserMessage {
  /** What was said, without surrounding white space; `null` where there was no text at all. */
  readonly text: string | null;
  /** The platform's user, or the thread, as Rasa names it. {@link DEFAULT_SENDER_ID} if unknown. */
  readonly senderId: string;
  /** Whether the message came without a sender id. It then shares a conversation with nobody. */
  readonly anonymous: boolean;
  /** The platform's name for this message, or 32 random hexadecimal digits. */
  readonly messageId: string;
  /**
   * Where the answers go. `null` for a deferred message, which carries an `address`; a new collector
   * where neither was given, as in Rasa.
   */
  readonly outputChannel: OutputChannel | null;
  /** How to reach the conversation without a request at hand. */
  readonly address: Address | null;
  /** The account that the message came in on, where one channel serves several (Slack: the team). */
  readonly account: string | null;
  /** Whether the platform vouches for the sender id, as far as the channel says. */
  readonly authenticated: boolean;
  /**
   * The channel the user was on, for the assistant. The turn engine puts the channel's name in the
   * place of `null`. REST takes it from the body, as in Rasa, so trust nothing to it.
   */
  inputChannel: string | null;
  /** What the front end sent along. */
  readonly metadata: Metadata | null;
  /** Files that came with it. */
  readonly attachments: readonly UserAttachment[];
  /** What was chosen, if the message is the choice of something offered. */
  readonly choice: Choice | null;
  /** The request's headers, where the channel passes them on (REST). */
  readonly headers: IncomingHttpHeaders | null;
  /** Intent and entities that are known already; an assistant that parses takes them as they are. */
  readonly parseData: JsonObject | null;
  /** 1, and more when the turn was interrupted and is run again; also where a run of it may have begun. */
  readonly attempt: number;
  /** Where several messages became this one (overlap `debounce`): all of them, the oldest first. */
  readonly originals: readonly UserMessage[];

  /** @throws MalformedPayloadError - the text is none, which only a cast can bring about. */
  constructor(options: UserMessageOptions = {}) {
    this.text = textOf(options.text)?.trim() ?? null;
    const senderId = nameOf(options.senderId);
    this.anonymous = senderId === null;
    this.senderId = senderId ?? DEFAULT_SENDER_ID;
    this.messageId = nameOf(options.messageId) ?? randomUUID().replaceAll('-', '');
    this.address = options.address ?? null;
    this.outputChannel =
      options.outputChannel ?? (this.address === null ? new CollectingOutputChannel() : null);
    this.account = nameOf(options.account);
    this.authenticated = options.authenticated ?? true;
    this.inputChannel = options.inputChannel ?? null;
    this.metadata = options.metadata ?? null;
    this.attachments = options.attachments ?? [];
    this.choice = options.choice ?? null;
    this.headers = options.headers ?? null;
    this.parseData = options.parseData ?? null;
    this.attempt = options.attempt ?? 1;
    this.originals = options.originals ?? [];
  }

  /** The same message with changes. */
  with(changes: UserMessageOptions): UserMessage {
    const senderId = this.anonymous ? null : this.senderId;
    return new UserMessage(Object.assign({}, this, { senderId }, changes));
  }
}

/** What a platform calls something: many have numbers for names. */
function nameOf(name: string | number | null | undefined): string | null {
  return name === undefined || name === null ? null : String(name);
}

function textOf(text: unknown): string | null | undefined {
  if (typeof text === 'string' || text === null || text === undefined) return text;
  const found = Array.isArray(text) ? 'list' : typeof text;
  throw new MalformedPayloadError(`the text of a message must be a text, and is of type ${found}`);
}
