import { randomBytes } from 'node:crypto';
import {
  isPromise,
  UserMessage,
  type ConversationRef,
  type JsonObject,
  type Metadata,
  type Turns,
} from '@trunkline/core';
import type { RawData } from 'ws';
import { CLOSE } from './close-codes.ts';
import type { Connection } from './connection.ts';
import type { Feed } from './feed.ts';
import type { Hub } from './hub.ts';
import type { LiveSession } from './live-session.ts';
import type { Unnumbered } from './log.ts';
import { parseFrame, type ParsedFrame, type SaidFrame } from './parse.ts';
import type { SessionAddress, UserFrame } from './protocol.ts';
import { TokenBucket } from './rate.ts';

/** How often the assistant is told that the user is typing, in milliseconds. */
const TYPING_MS = 3_000;

/** Bytes of what the names begin with that messages are given here. */
const NAME_BYTES = 12;

/** Frames that may wait while a session is opened. */
const MAX_WAITING = 100;

/** What an {@link Inbox} works with. */
export interface InboxOptions {
  hub: Hub;
  turns: Turns;
  /** Opens the session of a `resume` frame, and joins it. Must not reject. */
  resume: (inbox: Inbox, frame: ResumeParsed) => Promise<void>;
}

type ResumeParsed = Extract<ParsedFrame, { type: 'resume' }>;

/** Finds out whose token it is. @throws UnauthenticatedError */
export type Prove = (token: string | null) => Promise<string>;

/** What of the upgrade's request and a frame the assistant gets. */
export type MetadataOf = (body: JsonObject) => Metadata | null;

/** What one client says. */
export class Inbox {
  /** Who the client is, where it has proved that; `null` where nobody has to. */
  subject: string | null = null;
  /** The session that was made for this connection, if it is in that one. */
  given: string | null = null;
  /** Whether only a `resume` frame is taken: until the client has proved who it is. */
  isWaiting = false;

  readonly connection: Connection;
  /** How the client proves who it is; `null` where nobody has to. */
  readonly prove: Prove | null;

  readonly #options: InboxOptions;
  readonly #metadata: MetadataOf | null;
  /** Made with the first frame: many clients only listen. */
  #bucket: TokenBucket | null = null;
  #isSpoken = false;
  /**
   * What the names begin with that messages are given here: random once, since that is dear. No UUID, which
   * is kept as the twenty texts that it is made of.
   */
  #names: string | null = null;
  #named = 0;
  #typingAt: number | null = null;
  /** What came while a session was opened. */
  #queue: ParsedFrame[] | null = null;

  /** @param options - The same for all: there are many of them. */
  constructor(
    options: InboxOptions,
    connection: Connection,
    prove: Prove | null,
    metadata: MetadataOf | null,
  ) {
    this.#options = options;
    this.connection = connection;
    this.prove = prove;
    this.#metadata = metadata;
  }

  /** Takes a frame. */
  take(data: RawData, isBinary: boolean): void {
    const { connection } = this;
    const { hub } = this.#options;
    if (connection.isClosed) return;
    if (isBinary) return connection.close(CLOSE.binary, 'frames are text');
    connection.heard();
    // A Buffer: the kind that `ws` hands out unless told otherwise.
    const parsed = parseFrame((data as Buffer).toString());
    this.#bucket ??= new TokenBucket(hub.clock, hub.options.framesPerSecond);
    const isTooFast = !this.#bucket.take();
    if (isTooFast) {
      const id = 'error' in parsed ? parsed.error.id : 'id' in parsed ? parsed.id : null;
      return connection.refuse('too_fast', 'send more slowly, and this one again', id);
    }
    if ('error' in parsed) {
      if (this.isWaiting) return this.#turnAway();
      const { code, message, id } = parsed.error;
      return connection.refuse(code, message, id);
    }
    this.#handleInTurn(parsed);
  }

  /** Handles a frame, after those that wait for a session. */
  #handleInTurn(frame: ParsedFrame): void {
    if (this.#queue === null) return this.#handle(frame);
    if (this.#queue.length < MAX_WAITING) this.#queue.push(frame);
    else if ('id' in frame) this.connection.refuse('too_fast', 'wait for the session', frame.id);
  }

  #handle(frame: ParsedFrame): void {
    if (this.connection.isClosed) return;
    try {
      this.#do(frame);
    } catch (error) {
      // A subclass's: what strangers say must not be able to end the process.
      this.#options.hub.report(error, 'a frame could not be handled');
      const id = 'id' in frame ? frame.id : null;
      this.connection.refuse('unavailable', 'it was not taken: send it again later', id);
    }
  }

