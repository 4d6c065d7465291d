import { whenThere, type ConversationRef, type MaybePromise } from '@trunkline/core';
import { Expected } from './expected.ts';
import type { Feed } from './feed.ts';
import type { Hub } from './hub.ts';
import { numbered, type Unnumbered } from './log.ts';
import { LogEnd } from './log-end.ts';
import { decodeNews, type News } from './news.ts';
import type { TypingFrame, UserFrame } from './protocol.ts';
import { Said, type Accepted } from './said.ts';
import type { OpenStream } from './stream.ts';
import { Streams } from './streams.ts';
import { textFrame } from './text-frame.ts';

/**
 * How long another process may take to log a message that it has accepted. Whoever begins in the first
 * half is done in the second: it may have to read the log before, and a store has 2 s for an answer.
 */
const LOGGING_MS = 8_000;

/** How long to wait for our own voice: news may be lost. */
const HEARD_MS = 1_000;

/** The same for all that have heard it. */
const HEARD = Promise.resolve();

/**
 * A session in this process: who is connected, its open streams, and its end of the log. What is said
 * is appended to the log first; those who are connected then get it, here at once and elsewhere by way of
 * news, which carry no more than that there is something to read.
 */
export class LiveSession {
  readonly id: string;
  /** A list of its own whenever it changes: a set takes up more, and most have one. */
  feeds: readonly Feed[] = [];
  /** How many have to do with it. */
  holders = 0;
  /** Whether another process has had to do with it as well. */
  isShared = false;

  readonly #hub: Hub;
  /** Where the processes talk of it. The same text each time: to look for a new one is dear. */
  readonly #topic: string;
  #stopListening: (() => void) | null = null;
  #touchedAt: number;
  #heard: Promise<void> | null = null;
  #onHeard: (() => void) | null = null;
  readonly #isNew: boolean;
  // Made when there is something for them: most sessions are quiet most of the time.
  #log: LogEnd | null = null;
  #streams: Streams | null = null;
  #said: Said | null = null;
  #expected: Expected | null = null;

  constructor(hub: Hub, id: string, isNew: boolean) {
    this.#hub = hub;
    this.id = id;
    this.#topic = `session:${id}`;
    this.#isNew = isNew;
    this.#touchedAt = isNew ? hub.clock.now() : 0;
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

  /** Its end of the log. */
  get log(): LogEnd {
    return (this.#log ??= new LogEnd(this.#hub, this.id, this.#isNew));
  }

  /** The open streams. */
  get streams(): Streams {
    return (this.#streams ??= new Streams({
      process: this.#hub.process,
      feeds: () => this.feeds,
      tell: (news) => this.#tell(news),
      log: this.log,
      report: (error, what) => this.#hub.report(error, what),
    }));
  }

  /** Closes the streams whose end a client that goes on after `seq` does not read. */
  async closeEnded(seq: number): Promise<void> {
    await this.#streams?.closeEnded(seq);
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
  hearUser(frame: Unnumbered<UserFrame>, accepted: Accepted, from: Feed): Promise<number | null> {
    const { clock } = this.#hub;
    const since = clock.now();
    this.#said ??= new Said();
    return this.#said.take(frame.id, accepted, (isDuplicate) => {
      // Whoever has accepted it logs it. If that one is gone, we do.
      if (isDuplicate) return this.#appendUnless(this.#findExpected(frame.id), frame, from);
      // Sent again to another process, it may have been taken for lost.
      const isLate = clock.now() - since >= LOGGING_MS / 2;
      if (isLate) return this.#appendUnless(this.log.find(frame.id), frame, from);
      return this.#append(frame, null, from);
    });
  }

  /** What another process logs, or was about to. Without another one, whoever was about to is gone. */
  async #findExpected(id: string): Promise<number | null> {
    if (!this.#hub.store.shared) return await this.log.find(id);
    await this.listening();
    this.#expected ??= new Expected(this.log, this.#hub.clock);
    return await this.#expected.find(id, LOGGING_MS);
  }

  async #appendUnless(
    there: Promise<number | null>,
    frame: Unnumbered<UserFrame>,
    from: Feed,
  ): Promise<number> {
    return (await there) ?? (await this.#append(frame, null, from));
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
    const { options, book } = this.#hub;
    this.#touchedAt = now;
    if (isIssued) await book.touch(this.id);
    const number = (await this.#log?.keep(options.sessionTtlMs / 2)) ?? null;
    if (number === null) return;
    for (const feed of this.feeds) feed.skip(number);
  }

  /** Adds a frame to the log: whoever is here gets it, and the other processes hear of it. */
  #append(frame: Unnumbered, step: string | null, from: Feed | null): MaybePromise<number> {
    const json = JSON.stringify(frame);
    return this.log.append({ frame, json, step }, (number, lostHead) => {
      if (lostHead !== null) this.#streams?.forgetNumbers();
      let bytes: Buffer | null = null;
      for (const feed of this.feeds) {
        if (lostHead !== null) feed.beginAnew(lostHead);
        // Whose client said it need not be told.
        if (feed === from) feed.skip(number);
        else feed.logged(number, frame, (bytes ??= textFrame(numbered(json, number))));
      }
      this.#tell({ kind: 'logged', by: this.#hub.process, number, id: frame.id });
    });
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
        this.#expected?.logged(news.id, news.number);
        for (const feed of this.feeds) feed.behind(news.number);
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
    for (const feed of this.feeds) feed.show(frame);
  }

  #tell(news: News): void {
    this.#hub.store.signals.send(this.#topic, news);
  }
}
