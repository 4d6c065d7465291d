import type { ClientFrame, ServerFrame, SessionFrame } from './wire.ts';
import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import { parseServerFrame } from './frames.ts';
import type { KnownSession, Memory } from './memory.ts';
import { report } from './report.ts';

/**
 * How the connection is: `connecting`, `connected` (the session is open), `offline` (it waits before it
 * tries again), or `closed` for good.
 */
export type ClientState = 'connecting' | 'connected' | 'offline' | 'closed';

/** Proves who the user is; a function is asked before each connection. */
export type TokenSource = string | (() => string | Promise<string>);

/** The part of the browser's `WebSocket` that is used. */
export interface WebSocketLike {
  /** 1 while it is open. */
  readonly readyState: number;
  /** Sends a text frame. */
  send(data: string): void;
  /** Ends the connection. */
  close(code?: number): void;
  /** It is open. */
  addEventListener(type: 'open', listener: () => void): void;
  /** A frame came. */
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  /** It is closed, or could not be opened. */
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
}

/** What the link needs, and whom it tells. */
export interface LinkOptions {
  url: string;
  token: TokenSource | null;
  memory: Memory;
  clock: Clock;
  random: () => number;
  open: (url: string) => WebSocketLike;
  /** The last number that was seen of a session. */
  seqOf: (session: string) => number;
  onState: (state: ClientState) => void;
  /** A frame went out, or came in. */
  onFrame: (direction: 'in' | 'out', frame: ClientFrame | ServerFrame) => void;
  /** The session is open, and known from now on. */
  onSession: (frame: SessionFrame, known: KnownSession) => void;
  /** A frame of the open session, in order. */
  onReceived: (frame: ServerFrame) => void;
  /** The connection is gone. */
  onClosed: (code: number) => void;
}

/** How long the page may take to find a token: its user may have to sign in. */
const TOKEN_MS = 60_000;

/** How long a connection may take to be there, session included. */
const CONNECT_MS = 15_000;

/** How often the server is asked whether it is still there. */
const PING_MS = 20_000;

/** The server did not accept the token, or wanted one. */
export const UNAUTHENTICATED = 4401;

