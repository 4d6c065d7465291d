/*
 * A conversation over Trunkline's WebSocket channel, without anything to show it: connects, resumes,
 * keeps what was said until the server has it.
 */
import type {
  Button,
  ErrorFrame,
  JsonValue,
  QuickReply,
  ServerFrame,
  SessionFrame,
} from './wire.ts';
import { browserClock, type Clock } from './clock.ts';
import { Emitter } from './emitter.ts';
import { isLogged } from './frames.ts';
import { newId } from './ids.ts';
import { Link, UNAUTHENTICATED, type ClientState } from './link.ts';
import { Memory, openStorage, type KnownSession } from './memory.ts';
import type { ClientEvents, ConnectOptions } from './options.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import { listenToPage } from './page.ts';
import { Sending } from './sending.ts';
import { Shown } from './shown.ts';
import type { Transcript } from './transcript.ts';

export type * from './wire.ts';
export type { ClientState, TokenSource, WebSocketLike } from './link.ts';
export type { Clock } from './clock.ts';
export type { KeyValueStorage } from './memory.ts';
export type * from './options.ts';
export * from './transcript.ts';

/** How often the user's typing is told. */
const TYPING_MS = 3_000;

/** Those of this page that are not closed: of what one forgets, the browser tells other pages alone. */
const clients = new Set<ChatClient>();

/** Opens a conversation: at once, and again whenever the connection drops. */
export function connect(options: ConnectOptions): ChatClient {
  return new ChatClient(options);
}

/** A conversation. Made by {@link connect}. */
export class ChatClient {
  readonly #events = new Emitter<ClientEvents>();
  readonly #shown = new Shown((now) => this.#events.emit('transcript', now));
  readonly #clock: Clock;
  readonly #sender: { sender?: string };
  readonly #memory: Memory;
  readonly #outbox: Outbox;
  readonly #sending: Sending;
  readonly #link: Link;
  readonly #stopListening: () => void;
  readonly #hasToken: boolean;
  /** Whether the session is the server's to give: not if it is opened by a token of the page, or by a cookie. */
  #isIssued: boolean;
  #toldTypingAt = 0;

