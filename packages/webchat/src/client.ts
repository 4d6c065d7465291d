/*
 * A conversation over Trunkline's WebSocket channel, without anything to show it: connects, resumes,
 * keeps what was said until the server has it.
 */
import type {
  AckFrame,
  Button,
  ClientFrame,
  ErrorCode,
  ErrorFrame,
  GapFrame,
  JsonValue,
  LoggedFrame,
  QuickReply,
  ServerFrame,
  SessionFrame,
  TypingFrame,
} from './wire.ts';
import { backoffMs } from './backoff.ts';
import { browserClock, type Clock } from './clock.ts';
import { Emitter } from './emitter.ts';
import { isLogged } from './frames.ts';
import {
  Link,
  UNAUTHENTICATED,
  type ClientState,
  type TokenSource,
  type WebSocketLike,
} from './link.ts';
import { Memory, openStorage, type KeyValueStorage } from './memory.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import {
  emptyTranscript,
  transcript,
  type Transcript,
  type TranscriptAction,
} from './transcript.ts';

export type * from './wire.ts';
export type { ClientState, TokenSource, WebSocketLike } from './link.ts';
export type { Clock } from './clock.ts';
export type { KeyValueStorage } from './memory.ts';
export * from './transcript.ts';

/** Options of {@link connect}. */
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
}

/** Bytes of a frame; the server closes the connection over a larger one. */
const MAX_FRAME_BYTES = 65_536;

/** How long a message may go without an acknowledgement before the connection is given up. */
const ACK_MS = 15_000;

/** How often a message that the server refuses for the moment is repeated. */
const MAX_REFUSALS = 5;

/** The server's code for a frame over its limit. */
const TOO_LARGE = 1009;
const TOO_LONG = 'the message is too long: send it in parts';

/** How often the user's typing is told. */
const TYPING_MS = 3_000;

/** What passes by itself. */
const PASSING: ReadonlySet<string> = new Set<ErrorCode>(['too_fast', 'unavailable', 'refused']);

/** Opens a conversation: at once, and again whenever the connection drops. */
export function connect(options: ConnectOptions): ChatClient {
  return new ChatClient(options);
}

/** A conversation. Made by {@link connect}. */
export class ChatClient {
  readonly #events = new Emitter<ClientEvents>();
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #sender: { sender?: string };
  readonly #outbox: Outbox;
  readonly #link: Link;
  readonly #stopListening: () => void;
  #transcript: Transcript = emptyTranscript;
  /** How often the first of the outbox was refused for the moment. */
  #refusals = 0;
  #isOnItsWay = false;
  #cancelResend: () => void = () => {};
  #toldTypingAt = 0;
  readonly #failed = new Map<string, Outgoing>();

  constructor(options: ConnectOptions) {
    const { storage = 'shared', clock = browserClock, random = Math.random, sender } = options;
    const url = addressOf(options.url);
    const memory = new Memory(typeof storage === 'string' ? openStorage(storage) : storage, url);
    this.#clock = clock;
    this.#random = random;
    this.#sender = sender === undefined ? {} : { sender };
    this.#outbox = new Outbox(memory, clock);
    this.#link = new Link({
      url,
      token: options.token ?? null,
      memory,
      clock,
      random,
      open: options.open ?? ((address) => new WebSocket(address)),
      seqOf: (session) => (session === this.#transcript.session ? this.#transcript.seq : 0),
      onState: (state) => this.#events.emit('state', state),
      onFrame: (direction, frame) => {
        this.#events.emit('frame', { direction, frame, at: clock.now() });
      },
      onSession: (frame) => this.#enter(frame),
      onReceived: (frame) => this.#receive(frame),
      onClosed: (code) => this.#onClosed(code),
    });
    for (const frame of this.#outbox.all) this.#showSaid(frame);
    this.#stopListening = listenToPage(() => this.#link.check());
    // Whoever made it has its listeners in place by then.
    queueMicrotask(() => this.#link.connect());
  }

  /** How the connection is. */
  get state(): ClientState {
    return this.#link.state;
  }

  /** What is to be shown. */
  get transcript(): Transcript {
    return this.#transcript;
  }

  /** Listens to an event. Returns what ends that. */
  on<K extends keyof ClientEvents>(
    name: K,
    listener: (value: ClientEvents[K]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /** Says something, now or as soon as there is a connection. Returns the message's id. */
  send(text: string, metadata?: JsonValue): string {
    const extra = metadata === undefined ? {} : { metadata };
    return this.#say({ type: 'message', message: text, id: newId(), ...this.#sender, ...extra });
  }

  /** Presses a button or quick reply. Returns the message's id. */
  choose(button: Button | QuickReply, metadata?: JsonValue): string {
    const { title, payload = title } = button;
    const extra = metadata === undefined ? {} : { metadata };
    return this.#say({ type: 'choice', payload, title, id: newId(), ...this.#sender, ...extra });
  }

  /** Sends a message that failed again, under its old id. */
  retry(id: string): void {
    const frame = this.#failed.get(id);
    if (frame === undefined) return;
    this.#failed.delete(id);
    this.#apply({ type: 'retried', id });
    this.#queue(frame);
  }

  /** Ends what the assistant is doing. Not kept: without a connection it does nothing. */
  cancel(): void {
    this.#link.send({ type: 'cancel', id: newId(), ...this.#sender });
  }

  /** Tells that the user is typing; at most every three seconds, so call it at every key. */
  typing(): void {
    const now = this.#clock.now();
    if (now - this.#toldTypingAt < TYPING_MS) return;
    if (this.#link.send({ type: 'typing', ...this.#sender })) this.#toldTypingAt = now;
  }

  /** Tries now, instead of when the time has come. */
  reconnect(): void {
    this.#link.connect();
  }

  /** Ends the connection for good. What was not sent is kept for the next client of the same storage. */
  close(): void {
    this.#stopListening();
    this.#cancelResend();
    this.#link.close();
  }

  #say(frame: Outgoing): string {
    if (this.state === 'closed') throw new Error('[webchat] the client is closed: connect again');
    this.#showSaid(frame);
    this.#queue(frame);
    return frame.id;
  }

  #queue(frame: Outgoing): void {
    const bytes = new TextEncoder().encode(JSON.stringify(frame)).length;
    if (bytes > MAX_FRAME_BYTES) {
      this.#fail(frame, 'too_long', TOO_LONG);
      return;
    }
    this.#outbox.add(frame);
    this.#flush();
  }

  #showSaid(frame: Outgoing): void {
    const text = frame.type === 'choice' ? (frame.title ?? frame.payload) : frame.message;
    this.#apply({ type: 'said', id: frame.id, text });
  }

  /** One at a time, so that their order is theirs whatever is refused and repeated. */
  #flush(): void {
    const { first } = this.#outbox;
    if (first === null || this.#isOnItsWay) return;
    if (!this.#link.send(first)) return;
    this.#isOnItsWay = true;
    this.#cancelResend = this.#clock.after(ACK_MS, () => this.#link.drop());
  }

  #settle(id: string): Outgoing | null {
    const isFirst = this.#outbox.first?.id === id;
    const frame = this.#outbox.remove(id);
    if (isFirst) {
      this.#cancelResend();
      this.#isOnItsWay = false;
      this.#refusals = 0;
    }
    return frame;
  }

  #giveUp(id: string, code: ClientError['code'], message: string): void {
    const frame = this.#settle(id);
    if (frame !== null) this.#fail(frame, code, message);
    this.#flush();
  }

  #fail(frame: Outgoing, code: ClientError['code'], message: string): void {
    const { id } = frame;
    this.#failed.set(id, frame);
    this.#apply({ type: 'failed', id, error: message });
    this.#events.emit('error', { code, message, id });
  }