/** One connection after the other, for as long as the client lives. */
export class Link {
  readonly #options: LinkOptions;
  #state: ClientState = 'offline';
  #socket: WebSocketLike | null = null;
  #failures = 0;
  #cancelRetry: () => void = () => {};
  #cancelWatch: () => void = () => {};
  /** Whether something came since the last ping. */
  #isAlive = false;
  /** Whether the answer to our `resume` is still to come. */
  #isResuming = false;
  /** What was last said to open a session. */
  #offered: string | null = null;
  /** Whether the connection may still go over to another session: not once something was said on it. */
  #mayFollow = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get state(): ClientState {
    return this.#state;
  }

  /** Connects now, unless that is done or under way. */
  connect(): void {
    if (this.#state !== 'offline') return;
    this.#cancelRetry();
    this.#become('connecting');
    void this.#open();
  }

  /** Sends, if the session is open. */
  send(frame: ClientFrame): boolean {
    if (this.#state !== 'connected') return false;
    this.#mayFollow = false;
    this.#write(frame);
    return true;
  }

  /**
   * Goes over from a new session to the one that another tab was given in the same moment. Once a
   * connection: it may be as unknown to the server.
   */
  follow(): boolean {
    const given = this.#options.memory.session?.token ?? null;
    if (!this.#mayFollow || given === null || given === this.#offered) return false;
    this.#mayFollow = false;
    this.#resume(null);
    return true;
  }

  /** Asks at once whether the server is there: the network has changed, or the page was asleep. */
  check(): void {
    if (this.#state === 'connected') this.#ping(PING_MS / 4);
    else this.connect();
  }

  /** Gives this connection up for another one. */
  drop(): void {
    const socket = this.#socket;
    if (socket === null) return;
    // A dead connection takes its time to say that it is closed.
    this.#lose(1006);
    socket.close();
  }

  /** Ends it. */
  close(): void {
    this.#become('closed');
    this.#cancelRetry();
    this.#cancelWatch();
    this.#socket?.close(1000);
    this.#socket = null;
  }

  async #open(): Promise<void> {
    const { token, open, url } = this.#options;
    let proof: string | null;
    this.#watch(TOKEN_MS);
    try {
      proof = typeof token === 'function' ? await token() : token;
    } catch {
      if (this.#state === 'connecting' && this.#socket === null) this.#retryLater();
      return;
    }
    // The client may have been closed meanwhile, or have got a token that it had asked for before.
    if (this.#state !== 'connecting' || this.#socket !== null) return;
    let socket: WebSocketLike;
    try {
      socket = open(this.#withSession(url, proof));
    } catch (error) {
      // The page may not: by `ws:` from `https:`, say.
      report(error);
      this.#retryLater();
      return;
    }
    this.#socket = socket;
    this.#mayFollow = token === null;
    this.#watch(CONNECT_MS);
    // What one that was given up still has to say is nobody's business.
    const isCurrent = (): boolean => this.#socket === socket;
    socket.addEventListener('open', () => {
      if (isCurrent()) this.#resume(proof);
    });
    socket.addEventListener('message', ({ data }) => {
      if (isCurrent()) this.#receive(data);
    });
    socket.addEventListener('close', ({ code }) => {
      if (isCurrent()) this.#lose(code);
    });
  }

  /** Says that we are coming back, so that the server opens no session for us in vain. */
  #withSession(url: string, proof: string | null): string {
    const known = this.#options.memory.session;
    if (proof !== null || known === null || known.token === null) return url;
    const address = new URL(url);
    address.searchParams.set('session', known.session);
    return address.href;
  }

  /** Without a token there is nothing to say: the server opens a session by itself. */
  #resume(proof: string | null): void {
    const known = this.#options.memory.session;
    const token = proof ?? known?.token ?? null;
    this.#isResuming = proof === null && token !== null;
    this.#offered = token;
    if (token === null) return;
    const seq = known === null ? 0 : this.#options.seqOf(known.session);
    this.#write({
      type: 'resume',
      ...(known === null ? {} : { session: known.session }),
      token,
      // A page that has seen nothing asks for all that there is.
      ...(seq === 0 ? {} : { seq }),
    });
  }

  #receive(data: unknown): void {
    this.#isAlive = true;
    const frame = parseServerFrame(data);
    if (frame === null) return;
    this.#options.onFrame('in', frame);
    if (frame.type === 'session') {
      this.#enter(frame);
      return;
    }
    if (frame.type !== 'pong' && this.#state === 'connected') this.#failures = 0;
    this.#options.onReceived(frame);
  }

  #enter(frame: SessionFrame): void {
    // The server offers a new session to everybody, and then answers who wants to have an old one.
    if (this.#isResuming && !frame.resumed && frame.reason === undefined) return;
    if (frame.resumed) this.#mayFollow = false;
    else if (this.follow()) return;
    this.#isResuming = false;
    const known = this.#knownFrom(frame);
    this.#options.memory.session = known;
    this.#offered = known.token;
    this.#options.onSession(frame, known);
    this.#become('connected');
    this.#watch(PING_MS);
  }

  #knownFrom({ session, token: issued }: SessionFrame): KnownSession {
    const { memory, token: proof } = this.#options;
    const before = memory.session;
    const token = issued ?? (before?.session === session ? before.token : null);
    const goesOn = proof === null && token !== null && before !== null && before.token !== null;
    return { session, token, user: goesOn ? before.user : session };
  }

  #lose(code: number): void {
    this.#socket = null;
    this.#cancelWatch();
    if (code === UNAUTHENTICATED) {
      const { token, memory } = this.#options;
      // A token of ours that does not open is of no use; one that never changes never will. Another tab
      // may have got a better one meanwhile.
      if (token === null && memory.session?.token === this.#offered) memory.session = null;
      if (typeof token === 'string') this.#become('closed');
    }
    if (this.#state !== 'closed') this.#retryLater();
    this.#options.onClosed(code);
  }

  #retryLater(): void {
    this.#cancelWatch();
    this.#become('offline');
    this.#failures++;
    const { clock, random } = this.#options;
    this.#cancelRetry = clock.after(backoffMs(this.#failures, random()), () => this.connect());
  }

  /** Gives the connection up when nothing comes for so long; pings an open one first. */
  #watch(ms: number): void {
    this.#cancelWatch();
    this.#cancelWatch = this.#options.clock.after(ms, () => {
      if (this.#state === 'connected') this.#ping(PING_MS);
      else if (this.#socket === null) this.#retryLater();
      else this.drop();
    });
  }

  #ping(withinMs: number): void {
    this.#isAlive = false;
    this.#write({ type: 'ping' });
    this.#cancelWatch();
    this.#cancelWatch = this.#options.clock.after(withinMs, () => {
      if (this.#isAlive) {
        // It stands: the attempts that it took are past.
        this.#failures = 0;
        this.#ping(PING_MS);
      } else this.drop();
    });
  }

  #write(frame: ClientFrame): void {
    // A socket that is closing takes nothing, and says so by its `close` event.
    if (this.#socket?.readyState !== 1) return;
    this.#socket.send(JSON.stringify(frame));
    this.#options.onFrame('out', frame);
  }

  #become(state: ClientState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#options.onState(state);
  }
}
