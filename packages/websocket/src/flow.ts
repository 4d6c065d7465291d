import type { Duplex } from 'node:stream';
import type { Clock } from '@trunkline/core';
import type { WebSocket } from 'ws';

/** What {@link Flow.pause} works with. */
export interface PauseOptions {
  clock: Clock;
  /** How long the client may take to read, in milliseconds. */
  ms: number;
  /** It has read. */
  onRead: () => void;
  /** It takes longer. */
  onLate: () => void;
}

/** Whether a client is heard: not while it is held, and not while it does not read. */
export class Flow {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  #isHeld = false;
  #cancel: (() => void) | null = null;

  /** @param stream - What the socket writes to, which tells when the client has read. */
  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket;
    this.#stream = stream;
  }

  /** Whether it is waited for the client to read. */
  get isPaused(): boolean {
    return this.#cancel !== null;
  }

  /** Hears nothing more of the client, until it is released. */
  hold(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  /** Hears the client again, as soon as it reads. */
  release(): void {
    this.#isHeld = false;
    if (!this.isPaused) this.#socket.resume();
  }

  /** Hears nothing more of the client until it has read what it was sent. */
  pause({ clock, ms, onRead, onLate }: PauseOptions): void {
    if (this.isPaused) return;
    this.#socket.pause();
    const cancelTimer = clock.after(ms, onLate);
    const onDrain = (): void => {
      this.stop();
      if (!this.#isHeld) this.#socket.resume();
      onRead();
    };
    this.#stream.once('drain', onDrain);
    this.#cancel = () => {
      cancelTimer();
      this.#stream.off('drain', onDrain);
    };
  }

  /** Waits no more for it to read. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
