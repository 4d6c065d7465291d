import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CLOSE } from './close-codes.ts';
import { Flow } from './flow.ts';
import type { Living } from './heartbeat.ts';
import type { Hub } from './hub.ts';
import type { LiveSession } from './live-session.ts';
import { numbered, type Unnumbered } from './log.ts';
import type { ErrorCode, ServerFrame } from './protocol.ts';
import type { OpenStream } from './stream.ts';
import { textFrame } from './text-frame.ts';

/** How many items of a log are read at once. */
const PAGE = 50;

/**
 * What one client is sent. The frames of the log go out in the order of their numbers, each once:
 * where the next one is not the one that is there, what is between is read from the log. That is also
 * how a client that reads too slowly catches up: nothing is kept for it but its place.
 */
export class Connection {
  readonly socket: WebSocket;
  session: LiveSession | null = null;
  /** Whether its session was issued to whoever holds the token, and not to a subject. */
  isIssued = true;
  /** What the client sent last, and when. */
  heardAt: number;
  /** Whether we have closed it: what the client sends before it knows is not taken. */
  isClosed = false;

  readonly #hub: Hub;
  readonly #stream: Duplex;
  /** Its group of the heartbeat's. */
  readonly #beats: Set<Living>;
  /** The number of the last frame of the log that was sent. */
  #seq = 0;
  #isAlive = true;
  #isCatchingUp = false;
  #isBehind = false;
  #flow: Flow | null = null;
  /** How much was sent of each stream that is open. */
  #shown: Map<string, number> | null = null;

