import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  refuseUpgrade,
  UnauthenticatedError,
  type JsonObject,
  type Metadata,
  type Turns,
} from '@trunkline/core';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { CLOSE } from './close-codes.ts';
import { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import { Inbox, type InboxOptions, type MetadataOf, type Prove } from './inbox.ts';
import { authenticate, entranceOf, isOriginAllowed, type Entrance as Brought } from './verify.ts';

/** How long a client may take to prove who it is, and to answer when it is told to leave. */
const RESUME_MS = 10_000;
const CLOSE_MS = 5_000;

/** What an {@link Entrance} works with. */
export interface EntranceOptions {
  channel: string;
  hub: Hub;
  turns: Turns;
  /** What of a request and a frame the assistant gets; `null` where that is nothing. */
  metadataOf: () => ((req: IncomingMessage, body: JsonObject) => Metadata | null) | null;
}

/** The session that a client is let into. */
type Admission =
  /** One that was there. */
  | { kind: 'resumed'; id: string; token: string | null; subject: string | null; seq: number }
  /** A new one. */
  | { kind: 'new'; id: string; token: string; reason?: 'unknown' }
  /** Nobody knows yet: the client says so in its first frame. */
  | { kind: 'later' };

/** Lets clients in: looks at the upgrade, and opens the session that it asks for. */
export class Entrance {
  readonly #options: EntranceOptions;
  readonly #server: WebSocketServer;
  readonly #inboxes: InboxOptions;
  /** What a client may send. An endless limit cannot be said in JSON. */
  readonly #limit: { max_frame_bytes?: number };

  constructor(options: EntranceOptions) {
    const { hub, turns } = options;
    this.#options = options;
    this.#inboxes = { hub, turns, resume: (inbox, frame) => this.#resume(inbox, frame) };
    const { maxFrameBytes } = hub.options;
    this.#limit = Number.isSafeInteger(maxFrameBytes) ? { max_frame_bytes: maxFrameBytes } : {};
    const server: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      maxPayload: maxFrameBytes,
      closeTimeout: CLOSE_MS,
    };
    this.#server = new WebSocketServer(server);
  }

  /** Answers an upgrade. @throws UnauthenticatedError - a page or a client that may not connect. */
  async handle(req: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const { channel, hub } = this.#options;
    // While we look at it, nobody else listens.
    stream.on('error', ignore);
    if (!isOriginAllowed(req, hub.options.origins)) {
      const { origin, host } = req.headers;
      throw new UnauthenticatedError(
        `pages of ${origin} may not connect to ${host}: name that origin in the option origins`,
        { channel, status: 403, code: 'wrong_origin' },
      );
    }
    // What is none is refused before it costs a session.
    if (!WEBSOCKET_KEY.test(req.headers['sec-websocket-key'] ?? '')) {
      return refuseUpgrade(stream, 400, 'this is no WebSocket handshake');
    }
    await this.#letIn(req, stream, head);
  }

  async #letIn(req: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const { hub } = this.#options;
    const prove = this.#proverOf(req);
    let admission: Admission;
    try {
      admission = await this.#admit(prove, entranceOf(req, prove === null), true);
    } catch (error) {
      if (error instanceof UnauthenticatedError) throw error;
      hub.report(error, 'a client could not be let in');
      return refuseUpgrade(stream, 503, 'something failed on our side: connect again later');
    }
    if (hub.isClosed) return refuseUpgrade(stream, 503);
    stream.off('error', ignore);
    this.#server.handleUpgrade(req, stream, head, (socket) =>
      this.#welcome(req, prove, socket, stream, admission),
    );
  }

  /** Finds the session that a client may enter. @throws UnauthenticatedError */
  async #admit(
    prove: Prove | null,
    { session, token, seq }: Brought,
    isUpgrade: boolean,
  ): Promise<Admission> {
    const { channel, hub } = this.#options;
    if (prove !== null) {
      try {
        const subject = await prove(token);
        // All that a subject says is one conversation: its devices are in one session.
        return { kind: 'resumed', id: sessionOf(subject), token: null, subject, seq };
      } catch (error) {
        // A browser cannot set headers: it brings its token in the first frame.
        const mayFollow = isUpgrade && token === null && error instanceof UnauthenticatedError;
        if (mayFollow) return { kind: 'later' };
        throw error;
      }
    }
    if (session !== null && token !== null) {
      const opened = await hub.book.open(session, token);
      if (opened === 'open') return { kind: 'resumed', id: session, token, subject: null, seq };
      if (opened === 'wrong') {
        throw new UnauthenticatedError('the token does not open the session', { channel });
      }
    } else if (session !== null && isUpgrade) return { kind: 'later' };
    const issued = await hub.book.issue();
    const isUnknown = session !== null || token !== null;
    return { kind: 'new', ...issued, ...(isUnknown ? { reason: 'unknown' as const } : {}) };
  }

  /** How a client proves who it is; `null` where nobody has to. Keeps the request. */
  #proverOf(req: IncomingMessage): Prove | null {
    const { channel, hub } = this.#options;
    const { auth } = hub.options;
    return auth.type === 'none' ? null : (token) => authenticate(channel, req, token, auth);
  }

  /**
   * What of a request the assistant gets. A request holds kilobytes: it is kept only where somebody asks
   * for it, and therefore by functions of their own.
   */
  #metadataOf(req: IncomingMessage): MetadataOf | null {
    const metadata = this.#options.metadataOf();
    return metadata === null ? null : (body) => metadata(req, body);
  }

  #welcome(
    req: IncomingMessage,
    prove: Prove | null,
    socket: WebSocket,
    stream: Duplex,
    admission: Admission,
  ): void {
    const { hub } = this.#options;
    const connection = new Connection(hub, socket, stream);
    const inbox = new Inbox(this.#inboxes, connection, prove, this.#metadataOf(req));
    socket.on('message', (data, isBinary) => inbox.take(data, isBinary));
    // What breaks the protocol is answered by `ws`, with the code that fits.
    socket.on('error', ignore);
    socket.on('close', () => connection.end());
    if (admission.kind === 'later') this.#wait(inbox);
    else this.#enter(inbox, admission);
  }

  /** Waits for the frame that says who the client is. */
  #wait(inbox: Inbox): void {
    const { connection } = inbox;
    inbox.isWaiting = true;
    const cancel = this.#options.hub.clock.after(RESUME_MS, () => {
      if (inbox.isWaiting) connection.close(CLOSE.unauthenticated, 'no token came');
    });
    connection.socket.once('close', cancel);
  }

  /** Opens the session of a `resume` frame. Does not reject. */
  async #resume(inbox: Inbox, brought: Brought): Promise<void> {
    const { hub } = this.#options;
    const { connection, prove, given } = inbox;
    try {
      const admission = await this.#admit(prove, brought, false);
      if (connection.socket.readyState !== connection.socket.OPEN) return;
      if (admission.kind === 'later') return;
      connection.leave();
      this.#enter(inbox, admission);
      // Nothing was said in the one that it was given first. One that it has resumed stays.
      if (given !== null && given !== admission.id) await hub.book.forget(given);
    } catch (error) {
      if (error instanceof UnauthenticatedError) {
        hub.warn(error);
        return connection.close(CLOSE.unauthenticated, 'the token is wrong');
      }
      connection.fail(error, 'a session could not be opened');
    }
  }

  #enter(inbox: Inbox, admission: Exclude<Admission, { kind: 'later' }>): void {
    const { hub } = this.#options;
    const { connection } = inbox;
    const isNew = admission.kind === 'new';
    const { id, token } = admission;
    const session = hub.hold(id, isNew);
    if (session.feeds.length >= hub.options.maxConnections) {
      hub.drop(session);
      return connection.close(CLOSE.tooMany, 'the session has too many connections');
    }
    inbox.isWaiting = false;
    inbox.given = isNew ? id : null;
    inbox.subject = isNew ? null : admission.subject;
    connection.isIssued = inbox.subject === null;
    const seq = isNew ? 0 : admission.seq;
    connection.join(session, seq, isNew);
    if (!isNew) return void this.#goOn(connection, admission);
    void session.listening();
    const { reason } = admission;
    const more = reason === undefined ? this.#limit : { ...this.#limit, reason };
    connection.tell({ type: 'session', session: id, token, seq, resumed: false, ...more });
  }

  /** Tells where the session stands, and what was missed. */
  async #goOn(
    connection: Connection,
    { id, token, seq }: Extract<Admission, { kind: 'resumed' }>,
  ): Promise<void> {
    const { feed } = connection;
    if (feed === null) return;
    const { session } = feed;
    try {
      await session.listening();
      // A log that has not come so far is another one: it was lost, or the client made the number up.
      const isKnown = seq === 0 || (await session.log.after(seq - 1, 1)).length > 0;
      if (isKnown) await session.closeEnded(seq);
      if (connection.feed !== feed) return;
      const from = isKnown ? seq : 0;
      const more = this.#limit;
      connection.tell({ type: 'session', session: id, token, seq: from, resumed: true, ...more });
      if (!isKnown) feed.beginAnew(null);
      feed.catchUp();
    } catch (error) {
      connection.fail(error, 'a session could not be read');
    }
  }
}

function ignore(): void {}

/** @see RFC 6455, section 4.1 */
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/;

/** The session of somebody who has proved to be that one. */
function sessionOf(subject: string): string {
  return hash('sha256', `subject:${subject}`, 'base64url').slice(0, 22);
}