  #enter(frame: SessionFrame): void {
    this.#apply({ type: 'received', frame });
    this.#events.emit('session', frame);
    // Once the link says that it is connected.
    queueMicrotask(() => this.#flush());
  }

  #receive(frame: ServerFrame): void {
    const isNews = isLogged(frame) && frame.seq > this.#transcript.seq;
    this.#apply({ type: 'received', frame });
    if (isLogged(frame)) {
      if (frame.type === 'user' && frame.client_id !== undefined) this.#onStored(frame.client_id);
      if (isNews) this.#events.emit('message', frame);
    } else if (frame.type === 'ack') this.#onAck(frame);
    else if (frame.type === 'error') this.#onError(frame);
    else if (frame.type === 'typing') this.#events.emit('typing', frame);
    else if (frame.type === 'gap') this.#events.emit('gap', frame);
  }

  #onAck({ id }: AckFrame): void {
    this.#onStored(id);
  }

  #onStored(id: string): void {
    this.#settle(id);
    this.#flush();
  }

  #onError({ code, message, id }: ErrorFrame): void {
    if (id === undefined || this.#outbox.first?.id !== id) {
      this.#events.emit('error', { code, message, ...(id === undefined ? {} : { id }) });
    } else if (PASSING.has(code) && this.#refusals < MAX_REFUSALS) {
      this.#refusals++;
      this.#cancelResend();
      const waitMs = backoffMs(this.#refusals, this.#random());
      this.#cancelResend = this.#clock.after(waitMs, () => {
        this.#isOnItsWay = false;
        this.#flush();
      });
    } else {
      this.#giveUp(id, code, message);
    }
  }

  #onClosed(code: number): void {
    this.#cancelResend();
    const wasOnItsWay = this.#isOnItsWay;
    this.#isOnItsWay = false;
    const { first } = this.#outbox;
    // It would close every further connection as well.
    if (code === TOO_LARGE && wasOnItsWay && first !== null)
      this.#giveUp(first.id, 'too_long', TOO_LONG);
    if (code === UNAUTHENTICATED && this.state === 'closed') {
      const message = 'the server does not accept the token: sign in again';
      this.#events.emit('error', { code: 'unauthenticated', message });
    }
  }

  #apply(action: TranscriptAction): void {
    const after = transcript(this.#transcript, action);
    if (after === this.#transcript) return;
    const isSame = after.entries === this.#transcript.entries;
    this.#transcript = after;
    if (!isSame) this.#events.emit('transcript', after);
  }
}

function addressOf(url: string): string {
  const base = (globalThis as { location?: { href: string } }).location?.href;
  const address = new URL(url, base);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  return address.href;
}

/** Not `crypto.randomUUID`, which pages without TLS lack. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Calls back when the network is there again, or the page is looked at again. */
function listenToPage(onBack: () => void): () => void {
  // A client also runs where there is no page: in tests, and in Node.
  const { document } = globalThis as { document?: Document };
  if (document === undefined) return () => {};
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') onBack();
  };
  globalThis.addEventListener('online', onBack);
  document.addEventListener('visibilitychange', onVisible);
  return () => {
    globalThis.removeEventListener('online', onBack);
    document.removeEventListener('visibilitychange', onVisible);
  };
}
