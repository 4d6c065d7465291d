/* What a client sends. */
import type { JsonValue } from '@trunkline/core';

/** A message, as Rasa's clients send it: `type` may be left out. */
export interface MessageFrame {
  type?: 'message';
  /** What the user says. */
  message: string;
  /** A name that the session has not seen: makes the message acknowledged, and handled once. */
  id?: string;
  /** The sender id that the assistant sees. A claim, unless `auth` is on. */
  sender?: string | number | null;
  /** Handed to the assistant as it is. */
  metadata?: JsonValue;
}

/** A button or quick reply was pressed. */
export interface ChoiceFrame {
  type: 'choice';
  /** What the assistant gets as the text. */
  payload: string;
  /** What the button said. */
  title?: string;
  /** As for a message. */
  id?: string;
  /** As for a message. */
  sender?: string | number | null;
  /** Handed to the assistant as it is. */
  metadata?: JsonValue;
}

/** Goes on with a session: the first frame of a connection, or its first after `session`. */
export interface ResumeFrame {
  type: 'resume';
  /** Its name. Left out where `auth` is on: the token says whose session it is. */
  session?: string;
  /** What the `session` frame gave. */
  token: string;
  /** The last number that the client has. All that the log holds where it is left out. */
  seq?: number;
}

/** Asks for `pong`. */
export interface PingFrame {
  type: 'ping';
}

/** Ends the turn that runs. */
export interface CancelFrame {
  type: 'cancel';
  /** A name of its own: makes the frame acknowledged. */
  id?: string;
  /** The sender id of the conversation, as its messages had it. */
  sender?: string | number | null;
}

/** The user is typing. */
export interface UserTypingFrame {
  type: 'typing';
  /** The sender id of the conversation, as its messages had it. */
  sender?: string | number | null;
}

/** Every frame that a client sends. */
export type ClientFrame =
  | MessageFrame
  | ChoiceFrame
  | ResumeFrame
  | PingFrame
  | CancelFrame
  | UserTypingFrame;