  #do(frame: ParsedFrame): void {
    const { connection } = this;
    if (this.isWaiting && frame.type !== 'resume') return this.#turnAway();
    switch (frame.type) {
      case 'ping':
        return connection.tell({ type: 'pong' });
      case 'resume':
        return void this.#resume(frame);
      case 'said':
        return this.#say(frame);
      case 'cancel':
        return this.#cancel(frame);
      case 'typing':
        return this.#typing(frame.sender);
    }
  }

  #turnAway(): void {
    this.connection.close(CLOSE.unauthenticated, 'send resume with a token first');
  }

  async #resume(frame: ResumeParsed): Promise<void> {
    const { connection } = this;
    if (this.#isSpoken) {
      return connection.refuse('too_late', 'resume comes before anything is said', null);
    }
    const queue: ParsedFrame[] = [];
    this.#queue = queue;
    connection.flow.hold();
    await this.#options.resume(this, frame);
    this.#queue = null;
    connection.flow.release();
    // Among them may be another `resume`, which the rest waits for.
    for (const waiting of queue) this.#handleInTurn(waiting);
  }

  #say(frame: SaidFrame): void {
    const { connection } = this;
    const { turns } = this.#options;
    const { feed } = connection;
    const who = this.#whoIs(frame.sender, frame.id);
    if (feed === null || who === null) return;
    const { session } = feed;
    this.#isSpoken = true;
    const id = frame.id ?? this.#nextName();
    const { text, choice } = frame;
    const address: SessionAddress = { session: session.id };
    const message = new UserMessage({
      text,
      choice,
      address,
      messageId: `${session.id}:${id}`,
      metadata: this.#metadata?.(frame.body) ?? frame.metadata,
      // Whoever has the session's token is the same as before; a name of their own is a claim.
      authenticated: this.subject !== null || who.senderId === session.id,
      ...who,
    });
    // The message's ticket is taken here, in the order of the frames.
    const accepted = turns.accept(message);
    void this.#logSaid(feed, frame, who.senderId, id, accepted);
  }

  /** A name for a message that came without one. */
  #nextName(): string {
    this.#names ??= randomBytes(NAME_BYTES).toString('base64url');
    return `${this.#names}.${++this.#named}`;
  }

  async #logSaid(
    feed: Feed,
    { text, choice, id: clientId }: SaidFrame,
    senderId: string,
    id: string,
    accepted: Promise<'accepted' | 'duplicate' | 'refused'>,
  ): Promise<void> {
    const { connection } = this;
    const { hub } = this.#options;
    const frame: Unnumbered<UserFrame> = {
      type: 'user',
      id: `user:${id}`,
      text: choice?.title ?? text,
      recipient_id: senderId,
    };
    if (clientId !== null) frame.client_id = clientId;
    if (choice !== null) frame.choice = choice;
    // The client may leave meanwhile.
    const held = hub.hold(feed.session.id);
    try {
      const seq = await held.hearUser(frame, accepted, feed);
      if (seq === null) {
        connection.refuse('refused', 'too much is waiting: send it again later', clientId);
      } else if (clientId !== null) connection.tell({ type: 'ack', id: clientId, seq });
      const kept = held.touch(this.subject === null);
      if (isPromise(kept)) await kept;
    } catch (error) {
      hub.report(error, 'a message could not be stored');
      connection.refuse(
        'unavailable',
        'it may not be stored: send it again, with its id',
        clientId,
      );
    } finally {
      hub.drop(held);
    }
  }

  #cancel({ id, sender }: Extract<ParsedFrame, { type: 'cancel' }>): void {
    const { feed } = this.connection;
    const who = this.#whoIs(sender, id);
    if (feed === null || who === null) return;
    void this.#cancelIn(feed.session, who, id);
  }

  async #cancelIn(session: LiveSession, who: ConversationRef, id: string | null): Promise<void> {
    const { connection } = this;
    const { hub, turns } = this.#options;
    try {
      const cancelled = await turns.cancel(who);
      if (!cancelled) session.cancelElsewhere(who);
      if (id !== null) connection.tell({ type: 'ack', id, cancelled });
    } catch (error) {
      hub.report(error, 'a turn could not be cancelled');
      if (id !== null) connection.refuse('unavailable', 'nothing was ended: try again', id);
    }
  }

  #typing(sender: string | null): void {
    const { connection } = this;
    const { hub, turns } = this.#options;
    const { feed } = connection;
    const who = this.#whoIs(sender, null);
    const now = hub.clock.now();
    if (feed === null || who === null) return;
    // Either way: a clock that was set back is no reason to say nothing until it has caught up.
    if (this.#typingAt !== null && Math.abs(now - this.#typingAt) < TYPING_MS) return;
    this.#typingAt = now;
    const address: SessionAddress = { session: feed.session.id };
    turns
      .notify({ type: 'typing', ...who, address })
      .catch((error: unknown) => hub.report(error, 'an event was not taken'));
  }

  /**
   * Whose conversation is meant. What nobody has proved is a claim: the conversation is the session's
   * own then, whatever the sender is called.
   */
  #whoIs(
    claimed: string | null,
    id: string | null,
  ): { senderId: string; account: string | null } | null {
    const { connection } = this;
    const session = connection.feed?.session.id ?? '';
    const { subject } = this;
    if (subject === null) return { senderId: claimed ?? session, account: session };
    if (claimed === null || claimed === subject) return { senderId: subject, account: null };
    connection.refuse('wrong_sender', 'the token belongs to another sender', id);
    return null;
  }
}
