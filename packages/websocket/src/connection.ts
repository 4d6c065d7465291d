import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CLOSE } from './close-codes.ts';
import { Feed } from './feed.ts';
import { Flow } from './flow.ts';
import type { Living } from './heartbeat.ts';
import type { Hub } from './hub.ts';
import type { LiveSession } from './live-session.ts';
import type { ErrorCode, ServerFrame } from './protocol.ts';
import { textFrame } from './text-frame.ts';

/** One client's connection, from the handshake to its end: whether it is alive, reads, and is in use. */
export class Connection {
  readonly socket: WebSocket;
  /** What it is sent of its session; `null` while it is in none. */
  feed: Feed | null = null;
  /** Whether its session was issued to whoever holds the token, and not to a subject. */
  isIssued = true;
  /** Whether we have closed it: what the client sends before it knows is not taken. */
  isClosed = false;

  readonly #hub: Hub;
  readonly #stream: Duplex;
  /** Its group of the heartbeat's. */
  readonly #beats: Set<Living>;
  #isAlive = true;
  /** Since the client was heard. Counted, and no times: clocks are set. */
  #silentBeats = 0;
  #flow: Flow | null = null;

  /** @param stream - What the socket writes to, which tells when the client has read. */
  constructor(hub: Hub, socket: WebSocket, stream: Duplex) {
    this.#hub = hub;
    this.socket = socket;
    this.#stream = stream;
    hub.connections.add(this);
    this.#beats = hub.heartbeat.add(this);
    socket.on('pong', () => (this.#isAlive = true));
  }

  /** Whether its client is heard. Made when it is first not: most are, all the time. */
  get flow(): Flow {
    return (this.#flow ??= new Flow(this.socket, this.#stream));
  }

  /** Whether it is waited for the client to read. */
  get isPaused(): boolean {
    return this.#flow?.isPaused === true;
  }

  /** Joins a session that was held for it. What it is sent of that, {@link Feed} says. */
  join(session: LiveSession, seq: number, isNew: boolean): void {
    this.feed = new Feed(this, session, seq, isNew);
    session.feeds = session.feeds.concat(this.feed);
  }

  /** Leaves its session. */
  leave(): void {
    const { feed } = this;
    if (feed === null) return;
    this.feed = null;
    const { session } = feed;
    session.feeds = session.feeds.filter((other) => other !== feed);
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
    this.send(textFrame(JSON.stringify(frame)), true);
  }

  /** Says why a frame was not taken. */
  refuse(code: ErrorCode, message: string, id: string | null): void {
    this.tell({ type: 'error', code, message, ...(id === null ? {} : { id }) });
  }

  /** Sends what goes over the wire. */
  send(bytes: Buffer, isUrgent = false): void {
    const { socket } = this;
    if (socket.readyState !== socket.OPEN) return;
    const { writes, options } = this.#hub;
    if (isUrgent) writes.soon(this.#stream, bytes);
    else writes.later(this.#stream, bytes);
    // Below its own mark the stream does not tell when all is written: a pause would not end.
    const { writableLength, writableNeedDrain } = this.#stream;
    if (writableNeedDrain && writableLength > options.maxBufferedBytes) this.#pause();
  }

  /** Looks after the connection. */
  beat(): void {
    // One that does not read is not heard of either; its time is measured already.
    if (this.isPaused) return;
    if (this.#silentBeats >= this.#hub.maxSilentBeats) {
      return this.close(CLOSE.idle, 'nothing was heard');
    }
    this.#silentBeats++;
    if (!this.#isAlive) return this.socket.terminate();
    this.#isAlive = false;
    this.socket.ping();
    this.keepSession();
    this.feed?.lookAgain();
  }

  /** The client was heard of. */
  heard(): void {
    this.#isAlive = true;
    this.#silentBeats = 0;
  }

  /** A session that has a connection is in use. */
  keepSession(): void {
    const kept = this.feed?.session.touch(this.isIssued);
    kept?.catch((error: unknown) => this.#hub.report(error, 'a session could not be kept'));
  }

  /** Something failed on our side: its client connects again, and resumes. */
  fail(error: unknown, what: string): void {
    this.#hub.report(error, what);
    this.close(CLOSE.failed, 'connect again and resume');
  }

  /** Closes the connection. A client that does not answer is cut off. */
  close(code: number, reason: string): void {
    this.isClosed = true;
    this.#flow?.stop();
    this.socket.close(code, reason);
    // It may be paused, and would not hear the answer.
    this.socket.resume();
  }

  /** The client does not read: nothing more is sent, and nothing taken, until it has. */
  #pause(): void {
    const { clock, options } = this.#hub;
    this.flow.pause({
      clock,
      ms: options.drainTimeoutMs,
      onRead: () => {
        this.#isAlive = true;
        this.feed?.goOn();
      },
      onLate: () => this.close(CLOSE.slow, 'what was sent was not read'),
    });
  }
}
