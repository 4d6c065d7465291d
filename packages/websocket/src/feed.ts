import type { Connection } from './connection.ts';
import type { LiveSession } from './live-session.ts';
import { numbered, type Unnumbered } from './log.ts';
import type { ServerFrame } from './protocol.ts';
import type { OpenStream } from './stream.ts';
import { textFrame } from './text-frame.ts';

/** How many items of a log are read at once. */
const PAGE = 50;

/**
 * What one client is sent of its session. The frames of the log go out in the order of their numbers,
 * each once: where the next one is not the one that is there, what is between is read from the log. That
 * is also how a client that reads too slowly catches up: nothing is kept for it but its place.
 */
export class Feed {
  readonly session: LiveSession;
  readonly #connection: Connection;
  /** The number of the last frame of the log that was sent. */
  #seq: number;
  #isCatchingUp: boolean;
  #isBehind = false;
  /** How much was sent of each stream that is open. */
  #shown: Map<string, number> | null = null;

  /** Unless the session is new, nothing is sent before {@link catchUp}: then what was said after `seq`. */
  constructor(connection: Connection, session: LiveSession, seq: number, isNew: boolean) {
    this.#connection = connection;
    this.session = session;
    this.#seq = seq;
    this.#isCatchingUp = !isNew;
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
    this.#connection.tell({ type: 'gap', missing, anew: true });
    this.#seq = 0;
  }

  /** A stream has grown; `bytes` are what is sent of that. */
  piece(stream: OpenStream, offset: number, bytes: Buffer): void {
    if (!this.#isLive || this.#seq < stream.seq) return;
    const shown = this.#shown?.get(stream.id) ?? 0;
    if (shown === offset) {
      this.#markShown(stream);
      this.#connection.send(bytes);
    } else this.#show(stream);
  }

  /** Sends something that matters only now: not to a client that does not read. */
  show(frame: ServerFrame): void {
    if (this.#isLive) this.#connection.tell(frame);
  }

  /** The client has read what waited for it, and gets what it missed meanwhile. */
  goOn(): void {
    if (!this.#isCatchingUp) this.catchUp();
  }

  /** Looks for what others have appended: news of it may have been lost. */
  lookAgain(): void {
    if (this.session.isShared && this.#isLive) this.catchUp();
  }

  /** Sends what the client has not got, from the log and of the open streams. */
  catchUp(): void {
    if (this.#isOver) return;
    this.#isCatchingUp = true;
    this.#readOn().then(
      () => this.#pace(),
      // It cannot be made whole here. It connects again, and resumes.
      (error: unknown) => this.#connection.fail(error, 'a session could not be read'),
    );
  }

  /** Whether the client has left the session. */
  get #isOver(): boolean {
    return this.#connection.feed !== this;
  }

  get #isLive(): boolean {
    return !this.#isCatchingUp && !this.#connection.isPaused && !this.#isOver;
  }

  /** Reads the log to its end, or until the client does not read any more. */
  async #readOn(): Promise<void> {
    const { log } = this.session;
    let missing = 0;
    let { head } = log;
    for (let isMore = true; isMore;) {
      this.#isBehind = false;
      head = log.head;
      const items = await log.after(this.#seq, PAGE);
      for (const { number, frame, isLost } of items) {
        if (this.#isOver) return;
        // It begins again when the client has read, behind what was counted here.
        if (this.#connection.isPaused) return void this.#tellMissing(missing);
        missing += number - this.#seq - 1 + (isLost ? 1 : 0);
        this.#seq = number;
        if (frame === null) continue;
        missing = this.#tellMissing(missing);
        this.#pass(number, frame, textFrame(numbered(JSON.stringify(frame), number)));
      }
      // It was read while something was added, perhaps too early.
      const isGrown = log.head > Math.max(head, this.#seq);
      isMore = items.length === PAGE || this.#isBehind || isGrown;
    }
    // What is not there although it was added did not fit. What another reader of this session has seen
    // since is another matter: it was read too early here.
    missing += Math.max(0, head - this.#seq);
    this.#seq = Math.max(this.#seq, head);
    this.#tellMissing(missing);
  }

  #tellMissing(missing: number): 0 {
    if (missing > 0) this.#connection.tell({ type: 'gap', missing });
    return 0;
  }

  /** The log is read. Goes on with what is said now. */
  #pace(): void {
    if (this.#isOver) return;
    this.#isCatchingUp = false;
    // It waits for the client, and begins again when that has read.
    if (!this.#isLive) return;
    if (this.#isBehind) return this.catchUp();
    for (const stream of this.session.streams.all()) {
      if (stream.seq <= this.#seq) this.#show(stream);
    }
    // Not before: of a log that nobody has read, it is not known that there is one to keep.
    this.#connection.keepSession();
  }

  #pass(number: number, frame: Unnumbered, bytes: Buffer): void {
    this.#seq = number;
    if (frame.type === 'stream_end') {
      this.#shown?.delete(frame.id);
      this.session.streams.ended(frame.id);
    }
    this.#connection.send(bytes);
  }

  #show(stream: OpenStream): void {
    const shown = this.#shown?.get(stream.id) ?? 0;
    if (shown >= stream.length) return;
    this.#markShown(stream);
    this.#connection.send(textFrame(stream.frameOf(shown, stream.text.slice(shown))));
  }

  #markShown({ id, length }: OpenStream): void {
    this.#shown ??= new Map();
    this.#shown.set(id, length);
  }
}
