/*
 * The wire: what goes over the socket, one JSON object a text frame. The same is written down for
 * machines in asyncapi.yaml. Types only: a browser client imports them at no cost.
 */
import type {
  Attachment,
  Button,
  Choice,
  Element,
  JsonObject,
  JsonValue,
  QuickReply,
} from '@trunkline/core';

export type * from './client-frames.ts';

/** What every message of the conversation carries. */
export interface Logged {
  /** Its name, the same whenever it is sent again. */
  id: string;
  /** Its place in the session: grows, and may skip numbers. The last one is what `resume` takes. */
  seq: number;
  /** The sender id of the conversation. */
  recipient_id: string;
}

/** A text. */
export interface TextFrame extends Logged {
  type: 'text';
  /** What the assistant said. May hold Markdown. */
  text: string;
}

/** An image, by its URL. */
export interface ImageFrame extends Logged {
  type: 'image';
  /** Its URL. */
  image: string;
}

/** A file: `{ url, name, mimeType }` as far as that is known, or JSON as the assistant gave it. */
export interface AttachmentFrame extends Logged {
  type: 'attachment';
  /** The file. */
  attachment: Attachment;
}

/** A text, which may be empty, with buttons. One without a `url` is chosen by its `payload`. */
export interface ButtonsFrame extends Logged {
  type: 'buttons';
  /** What they are about. */
  text: string;
  /** At least one. */
  buttons: Button[];
}

/** A text with buttons that are gone once one of them was chosen. */
export interface QuickRepliesFrame extends Logged {
  type: 'quick_replies';
  /** What they answer. */
  text: string;
  /** At least one. */
  quick_replies: QuickReply[];
}

/** Cards. */
export interface ElementsFrame extends Logged {
  type: 'elements';
  /** At least one. */
  elements: Element[];
}

/** JSON that the client understands. */
export interface CustomFrame extends Logged {
  type: 'custom';
  /** As the assistant gave it. */
  custom: JsonValue;
}

/** What the user said, on another connection of the session or before this one was there. */
export interface UserFrame extends Logged {
  type: 'user';
  /** What was typed, or the payload of what was chosen. */
  text: string;
  /** The `id` that the client gave the message. */
  client_id?: string;
  /** What was chosen, where it was not typed. */
  choice?: Choice;
}

/** A message begins that grows. */
export interface StreamStartFrame extends Logged {
  type: 'stream_start';
}

/** The next piece of a stream. Not logged: it has the `id` of its stream, and no `seq`. */
export interface StreamChunkFrame {
  type: 'stream_chunk';
  /** Its stream's. */
  id: string;
  /** The sender id of the conversation. */
  recipient_id: string;
  /** Where it belongs in the text, in UTF-16 code units: what a client has beyond it is replaced. */
  offset: number;
  /** The piece. */
  chunk: string;
}

/** A stream is over. Its `text` is the whole, whatever was missed of it. */
export interface StreamEndFrame extends Logged {
  type: 'stream_end';
  /** All that was said. */
  text: string;
  /** It was cut short, and what it would have said follows as another message. */
  interrupted?: true;
  /** The turn was ended before all was said, by `cancel` say. What is missing does not follow. */
  stopped?: true;
}

/** What is kept of a conversation, except that `seq` is the log's to give. */
export type LoggedFrame =
  | TextFrame
  | ImageFrame
  | AttachmentFrame
  | ButtonsFrame
  | QuickRepliesFrame
  | ElementsFrame
  | CustomFrame
  | UserFrame
  | StreamStartFrame
  | StreamEndFrame;

/** The session that the connection is in: the first frame, and the answer to `resume`. */
export interface SessionFrame {
  type: 'session';
  /** Its name. Opens nothing by itself. */
  session: string;
  /** Opens the session again; `null` where the client proves who it is in another way. */
  token: string | null;
  /** The last number of the session's log; what follows `resume` up to it was missed. */
  seq: number;
  /** Whether it is the session that was asked for. */
  resumed: boolean;
  /** Why it was not resumed: the server knows no such session, or not with this token. */
  reason?: 'unknown';
  /** Bytes of a frame from the client: a larger one closes the connection. Older servers do not say it. */
  max_frame_bytes?: number;
}

/** Messages were dropped from the log before they could be sent, or the log begins anew. */
export interface GapFrame {
  type: 'gap';
  /** How many were dropped; `null` where nobody knows, and 0 only where the log begins anew. */
  missing: number | null;
  /** The log was lost: what follows is numbered from 1 again. */
  anew?: true;
}

/** The assistant is at work. */
export interface TypingFrame {
  type: 'typing';
  /** The sender id of the conversation. */
  recipient_id: string;
}

/** What the client asked for under `id` is done: a message is stored and will be handled. */
export interface AckFrame {
  type: 'ack';
  /** The `id` of the client's frame. */
  id: string;
  /** The message's place in the session. */
  seq?: number;
  /** For `cancel`: whether a turn ran here. */
  cancelled?: boolean;
}

/** What the client sent was not taken. */
export interface ErrorFrame {
  type: 'error';
  /** For programs. */
  code: ErrorCode;
  /** What is wrong and what to do about it. */
  message: string;
  /** The `id` of the frame, where it could be read. */
  id?: string;
}

/** The answer to `ping`. */
export interface PongFrame {
  type: 'pong';
}

/** Every frame that the server sends. */
export type ServerFrame =
  | LoggedFrame
  | StreamChunkFrame
  | SessionFrame
  | GapFrame
  | TypingFrame
  | AckFrame
  | ErrorFrame
  | PongFrame;

/** Why a frame was not taken. */
export type ErrorCode =
  | 'not_json'
  | 'not_an_object'
  | 'unknown_type'
  | 'invalid_field'
  | 'too_fast'
  | 'too_late'
  | 'wrong_sender'
  | 'refused'
  | 'unavailable';

/** The codes that the server closes connections with. */
export interface CloseCodes {
  /** The server shuts down: connect again. */
  restart: 1012;
  /** The client did not read what it was sent: connect again and resume. */
  slow: 1013;
  /** A binary frame. */
  binary: 1003;
  /** A frame over the limit. */
  tooLarge: 1009;
  /** Something failed on our side: connect again and resume. */
  failed: 1011;
  /** The token of a `resume` frame is wrong, or none came. */
  unauthenticated: 4401;
  /** Nothing was heard from the client for the idle time-out. */
  idle: 4408;
  /** The session has as many connections as it may. */
  tooMany: 4429;
}

/** The address of a conversation: what `getOutputChannel` is given. */
export interface SessionAddress extends JsonObject {
  /** The session's name. */
  session: string;
}
