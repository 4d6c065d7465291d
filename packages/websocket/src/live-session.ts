import type { ConversationRef } from '@trunkline/core';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import { bytesOf, type LogItem, type Unnumbered } from './log.ts';
import { decodeNews, encodeNews, type News } from './news.ts';
import type { TypingFrame, UserFrame } from './protocol.ts';
import { OpenStream } from './stream.ts';

/** How long to wait for our own voice: news may be lost. */
const HEARD_MS = 1_000;

/** How many streams that are over are remembered, so that late news do not open them again. */
const MAX_ENDED = 16;

/**
 * A session in this process: its connections, its open streams, and its end of the log. What is said
 * is appended to the log first; the connections then get it, here at once and elsewhere by way of
 * news, which carry no more than that there is something to read.
 */
export class LiveSession {
  readonly id: string;
  readonly connections: Set<Connection> = new Set();
  readonly streams: Map<string, OpenStream> = new Map();
  /** How many have to do with it. */
  holders = 0;
  /** Ends a turn of it that runs here. */
  onCancel: ((conversation: ConversationRef) => void) | null = null;
  /** Whether another process has had to do with it as well. */
  isShared = false;

  readonly #hub: Hub;
  readonly #topic: string;
  #stopListening: (() => void) | null = null;
  readonly #ended = new Set<string>();
  /** The highest number that was seen. */
  #head = 0;
  #appendedAt: number;
  #touchedAt: number;
  /** What the last items take, the oldest first, as far as it matters. */
  #sizes: number[] = [];
  #bytes = 0;
  #isTight = false;
  #measured: Promise<void> | null;
  /** What users have said and is not in the log yet. */
  #said: Promise<unknown> | null = null;
  readonly #saying = new Map<string, Promise<number>>();
  #heard: Promise<void> | null = null;
  #onHeard: (() => void) | null = null;

  constructor(hub: Hub, id: string, isNew: boolean) {
    this.#hub = hub;
    this.id = id;
    this.#topic = `session:${id}`;
    this.#measured = isNew ? Promise.resolve() : null;
    this.#touchedAt = isNew ? hub.clock.now() : 0;
    this.#appendedAt = this.#touchedAt;
  }

  /** Nobody has to do with it any more. */
  end(): void {
    this.#stopListening?.();
  }

