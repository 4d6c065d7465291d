import { randomBytes } from 'node:crypto';
import {
  type ChannelStore,
  type Clock,
  type ConversationRef,
  type MaybePromise,
  type Turns,
  type UnauthenticatedError,
} from '@trunkline/core';
import type { ResolvedWebSocketOptions } from './credentials.ts';
import { Heartbeat } from './heartbeat.ts';
import { LiveSession } from './live-session.ts';
import { Log } from './log.ts';
import { SessionBook } from './session-book.ts';
import type { Connection } from './connection.ts';
import { Writes } from './writes.ts';

/** How much longer than its session a log is kept. */
const LOG_TTL_FACTOR = 2;

/** The sessions that this process has to do with: those with a connection, or something under way. */
export class Hub {
  readonly channel: string;
  readonly options: ResolvedWebSocketOptions;
  readonly clock: Clock;
  readonly store: ChannelStore;
  readonly log: Log;
  readonly book: SessionBook;
  readonly heartbeat: Heartbeat;
  /** After how many beats without a frame a connection is idle. */
  readonly maxSilentBeats: number;
  readonly writes: Writes = new Writes();
  /** What this process calls itself among those that share the store. */
  readonly process: string = randomBytes(8).toString('base64url');
  readonly connections: Set<Connection> = new Set();
  readonly #sessions = new Map<string, LiveSession>();
  isClosed = false;

  readonly #turns: Turns;

  constructor(turns: Turns, options: ResolvedWebSocketOptions) {
    const { store } = turns;
    const { clock, sessionTtlMs, idleTimeoutMs, pingIntervalMs, log } = options;
    this.#turns = turns;
    this.channel = options.name;
    this.options = options;
    this.clock = clock;
    this.store = store;
    this.log = new Log(store.lists, clock, log, LOG_TTL_FACTOR * sessionTtlMs);
    this.book = new SessionBook(store.values, sessionTtlMs);
    const idleMs = idleTimeoutMs ?? Infinity;
    const beatMs = Math.min(pingIntervalMs, idleMs);
    this.heartbeat = new Heartbeat(clock, beatMs);
    this.maxSilentBeats = Math.ceil(idleMs / beatMs);
  }

  /** A session, for as long as it is held: each `hold` needs its `drop`. */
  hold(id: string, isNew = false): LiveSession {
    let session = this.#sessions.get(id);
    if (session === undefined) {
      session = new LiveSession(this, id, isNew);
      this.#sessions.set(id, session);
    }
    session.holders++;
    return session;
  }

  /** Lets go of a session that was held. */
  drop(session: LiveSession): void {
    if (--session.holders > 0) return;
    this.#sessions.delete(session.id);
    session.end();
  }

  /** Ends a turn that runs here, because another process was asked to. */
  cancel(conversation: ConversationRef): void {
    this.#turns
      .cancel(conversation)
      .catch((error: unknown) => this.report(error, 'a turn could not be cancelled'));
  }

  /** Something failed on our side that no caller hears of. */
  report(error: unknown, what: string): void {
    this.options.logger?.error({ channel: this.channel, err: error }, what);
  }

  /** A client was turned away, which its operator may want to know: nobody else sees why. */
  warn({ code, message }: UnauthenticatedError): void {
    this.options.logger?.warn({ channel: this.channel, code }, message);
  }

  /** Does something with a session. */
  async with<T>(id: string, work: (session: LiveSession) => MaybePromise<T>): Promise<T> {
    const session = this.hold(id);
    try {
      return await work(session);
    } finally {
      this.drop(session);
    }
  }
}
