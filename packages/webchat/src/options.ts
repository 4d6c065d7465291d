import type { Clock } from './clock.ts';
import type { ClientState, TokenSource, WebSocketLike } from './link.ts';
import type { KeyValueStorage } from './memory.ts';
import type { Transcript } from './transcript.ts';
import type {
  ClientFrame,
  ErrorCode,
  GapFrame,
  LoggedFrame,
  ServerFrame,
  SessionFrame,
  TypingFrame,
} from './wire.ts';

/** Options of `connect`. */
export interface ConnectOptions {
  /** Where the channel is, `/webhooks/websocket/ws` say: absolute or relative, `ws(s):` or `http(s):`. */
  url: string;
  /** Proves who the user is, where the channel asks for that. @defaultValue the server issues one */
  token?: TokenSource | null;
  /**
   * What keeps the session and unsent messages: `shared` is one conversation for all tabs (in
   * `localStorage`), `tab` one for each, `none` a new one for each page. @defaultValue `shared`
   */
  storage?: 'shared' | 'tab' | 'none' | KeyValueStorage;
  /** The sender id that the assistant is to see. A claim, unless the channel checks tokens. */
  sender?: string;
  /** Opens a socket. @defaultValue the browser's */
  open?: (url: string) => WebSocketLike;
  /** Time. @defaultValue the browser's */
  clock?: Clock;
  /** Numbers from 0 to 1. @defaultValue `Math.random` */
  random?: () => number;
}

/** Something went wrong. `id` names the message that it concerns. */
export interface ClientError {
  /** The server's, or the client's own: `too_long`, `unauthenticated`. */
  code: ErrorCode | 'too_long' | 'unauthenticated';
  /** What is wrong and what to do about it, in English. */
  message: string;
  /** The `id` that `send` or `choose` returned. */
  id?: string;
}

/** A frame as it passed. */
export interface PassedFrame {
  /** `in` is from the server. */
  direction: 'in' | 'out';
  /** Not to be changed. */
  frame: ClientFrame | ServerFrame;
  /** When, in milliseconds since 1970. */
  at: number;
}

/** What a client tells of. */
export interface ClientEvents {
  /** A frame went out, or came in. */
  frame: PassedFrame;
  /** A message of the conversation that was not there before. */
  message: LoggedFrame;
  /** What is to be shown has changed. */
  transcript: Transcript;
  /** How the connection is has changed. */
  state: ClientState;
  /** The assistant is at work. */
  typing: TypingFrame;
  /** A message failed, or the connection did for good. */
  error: ClientError;
  /** Messages are missing. */
  gap: GapFrame;
  /** A session was opened or resumed. */
  session: SessionFrame;
  /** The user has logged out, here or in another tab: nothing is left of the conversation. */
  forgotten: undefined;
}