  /**
   * Resolves when this process hears what the others say of the session, so that what is read from the
   * log afterwards misses nothing; and asks them for their open streams.
   */
  listening(): Promise<void> {
    if (this.#heard !== null) return this.#heard;
    this.#listen();
    this.#heard = new Promise<void>((resolve) => {
      const cancel = this.#hub.clock.after(HEARD_MS, resolve);
      this.#onHeard = () => {
        cancel();
        resolve();
      };
    });
    this.#ask();
    return this.#heard;
  }

  /** The highest number that is known here. */
  get head(): number {
    return this.#head;
  }

  /** Reads the log. */
  async after(number: number, limit: number): Promise<LogItem[]> {
    const items = await this.#hub.log.after(this.id, number, limit);
    const last = items.at(-1);
    if (last !== undefined && last.number > this.#head) {
      this.#head = last.number;
      this.#appendedAt = last.at;
    }
    return items;
  }

  /** The whole log. */
  async all(): Promise<LogItem[]> {
    return await this.#hub.log.all(this.id);
  }

  /** Says what the assistant said: after what the user said before. Resolves to its number. */
  async say(frame: Unnumbered, step: string | null = null): Promise<number> {
    if (this.#said !== null) await this.#said;
    return await this.#append(frame, step, null);
  }

  /**
   * Puts what the user said into the log, once `accepted` has resolved to whether it was taken.
   * Resolves to its number, `null` where it was not. What the assistant says meanwhile waits.
   */
  async hearUser(
    frame: Unnumbered<UserFrame>,
    accepted: Promise<'accepted' | 'duplicate' | 'refused'>,
    from: Connection,
  ): Promise<number | null> {
    const done = this.#logUser(frame, accepted, from);
    const said = Promise.allSettled([this.#said, done]);
    this.#said = said;
    try {
      return await done;
    } finally {
      if (this.#said === said) this.#said = null;
    }
  }

  /** Opens a stream whose start is in the log. */
  openStream(id: string, recipientId: string, seq: number): OpenStream {
    // Others may ask for it.
    this.#listen();
    const stream = new OpenStream(id, recipientId, seq, true);
    this.streams.set(id, stream);
    // Whoever shows the session elsewhere asks for more of it.
    this.#tellPiece(stream, 0, '');
    return stream;
  }

  /** The next piece of a stream that runs here. */
  grow(stream: OpenStream, chunk: string): void {
    const offset = stream.text.length;
    stream.text += chunk;
    const frame = stream.frameOf(offset, chunk);
    for (const connection of this.connections) connection.piece(stream, offset, frame);
    if (stream.isWatched) this.#tellPiece(stream, offset, chunk);
  }

  /** A stream is over, whatever became of its end. */
  closeStream(id: string): void {
    this.streams.delete(id);
    if (this.#ended.size >= MAX_ENDED) {
      for (const oldest of this.#ended) {
        this.#ended.delete(oldest);
        break;
      }
    }
    this.#ended.add(id);
  }

  /** Shows that the assistant is at work. */
  typing(recipientId: string): void {
    this.#showTyping(recipientId);
    this.#tell({ kind: 'typing', by: this.#hub.process, recipientId });
  }

  /** Ends a turn that runs in another process. */
  cancelElsewhere({ senderId, account = null }: ConversationRef): void {
    this.#tell({ kind: 'cancel', by: this.#hub.process, senderId, account });
  }

  /** Keeps it from being forgotten, if it has not been used for a while. */
  async touch(isIssued: boolean): Promise<void> {
    const { clock, options, book, log } = this.#hub;
    const now = clock.now();
    const staleMs = options.sessionTtlMs / 24;
    if (now - this.#touchedAt < staleMs) return;
    this.#touchedAt = now;
    if (isIssued) await book.touch(this.id);
    // Its numbers go on only as long as there is a log.
    if (this.#head === 0 || now - this.#appendedAt < options.sessionTtlMs / 2) return;
    const number = await log.append(this.id, null, log.options.maxMessages);
    this.#onAppended(number);
    for (const connection of this.connections) connection.skip(number);
  }

  async #logUser(
    frame: Unnumbered<UserFrame>,
    accepted: Promise<'accepted' | 'duplicate' | 'refused'>,
    from: Connection,
  ): Promise<number | null> {
    const outcome = await accepted;
    if (outcome === 'refused') return null;
    // The same message, sent again before it was in the log.
    const known = this.#saying.get(frame.id);
    if (known !== undefined) return await known;
    const number = this.#logOnce(frame, outcome === 'duplicate', from);
    this.#saying.set(frame.id, number);
    try {
      return await number;
    } finally {
      this.#saying.delete(frame.id);
    }
  }

  async #logOnce(
    frame: Unnumbered<UserFrame>,
    mayBeThere: boolean,
    from: Connection,
  ): Promise<number> {
    if (mayBeThere) {
      const there = (await this.all()).find((item) => item.frame?.id === frame.id);
      if (there !== undefined) return there.number;
    }
    return await this.#append(frame, null, from);
  }

  async #append(frame: Unnumbered, step: string | null, from: Connection | null): Promise<number> {
    await (this.#measured ??= this.#measure());
    const maxItems = this.#maxItemsWith(bytesOf(frame));
    const number = await this.#hub.log.append(this.id, frame, maxItems, step);
    const hasBegunAnew = number === 1 && this.#head > 1;
    if (hasBegunAnew) this.#head = 0;
    this.#onAppended(number);
    let text: string | null = null;
    const textOf = (): string => (text ??= JSON.stringify({ ...frame, seq: number }));
    for (const connection of this.connections) {
      if (hasBegunAnew) connection.beginAnew();
      if (connection === from) connection.skip(number);
      else connection.logged(number, frame, textOf);
    }
    this.#tell({ kind: 'logged', by: this.#hub.process, number });
    return number;
  }

  #onAppended(number: number): void {
    this.#head = Math.max(this.#head, number);
    this.#appendedAt = this.#hub.clock.now();
  }

  /** Finds out what the log holds already. */
  async #measure(): Promise<void> {
    try {
      for (const { bytes, number, at } of await this.all()) {
        this.#maxItemsWith(bytes);
        this.#head = Math.max(this.#head, number);
        this.#appendedAt = at;
      }
    } catch (error) {
      this.#measured = null;
      throw error;
    }
  }

  /** How many items may stay when one of this size is added. */
  #maxItemsWith(bytes: number): number {
    const { maxMessages, maxBytes } = this.#hub.log.options;
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    while (this.#sizes.length > maxMessages || (this.#bytes > maxBytes && this.#sizes.length > 1)) {
      this.#isTight ||= this.#bytes > maxBytes;
      this.#bytes -= this.#sizes.shift() ?? 0;
    }
    return this.#isTight ? this.#sizes.length : maxMessages;
  }

  #listen(): void {
    this.#stopListening ??= this.#hub.store.signals.listen(this.#topic, (news) => {
      const decoded = decodeNews(news);
      if (decoded !== null) this.#hear(decoded);
    });
  }

  #hear(news: News): void {
    if (news.by === this.#hub.process) {
      if (news.kind === 'ask') this.#onHeard?.();
      return;
    }
    this.isShared = true;
    switch (news.kind) {
      case 'logged':
        for (const connection of this.connections) connection.behind(news.number);
        return;
      case 'ask':
        for (const stream of this.streams.values()) {
          if (!stream.isOurs) continue;
          stream.isWatched = true;
          this.#tellPiece(stream, 0, stream.text);
        }
        return;
      case 'piece':
        this.#hearPiece(news);
        return;
      case 'typing':
        this.#showTyping(news.recipientId);
        return;
      case 'cancel':
        this.onCancel?.({ senderId: news.senderId, account: news.account });
    }
  }

  #hearPiece({ id, recipientId, seq, offset, text }: Extract<News, { kind: 'piece' }>): void {
    if (this.#ended.has(id) || this.connections.size === 0) return;
    const known = this.streams.get(id);
    const stream = known ?? new OpenStream(id, recipientId, seq, false);
    if (stream.isOurs) return;
    // A piece got lost. What it says comes with the answer.
    if (offset > stream.text.length) return this.#ask();
    const chunk = text.slice(stream.text.length - offset);
    const from = stream.text.length;
    stream.text += chunk;
    this.streams.set(id, stream);
    // It was announced: from now on we are told of every piece.
    if (known === undefined && text === '') this.#ask();
    if (chunk === '') return;
    const frame = stream.frameOf(from, chunk);
    for (const connection of this.connections) connection.piece(stream, from, frame);
  }

  #showTyping(recipientId: string): void {
    const frame: TypingFrame = { type: 'typing', recipient_id: recipientId };
    for (const connection of this.connections) connection.show(frame);
  }

  #tellPiece(stream: OpenStream, offset: number, text: string): void {
    const { id, recipientId, seq } = stream;
    this.#tell({ kind: 'piece', by: this.#hub.process, id, recipientId, seq, offset, text });
  }

  /** Asks other processes for their open streams. */
  #ask(): void {
    this.#tell({ kind: 'ask', by: this.#hub.process });
  }

  #tell(news: News): void {
    this.#hub.store.signals.send(this.#topic, encodeNews(news));
  }
}