  /** @param stream - What the socket writes to, which tells when the client has read. */
  constructor(hub: Hub, socket: WebSocket, stream: Duplex) {
    this.#hub = hub;
    this.socket = socket;
    this.#stream = stream;
    this.heardAt = hub.clock.now();
    hub.connections.add(this);
    this.#beats = hub.heartbeat.add(this);
    socket.on('pong', () => (this.#isAlive = true));
  }

  /** Whether its client is heard. Made when it is first not: most are, all the time. */
  get flow(): Flow {
    return (this.#flow ??= new Flow(this.socket, this.#stream));
  }

  /**
   * Joins a session that was held for it. Unless the session is new, nothing is sent of it before
   * {@link catchUp} is called: then what was said after `seq`.
   */
  join(session: LiveSession, seq: number, isNew: boolean): void {
    this.session = session;
    this.#seq = seq;
    this.#isCatchingUp = !isNew;
    session.connections = session.connections.concat(this);
  }

  /** Leaves its session. */
  leave(): void {
    const { session } = this;
    if (session === null) return;
    this.session = null;
    this.#shown = null;
    session.connections = session.connections.filter((connection) => connection !== this);
    this.#hub.drop(session);
  }

  /** The client is gone. */
  end(): void {
    this.#flow?.stop();
    this.#hub.heartbeat.remove(this, this.#beats);
    this.#hub.connections.delete(this);
    this.leave();
  }

  /** Sends a frame that is not in the log. */
  tell(frame: ServerFrame): void {
    // At once: it is an answer, and what may begin next is a turn.
    this.#send(textFrame(JSON.stringify(frame)), true);
  }

  /** The same, of something that matters only now: not to a client that does not read. */
  show(frame: ServerFrame): void {
    if (this.#isLive) this.tell(frame);
  }

  /** Says why a frame was not taken. */
  refuse(code: ErrorCode, message: string, id: string | null): void {
    this.tell({ type: 'error', code, message, ...(id === null ? {} : { id }) });
  }

  /** A frame was added to the log; `bytes` are what is sent of it. */
  logged(number: number, frame: Unnumbered, bytes: Buffer): void {
    if (number === this.#seq + 1 && this.#isLive) this.#pass(number, frame, bytes);
    else this.behind(number);
  }

  /** A frame was added to the log that this client need not be sent. */
  skip(number: number): void {
    if (number === this.#seq + 1 && this.#isLive) this.#seq = number;
    else this.behind(number);
  }

  /** The log has grown to this number, elsewhere. */
  behind(number: number): void {
    if (number <= this.#seq) return;
    this.#isBehind = true;
    if (this.#isLive) this.catchUp();
  }

  /**
   * The log was lost, and begins with 1 again.
   *
   * @param head - The last number that it had, if that is known: who has it has missed nothing.
   */
  beginAnew(head: number | null): void {
    const missing = this.#seq === head ? 0 : null;
    this.tell({ type: 'gap', missing, anew: true });
    this.#seq = 0;
  }

  /** A stream has grown; `bytes` are what is sent of that. */
  piece(stream: OpenStream, offset: number, bytes: Buffer): void {
    if (!this.#isLive || this.#seq < stream.seq) return;
    const shown = this.#shown?.get(stream.id) ?? 0;
    if (shown === offset) {
      this.#markShown(stream);
      this.#send(bytes);
    } else this.#show(stream);
  }

  /** Sends what the client has not got, from the log and of the open streams. */
  catchUp(): void {
    const { session } = this;
    if (session === null) return;
    this.#isCatchingUp = true;
    this.#readOn(session).then(
      () => this.#pace(session),
      (error: unknown) => {
        // It cannot be made whole here. It connects again, and resumes.
        this.#hub.report(error, 'a session could not be read');
        this.close(CLOSE.failed, 'connect again and resume');
      },
    );
  }

  /** Looks after the connection. */
  beat(): void {
    // One that does not read is not heard of either; its time is measured already.
    if (this.#isPaused) return;
    const { idleTimeoutMs } = this.#hub.options;
    if (idleTimeoutMs !== null && this.#hub.clock.now() - this.heardAt >= idleTimeoutMs) {
      return this.close(CLOSE.idle, 'nothing was heard');
    }
    if (!this.#isAlive) return this.socket.terminate();
    this.#isAlive = false;
    this.socket.ping();
    this.#keepSession();
    // News of what others append may have been lost.
    if (this.session?.isShared === true && this.#isLive) this.catchUp();
  }

  /** The client was heard of. */
  heard(): void {
    this.#isAlive = true;
    this.heardAt = this.#hub.clock.now();
  }

  /** Closes the connection. A client that does not answer is cut off. */
  close(code: number, reason: string): void {
    this.isClosed = true;
    this.#flow?.stop();
    this.socket.close(code, reason);
    // It may be paused, and would not hear the answer.
    this.socket.resume();
  }

  /** Whether it is waited for the client to read. */
  get #isPaused(): boolean {
    return this.#flow?.isPaused === true;
  }

  get #isLive(): boolean {
    return !this.#isCatchingUp && !this.#isPaused && this.session !== null;
  }

  /** A session that has a connection is in use. */
  #keepSession(): void {
    const kept = this.session?.touch(this.isIssued);
    kept?.catch((error: unknown) => this.#hub.report(error, 'a session could not be kept'));
  }

  /** Reads the log to its end, or until the client does not read any more. */
  async #readOn(session: LiveSession): Promise<void> {
    let missing = 0;
    let { head } = session.log;
    for (let isMore = true; isMore;) {
      this.#isBehind = false;
      head = session.log.head;
      const items = await session.log.after(this.#seq, PAGE);
      for (const { number, frame, isLost } of items) {
        if (this.session !== session) return;
        // It begins again when the client has read, behind what was counted here.
        if (this.#isPaused) return void this.#tellMissing(missing);
        missing += number - this.#seq - 1 + (isLost ? 1 : 0);
        this.#seq = number;
        if (frame === null) continue;
        missing = this.#tellMissing(missing);
        this.#pass(number, frame, textFrame(numbered(JSON.stringify(frame), number)));
      }
      // It was read while something was added, perhaps too early.
      const isGrown = session.log.head > Math.max(head, this.#seq);
      isMore = items.length === PAGE || this.#isBehind || isGrown;
    }
    // What is not there although it was added did not fit. What another reader of this session has seen
    // since is another matter: it was read too early here.
    missing += Math.max(0, head - this.#seq);
    this.#seq = Math.max(this.#seq, head);
    this.#tellMissing(missing);
  }

  #tellMissing(missing: number): 0 {
    if (missing > 0) this.tell({ type: 'gap', missing });
    return 0;
  }

  /** The log is read. Goes on with what is said now. */
  #pace(session: LiveSession): void {
    if (this.session !== session) return;
    this.#isCatchingUp = false;
    // It waits for the client, and begins again when that has read.
    if (!this.#isLive) return;
    if (this.#isBehind) return this.catchUp();
    for (const stream of session.streams.all()) {
      if (stream.seq <= this.#seq) this.#show(stream);
    }
    // Not before: of a log that nobody has read, it is not known that there is one to keep.
    this.#keepSession();
  }

  #pass(number: number, frame: Unnumbered, bytes: Buffer): void {
    this.#seq = number;
    if (frame.type === 'stream_end') {
      this.#shown?.delete(frame.id);
      this.session?.streams.ended(frame.id);
    }
    this.#send(bytes);
  }

  #show(stream: OpenStream): void {
    const shown = this.#shown?.get(stream.id) ?? 0;
    if (shown >= stream.text.length) return;
    this.#markShown(stream);
    this.#send(textFrame(stream.frameOf(shown, stream.text.slice(shown))));
  }

  #markShown({ id, text }: OpenStream): void {
    this.#shown ??= new Map();
    this.#shown.set(id, text.length);
  }

  #send(bytes: Buffer, isUrgent = false): void {
    const { socket } = this;
    if (socket.readyState !== socket.OPEN) return;
    const { writes, options } = this.#hub;
    if (isUrgent) writes.soon(this.#stream, bytes);
    else writes.later(this.#stream, bytes);
    // Below its own mark the stream does not tell when all is written: a pause would not end.
    const { writableLength, writableNeedDrain } = this.#stream;
    if (writableNeedDrain && writableLength > options.maxBufferedBytes) this.#pause();
  }

  /** The client does not read: nothing more is sent, and nothing taken, until it has. */
  #pause(): void {
    const { clock, options } = this.#hub;
    this.flow.pause({
      clock,
      ms: options.drainTimeoutMs,
      onRead: () => {
        this.#isAlive = true;
        if (!this.#isCatchingUp) this.catchUp();
      },
      onLate: () => this.close(CLOSE.slow, 'what was sent was not read'),
    });
  }
}
