import type { Feed } from './feed.ts';
import type { LogEnd } from './log-end.ts';
import type { News } from './news.ts';
import { OpenStream } from './stream.ts';
import { textFrame } from './text-frame.ts';

/** How many streams that are over are remembered, so that late news do not open them again. */
const MAX_ENDED = 16;

/** What another process tells of a stream. */
type Piece = Extract<News, { kind: 'piece' }>;

/** What {@link Streams} works with. */
export interface StreamsOptions {
  /** What this process calls itself. */
  process: string;
  /** Who sees them. */
  feeds: () => readonly Feed[];
  /** Tells the other processes. */
  tell: (news: News) => void;
  /** Where the starts and ends of streams are. */
  log: LogEnd;
  /** Told when that could not be read. */
  report: (error: unknown, what: string) => void;
}

/** The open streams of a session: those that run here, and those that other processes tell of. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #open = new Map<string, OpenStream>();
  readonly #ended = new Set<string>();
  /** Pieces of streams that are not known here, while the log is read for their ends. */
  #unsure: Piece[] | null = null;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** All that are open. */
  all(): Iterable<OpenStream> {
    return this.#open.values();
  }

  /** Opens one that runs here, whose start is in the log. */
  open(id: string, recipientId: string, seq: number): OpenStream {
    const stream = new OpenStream(id, recipientId, seq, true);
    this.#open.set(id, stream);
    // Whoever shows the session elsewhere asks for more of it.
    this.#tellPiece(stream, 0, '');
    return stream;
  }

  /** The next piece of one that runs here. */
  grow(stream: OpenStream, chunk: string): void {
    const offset = stream.length;
    this.#show(stream, chunk);
    if (stream.isWatched) this.#tellPiece(stream, offset, chunk);
  }

  /** One is over, whatever became of its end. */
  close(id: string): void {
    this.#open.delete(id);
    if (this.#ended.has(id)) return;
    if (this.#ended.size >= MAX_ENDED) {
      for (const oldest of this.#ended) {
        this.#ended.delete(oldest);
        break;
      }
    }
    this.#ended.add(id);
  }

  /** The end of one was read in the log: the process that it runs in closes it itself. */
  ended(id: string): void {
    // Also of one that is not known: a piece of it may still be on its way.
    if (this.#open.get(id)?.isOurs !== true) this.close(id);
  }

  /**
   * Closes those of other processes whose end is in the log, for a client that goes on after `seq`: it
   * does not read an end before that, and perhaps nobody here has.
   */
  async closeEnded(seq: number): Promise<void> {
    const isOne = [...this.#open.values()].some((stream) => !stream.isOurs && stream.seq < seq);
    if (isOne) await this.#readEnds();
  }

  /** The log was lost: those who see a stream have got its start, under a number that is gone. */
  forgetNumbers(): void {
    for (const stream of this.#open.values()) stream.seq = 0;
  }

  /** Another process wants to know what runs here, and all that follows. */
  answer(): void {
    for (const stream of this.#open.values()) {
      if (!stream.isOurs) continue;
      stream.isWatched = true;
      this.#tellPiece(stream, 0, stream.text);
    }
  }

  /** Another process tells of a piece. */
  hear(piece: Piece): void {
    const { id, seq, offset, text } = piece;
    if (this.#ended.has(id) || this.#options.feeds().length === 0) return;
    const known = this.#open.get(id);
    // The log is known here beyond its start, perhaps beyond its end: it may be late.
    if (known === undefined && seq <= this.#options.log.head) return this.#lookUp(piece);
    const stream = known ?? this.#openTold(piece);
    if (stream.isOurs) return;
    // A piece got lost. What it says comes with the answer.
    if (offset > stream.length) return this.#ask();
    const chunk = text.slice(stream.length - offset);
    if (chunk !== '') this.#show(stream, chunk);
  }

  #openTold({ id, recipientId, seq, text }: Piece): OpenStream {
    const stream = new OpenStream(id, recipientId, seq, false);
    this.#open.set(id, stream);
    // It was announced: from now on we are told of every piece.
    if (text === '') this.#ask();
    return stream;
  }

  /** Opens a stream that is not known, unless its end is in the log. */
  #lookUp(piece: Piece): void {
    if (this.#unsure !== null) return void this.#unsure.push(piece);
    this.#unsure = [piece];
    this.#openUnlessEnded(piece, this.#unsure).catch((error: unknown) =>
      this.#options.report(error, 'a session could not be read'),
    );
  }

  async #openUnlessEnded(piece: Piece, pieces: readonly Piece[]): Promise<void> {
    let ends: Set<string>;
    try {
      ends = await this.#readEnds();
    } finally {
      this.#unsure = null;
    }
    // More may have ended than are remembered.
    const isOver = ({ id }: Piece): boolean => ends.has(id) || this.#ended.has(id);
    if (!isOver(piece)) this.#openTold(piece);
    // Those of another stream may have come after its end was looked for: they are looked up anew.
    for (const each of pieces) if (!isOver(each)) this.hear(each);
  }

  /** The streams whose end is in the log. Those of other processes are closed. */
  async #readEnds(): Promise<Set<string>> {
    const ends = new Set<string>();
    for (const { frame } of await this.#options.log.all()) {
      if (frame?.type === 'stream_end') ends.add(frame.id);
    }
    for (const id of ends) this.ended(id);
    return ends;
  }

  /** Asks the other processes for theirs. */
  #ask(): void {
    const { tell, process } = this.#options;
    tell({ kind: 'ask', by: process });
  }

  #show(stream: OpenStream, chunk: string): void {
    const offset = stream.length;
    stream.add(chunk);
    const feeds = this.#options.feeds();
    if (feeds.length === 0) return;
    const bytes = textFrame(stream.frameOf(offset, chunk));
    for (const feed of feeds) feed.piece(stream, offset, bytes);
  }

  #tellPiece({ id, recipientId, seq }: OpenStream, offset: number, text: string): void {
    const { tell, process } = this.#options;
    tell({ kind: 'piece', by: process, id, recipientId, seq, offset, text });
  }
}
