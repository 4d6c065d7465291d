import { whenThere, type ConversationRef, type MaybePromise } from '@trunkline/core';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import { bytesOf, numbered, type LogItem, type Unnumbered } from './log.ts';
import { LogBound } from './log-bound.ts';
import { decodeNews, type News } from './news.ts';
import type { TypingFrame, UserFrame } from './protocol.ts';
import { Said, type Accepted } from './said.ts';
import type { OpenStream } from './stream.ts';
import { Streams } from './streams.ts';
import { textFrame } from './text-frame.ts';

/** What was added to the log. */
interface Logged {
  frame: Unnumbered;
  json: string;
  /** Whose client said it, and need not be told. */
  from: Connection | null;
  /** The last number of a log that was lost; `null` if it was not. */
  lostHead: number | null;
}

/** How long to wait for our own voice: news may be lost. */
const HEARD_MS = 1_000;

/** The same for all that have heard it. */
const HEARD = Promise.resolve();

/**
 * A session in this process: its connections, its open streams, and its end of the log. What is said
 * is appended to the log first; the connections then get it, here at once and elsewhere by way of
 * news, which carry no more than that there is something to read.
 */
export class LiveSession {
  readonly id: string;
  /** A list of its own whenever it changes: a set takes up more, and most have one. */
  connections: readonly Connection[] = [];
  /** How many have to do with it. */
  holders = 0;
  /** Whether another process has had to do with it as well. */
  isShared = false;

  readonly #hub: Hub;
  /** Where the processes talk of it. The same text each time: to look for a new one is dear. */
  readonly #topic: string;
  #stopListening: (() => void) | null = null;
  /** The highest number that was seen. */
  #head = 0;
  /** The how-manyth log it is: the store may lose one. */
  #logNumber = 0;
  #appendedAt: number;
  #touchedAt: number;
  #heard: Promise<void> | null = null;
  #onHeard: (() => void) | null = null;
  // Made when there is something for them: most sessions are quiet most of the time.
  #streams: Streams | null = null;
  #said: Said | null = null;
  #bound: LogBound | null = null;
  #measured: Promise<LogBound> | null = null;
  /** Whether there was no log of it when it came here. */
  readonly #isNew: boolean;

