import type { ClientFrame, ServerFrame } from '@trunkline/websocket/protocol';
import { WebSocket, type ClientOptions } from 'ws';
import { mistakeIn } from './schemas.ts';

type FrameOf<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>;

/** How a connection ended. */
export interface Closed {
  code: number;
  reason: string;
}

const open = new Set<Client>();

/** Cuts what is still connected. */
export function cutAll(): void {
  for (const client of open) client.cut();
}

/** A real client. Every frame that it gets, and every one that it means well, is checked against the schemas. */
export class Client {
  readonly socket: WebSocket;
  /** What came, the first first. */
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<Closed>;
  /** The status of an upgrade that was refused. */
  readonly refused: Promise<number>;
  mistakes: string[] = [];
  #wake: (() => void)[] = [];
  #isOver = false;

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, options);
    open.add(this);
    this.refused = new Promise((resolve) => {
      this.socket.on('unexpected-response', (_req, res) => {
        res.resume();
        resolve(res.statusCode ?? 0);
        this.#end();
      });
    });
    this.socket.on('error', () => {});
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) this.mistakes.push('a binary frame');
      // Checked right away.
      const frame = JSON.parse((data as Buffer).toString()) as ServerFrame;
      const mistake = mistakeIn('server', frame);
      if (mistake !== null) this.mistakes.push(mistake);
      this.frames.push(frame);
      this.#notify();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        this.#end();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Sends a frame that is as documented. */
  send(frame: ClientFrame): void {
    const mistake = mistakeIn('client', frame);
    if (mistake !== null) throw new Error(mistake);
    this.socket.send(JSON.stringify(frame));
  }

  /** Sends anything. */
  sendRaw(data: string | Buffer): void {
    this.socket.send(data);
  }

  /** The first frame of a type that fits and comes after `from` frames. */
  async next<T extends ServerFrame['type']>(
    type: T,
    fits: (frame: FrameOf<T>) => boolean = () => true,
    from = 0,
  ): Promise<FrameOf<T>> {
    const isIt = (frame: ServerFrame): frame is FrameOf<T> =>
      frame.type === type && fits(frame as FrameOf<T>);
    await this.until(`a frame ${type}`, () => this.frames.slice(from).some(isIt));
    return this.frames.slice(from).find(isIt) as FrameOf<T>;
  }

  /** The session that it is in. */
  session(): Promise<FrameOf<'session'>> {
    return this.next('session');
  }

  /** Resolves when everything that was sent before is there. */
  async settled(): Promise<void> {
    const from = this.frames.length;
    this.send({ type: 'ping' });
    await this.next('pong', () => true, from);
  }

  /** The frames of some types. */
  of<T extends ServerFrame['type']>(...types: T[]): FrameOf<T>[] {
    return this.frames.filter((frame): frame is FrameOf<T> =>
      (types as string[]).includes(frame.type),
    );
  }

  async until(what: string, isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#isOver) {
        throw new Error(
          `the connection ended before ${what}; it had ${JSON.stringify(this.frames)}`,
        );
      }
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Ends it without a word. */
  cut(): void {
    this.socket.terminate();
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #end(): void {
    open.delete(this);
    this.#isOver = true;
    this.#notify();
  }
}
