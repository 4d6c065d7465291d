/** A stream that is open. */
export class OpenStream {
  readonly id: string;
  readonly recipientId: string;
  /** The number of its start in the log; 0 where the log was lost. */
  seq: number;
  /** Whether it runs here, and not in another process that tells of it. */
  readonly isOurs: boolean;
  /** Whether another process has asked for it, and is told of every piece. */
  isWatched = false;
  /** How long the text is that was said so far. */
  length = 0;
  /** Joined when it is asked for: added up as they come, each text so far would be an object of its own. */
  #pieces: string[] = [];
  readonly #lead: string;

  constructor(id: string, recipientId: string, seq: number, isOurs: boolean) {
    this.id = id;
    this.recipientId = recipientId;
    this.seq = seq;
    this.isOurs = isOurs;
    // Written once: of a chunk's JSON, only the rest changes.
    const head = JSON.stringify({ type: 'stream_chunk', recipient_id: recipientId, id });
    this.#lead = `${head.slice(0, -1)},"offset":`;
  }

  /** What was said so far. */
  get text(): string {
    if (this.#pieces.length > 1) this.#pieces = [this.#pieces.join('')];
    return this.#pieces[0] ?? '';
  }

  /** More was said. */
  add(chunk: string): void {
    this.#pieces.push(chunk);
    this.length += chunk.length;
  }

  /** The frame of a piece, as text. */
  frameOf(offset: number, chunk: string): string {
    return `${this.#lead}${offset},"chunk":${JSON.stringify(chunk)}}`;
  }
}