  constructor(hub: Hub, id: string, isNew: boolean) {
    this.#hub = hub;
    this.id = id;
    this.#topic = `session:${id}`;
    this.#isNew = isNew;
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
    const heard = new Promise<void>((resolve) => {
      const cancel = this.#hub.clock.after(HEARD_MS, () => this.#onHeard?.());
      this.#onHeard = () => {
        this.#onHeard = null;
        this.#heard = HEARD;
        cancel();
        resolve();
      };
    });
    this.#heard = heard;
    this.#tell({ kind: 'ask', by: this.#hub.process });
    return heard;
  }

  /** The open streams. */
  get streams(): Streams {
    return (this.#streams ??= new Streams({
      process: this.#hub.process,
      connections: () => this.connections,
      tell: (news) => this.#tell(news),
    }));
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

  /**
   * Closes the streams of other processes whose end is in the log. A client that goes on after that end
   * does not read it, and perhaps nobody here has.
   */
  async closeEnded(seq: number): Promise<void> {
    if (this.#streams?.isToldBefore(seq) !== true) return;
    for (const { frame } of await this.all()) {
      if (frame?.type === 'stream_end') this.streams.ended(frame.id);
    }
  }

  /** Says what the assistant said: after what the user said before. Resolves to its number. */
  say(frame: Unnumbered, step: string | null = null): MaybePromise<number> {
    const before = this.#said?.settled ?? null;
    return whenThere(before, () => this.#append(frame, step, null));
  }

  /**
   * Puts what the user said into the log, once `accepted` has resolved to whether it was taken.
   * Resolves to its number, `null` where it was not. What the assistant says meanwhile waits.
   */
  hearUser(
    frame: Unnumbered<UserFrame>,
    accepted: Accepted,
    from: Connection,
  ): Promise<number | null> {
    this.#said ??= new Said();
    return this.#said.take(frame.id, accepted, (mayBeThere) =>
      mayBeThere ? this.#appendOnce(frame, from) : this.#append(frame, null, from),
    );
  }

  async #appendOnce(frame: Unnumbered<UserFrame>, from: Connection): Promise<number> {
    const there = (await this.all()).find((item) => item.frame?.id === frame.id);
    return there?.number ?? (await this.#append(frame, null, from));
  }

  /** Opens a stream whose start is in the log. */
  openStream(id: string, recipientId: string, seq: number): OpenStream {
    // Others may ask for it.
    this.#listen();
    return this.streams.open(id, recipientId, seq);
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
  touch(isIssued: boolean): MaybePromise<void> {
    const { clock, options } = this.#hub;
    const now = clock.now();
    const staleMs = options.sessionTtlMs / 24;
    return now - this.#touchedAt < staleMs ? undefined : this.#keep(isIssued, now);
  }

  async #keep(isIssued: boolean, now: number): Promise<void> {
    const { options, book, log } = this.#hub;
    this.#touchedAt = now;
    if (isIssued) await book.touch(this.id);
    // Its numbers go on only as long as there is a log.
    if (this.#head === 0 || now - this.#appendedAt < options.sessionTtlMs / 2) return;
    const number = await log.append(this.id, null, log.options.maxMessages);
    this.#onAppended(number);
    for (const connection of this.connections) connection.skip(number);
  }

  #append(frame: Unnumbered, step: string | null, from: Connection | null): MaybePromise<number> {
    const json = JSON.stringify(frame);
    // A new log is known without a wait. An old one is waited for by all, so that their order stays.
    const known = this.#isNew ? this.#newBound() : (this.#measured ??= this.#measure());
    return whenThere(known, (bound) => {
      const maxItems = bound.add(bytesOf(json));
      const [head, log] = [this.#head, this.#logNumber];
      return whenThere(this.#hub.log.append(this.id, frame, maxItems, step), (number) => {
        // What was there had this number already: the log has begun anew. Once, for all under way.
        const isLost = number <= head && log === this.#logNumber;
        if (isLost) this.#logNumber++;
        this.#show(number, { frame, json, from, lostHead: isLost ? head : null });
        return number;
      });
    });
  }

  /** A frame is in the log: whoever is here gets it, and the other processes hear of it. */
  #show(number: number, { frame, json, from, lostHead }: Logged): void {
    if (lostHead !== null) {
      // The store keeps no more than it is told to.
      this.#head = 0;
      this.#streams?.forgetNumbers();
    }
    this.#onAppended(number);
    let bytes: Buffer | null = null;
    for (const connection of this.connections) {
      if (lostHead !== null) connection.beginAnew(lostHead);
      if (connection === from) connection.skip(number);
      else connection.logged(number, frame, (bytes ??= textFrame(numbered(json, number))));
    }
    this.#tell({ kind: 'logged', by: this.#hub.process, number });
  }

  #onAppended(number: number): void {
    this.#head = Math.max(this.#head, number);
    this.#appendedAt = this.#hub.clock.now();
  }

  #newBound(): LogBound {
    return (this.#bound ??= new LogBound(this.#hub.log.options));
  }

  /** Finds out what the log holds already. */
  async #measure(): Promise<LogBound> {
    const bound = new LogBound(this.#hub.log.options);
    try {
      for (const { bytes, number, at } of await this.all()) {
        bound.add(bytes);
        this.#head = Math.max(this.#head, number);
        this.#appendedAt = at;
      }
    } catch (error) {
      this.#measured = null;
      throw error;
    }
    return bound;
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
        this.#streams?.answer();
        return;
      case 'piece':
        this.streams.hear(news);
        return;
      case 'typing':
        this.#showTyping(news.recipientId);
        return;
      case 'cancel':
        this.#hub.cancel({ senderId: news.senderId, account: news.account });
    }
  }

  #showTyping(recipientId: string): void {
    const frame: TypingFrame = { type: 'typing', recipient_id: recipientId };
    for (const connection of this.connections) connection.show(frame);
  }

  #tell(news: News): void {
    this.#hub.store.signals.send(this.#topic, news);
  }
}
