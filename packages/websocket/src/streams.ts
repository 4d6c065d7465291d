import type { Connection } from './connection.ts';
import type { News } from './news.ts';
import { OpenStream } from './stream.ts';
import { textFrame } from './text-frame.ts';

/** How many streams that are over are remembered, so that late news do not open them again. */
const MAX_ENDED = 16;

/** What {@link Streams} works with. */
export interface StreamsOptions {
  /** What this process calls itself. */
  process: string;
  /** Who sees them. */
  connections: () => readonly Connection[];
  /** Tells the other processes. */
  tell: (news: News) => void;
}

/** The open streams of a session: those that run here, and those that other processes tell of. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #open = new Map<string, OpenStream>();
  readonly #ended = new Set<string>();

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
    const offset = stream.text.length;
    this.#show(stream, chunk);
    if (stream.isWatched) this.#tellPiece(stream, offset, chunk);
  }

  /** One is over, whatever became of its end. */
  close(id: string): void {
    this.#open.delete(id);
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
    if (this.#open.get(id)?.isOurs === false) this.close(id);
  }

  /** Whether another process has told of one that began before a number. */
  isToldBefore(seq: number): boolean {
    return [...this.#open.values()].some((stream) => !stream.isOurs && stream.seq < seq);
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
  hear({ id, recipientId, seq, offset, text }: Extract<News, { kind: 'piece' }>): void {
    if (this.#ended.has(id) || this.#options.connections().length === 0) return;
    const known = this.#open.get(id);
    const stream = known ?? new OpenStream(id, recipientId, seq, false);
    if (stream.isOurs) return;
    // A piece got lost. What it says comes with the answer.
    if (offset > stream.text.length) return this.#ask();
    const chunk = text.slice(stream.text.length - offset);
    this.#open.set(id, stream);
    // It was announced: from now on we are told of every piece.
    if (known === undefined && text === '') this.#ask();
    if (chunk !== '') this.#show(stream, chunk);
  }

  /** Asks the other processes for theirs. */
  #ask(): void {
    const { tell, process } = this.#options;
    tell({ kind: 'ask', by: process });
  }

  #show(stream: OpenStream, chunk: string): void {
    const offset = stream.text.length;
    stream.text += chunk;
    const connections = this.#options.connections();
    if (connections.length === 0) return;
    const bytes = textFrame(stream.frameOf(offset, chunk));
    for (const connection of connections) connection.piece(stream, offset, bytes);
  }

  #tellPiece({ id, recipientId, seq }: OpenStream, offset: number, text: string): void {
    const { tell, process } = this.#options;
    tell({ kind: 'piece', by: process, id, recipientId, seq, offset, text });
  }
}