  constructor(options: ConnectOptions) {
    const { storage = 'shared', clock = browserClock, random = Math.random, sender } = options;
    const { token = null } = options;
    const url = addressOf(options.url);
    const memory = new Memory(typeof storage === 'string' ? openStorage(storage) : storage, url);
    this.#memory = memory;
    this.#clock = clock;
    this.#sender = sender === undefined ? {} : { sender };
    this.#hasToken = token !== null;
    this.#isIssued = token === null;
    const outbox = new Outbox(memory, clock, token === null);
    this.#outbox = outbox;
    this.#link = new Link({
      url,
      token,
      memory,
      clock,
      random,
      open: options.open ?? ((address) => new WebSocket(address)),
      seqOf: (session) => (session === this.#shown.now.session ? this.#shown.now.seq : 0),
      onState: (state) => this.#events.emit('state', state),
      onFrame: (direction, frame) => {
        this.#events.emit('frame', { direction, frame, at: clock.now() });
      },
      onSession: (frame, known) => this.#enter(frame, known),
      onReceived: (frame) => this.#receive(frame),
      onClosed: (code) => this.#onClosed(code),
    });
    this.#sending = new Sending({
      outbox,
      clock,
      random,
      send: (frame) => this.#link.send(frame),
      drop: () => this.#link.drop(),
      onFailed: (id, code, message) => {
        this.#shown.apply({ type: 'failed', id, code, error: message });
        this.#events.emit('error', { code, message, id });
      },
    });
    const known = memory.session;
    // Who has the token of an issued session is its user; of any other, only the server can say.
    if (token === null && known !== null && known.token !== null) this.#belongTo(known);
    this.#stopListening = listenToPage({
      onChange: () => this.#link.check(),
      onStorage: (event) => {
        if (memory.isForgetting(event)) this.#forgetToo();
        else if (this.state === 'connected') this.#link.follow();
      },
      onRestored: () => {
        if (outbox.isLeft(memory.session)) this.#forgetToo();
      },
    });
    clients.add(this);
    // Whoever made it has its listeners in place by then.
    queueMicrotask(() => this.#link.connect());
  }

  /** How the connection is. */
  get state(): ClientState {
    return this.#link.state;
  }

  /** What is to be shown. */
  get transcript(): Transcript {
    return this.#shown.now;
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
    return this.#say(this.#message(text, metadata));
  }

  /** Whether a message is short enough for `send`: 64 kB until the server has told its limit. */
  fits(text: string, metadata?: JsonValue): boolean {
    return this.#sending.fits(this.#message(text, metadata));
  }

  /** Presses a button or quick reply. Returns the message's id. */
  choose(button: Button | QuickReply, metadata?: JsonValue): string {
    const { title, payload = title } = button;
    const extra = metadata === undefined ? {} : { metadata };
    return this.#say({ type: 'choice', payload, title, id: newId(), ...this.#sender, ...extra });
  }

  /** Sends a message that failed again, under its old id. Not one that was too long: it still is. */
  retry(id: string): void {
    const frame = this.#sending.takeFailed(id);
    if (frame === null) return;
    this.#shown.apply({ type: 'retried', id });
    this.#sending.take(frame);
  }

  /** Ends what the assistant is doing. Not kept: without a connection it does nothing. */
  cancel(): void {
    this.#link.send({ type: 'cancel', id: newId(), ...this.#sender });
  }

  /** Tells that the user is typing; at most every three seconds, so call it at every key. */
  typing(): void {
    const now = this.#clock.now();
    // Either way: a clock may be set back.
    if (Math.abs(now - this.#toldTypingAt) < TYPING_MS) return;
    if (this.#link.send({ type: 'typing', ...this.#sender })) this.#toldTypingAt = now;
  }

  /** Tries now, instead of when the time has come. */
  reconnect(): void {
    this.#link.connect();
  }

  /** Ends the connection for good. What was not sent is kept for the user's next client of the same storage. */
  close(): void {
    clients.delete(this);
    this.#stopListening();
    this.#sending.stop();
    this.#link.close();
  }

  /**
   * Logs out: closes, and forgets the session, its token, what is shown, and all that waits to be sent to
   * this `url` in the storage, whoever said it. The next client begins anew. So do other tabs and clients, or
   * they are closed as well where their token, or a cookie, would open the old session again.
   */
  forget(): void {
    this.close();
    this.#memory.session = null;
    this.#outbox.clear();
    // Whoever is told may make new ones, which are not meant.
    const others = [...clients].filter((client) => client.#memory.isShared(this.#memory));
    for (const other of others) other.#forgetToo();
    this.#leave();
  }

  /** Another tab has logged out, or another client of this page. */
  #forgetToo(): void {
    if (this.#isIssued) this.#link.drop();
    else this.close();
    // By a connection that was made before we heard of it. One of somebody else's stays.
    const { session } = this.#shown.now;
    if (this.#memory.session?.session === session) this.#memory.session = null;
    this.#outbox.leave();
    this.#leave();
  }

  #leave(): void {
    this.#clear();
    this.#events.emit('forgotten', undefined);
  }

  #message(text: string, metadata?: JsonValue): Outgoing {
    const extra = metadata === undefined ? {} : { metadata };
    return { type: 'message', message: text, id: newId(), ...this.#sender, ...extra };
  }

  #say(frame: Outgoing): string {
    if (this.state === 'closed') throw new Error('[webchat] the client is closed: connect again');
    this.#shown.said(frame);
    this.#sending.take(frame);
    return frame.id;
  }

  #enter(frame: SessionFrame, known: KnownSession): void {
    const { seq } = this.#shown.now;
    const wasOther = this.#belongTo(known);
    this.#shown.apply({ type: 'received', frame });
    this.#events.emit('session', frame);
    // Once the link says that it is connected.
    queueMicrotask(() => {
      // The server was asked for what comes after another user's last number: ask again, for all.
      if (wasOther && frame.resumed && seq > 0) this.#link.drop();
      else this.#sending.onOpen(frame.max_frame_bytes);
    });
  }

  /** Shows what waits for this user, and nothing of another's. Returns whether there was another. */
  #belongTo(known: KnownSession): boolean {
    this.#isIssued = !this.#hasToken && known.token !== null;
    const change = this.#outbox.belongTo(known);
    if (change === 'other') this.#clear();
    if (change !== 'none') for (const frame of this.#outbox.all) this.#shown.said(frame);
    return change === 'other';
  }

  #clear(): void {
    this.#sending.forget();
    this.#shown.clear();
  }

  #receive(frame: ServerFrame): void {
    const isNews = isLogged(frame) && frame.seq > this.#shown.now.seq;
    this.#shown.apply({ type: 'received', frame });
    if (isLogged(frame)) {
      if (frame.type === 'user' && frame.client_id !== undefined)
        this.#sending.onStored(frame.client_id);
      if (isNews) this.#events.emit('message', frame);
    } else if (frame.type === 'ack') this.#sending.onStored(frame.id);
    else if (frame.type === 'error') this.#onError(frame);
    else if (frame.type === 'typing') this.#events.emit('typing', frame);
    else if (frame.type === 'gap') this.#events.emit('gap', frame);
  }

  #onError(frame: ErrorFrame): void {
    if (this.#sending.onError(frame)) return;
    const { code, message, id } = frame;
    this.#events.emit('error', { code, message, ...(id === undefined ? {} : { id }) });
  }

  #onClosed(code: number): void {
    this.#sending.onClosed(code);
    if (code === UNAUTHENTICATED && this.state === 'closed') {
      const message = 'the server does not accept the token: sign in again';
      this.#events.emit('error', { code: 'unauthenticated', message });
    }
  }
}

function addressOf(url: string): string {
  // As all addresses of a page: a page in the `srcdoc` of a frame has none of its own.
  const { document, location } = globalThis as { document?: Document; location?: { href: string } };
  const address = new URL(url, document?.baseURI ?? location?.href);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  return address.href;
}
