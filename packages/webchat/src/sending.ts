import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { ClientError } from './options.ts';
import type { Outbox, Outgoing } from './outbox.ts';
import type { ClientFrame, ErrorCode, ErrorFrame } from './wire.ts';

/** Bytes of a frame, where the server does not say it; it closes the connection over a larger one. */
const MAX_FRAME_BYTES = 65_536;

/** How long a message may go without an acknowledgement before the connection is given up. */
const ACK_MS = 15_000;

/** How often a message that the server refuses for the moment is repeated. */
const MAX_REFUSALS = 5;

/** The server's code for a frame over its limit. */
const TOO_LARGE = 1009;
const TOO_LONG = 'the message is too long: send it in parts';

/** What passes by itself. */
const PASSING: ReadonlySet<string> = new Set<ErrorCode>(['too_fast', 'unavailable', 'refused']);

/** What {@link Sending} works with. */
export interface SendingOptions {
  outbox: Outbox;
  clock: Clock;
  random: () => number;
  /** Sends a frame, if there is a connection. */
  send: (frame: ClientFrame) => boolean;
  /** Gives the connection up for another one. */
  drop: () => void;
  /** A message will never be taken as it is. */
  onFailed: (id: string, code: ClientError['code'], message: string) => void;
}

/**
 * Sends what the user said: one message at a time, so that their order is theirs whatever is refused
 * and repeated, and each until it is acknowledged.
 */
export class Sending {
  readonly #options: SendingOptions;
  readonly #failed = new Map<string, Outgoing>();
  /** How often the first of the outbox was refused for the moment. */
  #refusals = 0;
  #isOnItsWay = false;
  #maxFrameBytes = MAX_FRAME_BYTES;
  #cancelResend: () => void = () => {};

  constructor(options: SendingOptions) {
    this.#options = options;
  }

  /** There is a connection, and what it takes is known: what does not fit would only close it. */
  onOpen(maxFrameBytes: number = MAX_FRAME_BYTES): void {
    this.#maxFrameBytes = maxFrameBytes;
    for (const frame of this.#options.outbox.all) {
      if (this.fits(frame)) continue;
      this.#settle(frame.id);
      this.#fail(frame, 'too_long', TOO_LONG);
    }
    this.flush();
  }

  /** Whether a message fits into a frame. */
  fits(frame: Outgoing): boolean {
    return new TextEncoder().encode(JSON.stringify(frame)).length <= this.#maxFrameBytes;
  }

  /** Takes a message, which is kept until the server has it. */
  take(frame: Outgoing): void {
    if (!this.fits(frame)) {
      this.#fail(frame, 'too_long', TOO_LONG);
      return;
    }
    this.#options.outbox.add(frame);
    this.flush();
  }

  /** One that failed and may be tried again, which is then no longer kept here. */
  takeFailed(id: string): Outgoing | null {
    const frame = this.#failed.get(id) ?? null;
    this.#failed.delete(id);
    return frame;
  }

  /** Sends the first, where there is a connection and none is on its way. */
  flush(): void {
    const { outbox, clock, send, drop } = this.#options;
    const { first } = outbox;
    if (first === null || this.#isOnItsWay || !send(first)) return;
    this.#isOnItsWay = true;
    this.#cancelResend = clock.after(ACK_MS, drop);
  }

  /** The server has it. */
  onStored(id: string): void {
    this.#settle(id);
    this.flush();
  }

  /** The server has refused something. Returns whether that was the message on its way. */
  onError({ code, message, id }: ErrorFrame): boolean {
    const { outbox, clock, random } = this.#options;
    if (id === undefined || outbox.first?.id !== id) return false;
    if (!PASSING.has(code) || this.#refusals >= MAX_REFUSALS) {
      this.#giveUp(id, code, message);
      return true;
    }
    this.#refusals++;
    this.#cancelResend();
    this.#cancelResend = clock.after(backoffMs(this.#refusals, random()), () => {
      this.#isOnItsWay = false;
      this.flush();
    });
    return true;
  }

  /** The connection is gone. */
  onClosed(code: number): void {
    this.#cancelResend();
    const wasOnItsWay = this.#isOnItsWay;
    this.#isOnItsWay = false;
    const { first } = this.#options.outbox;
    // It would close every further connection as well.
    if (code === TOO_LARGE && wasOnItsWay && first !== null) {
      this.#giveUp(first.id, 'too_long', TOO_LONG);
    }
  }

  /** Forgets what failed: it was somebody else's. */
  forget(): void {
    this.#failed.clear();
    this.#refusals = 0;
  }

  /** Sends nothing more. */
  stop(): void {
    this.#cancelResend();
  }

  #settle(id: string): Outgoing | null {
    const { outbox } = this.#options;
    const isFirst = outbox.first?.id === id;
    const frame = outbox.remove(id);
    if (isFirst) {
      this.#cancelResend();
      this.#isOnItsWay = false;
      this.#refusals = 0;
    }
    return frame;
  }

  #giveUp(id: string, code: ClientError['code'], message: string): void {
    const frame = this.#settle(id);
    if (frame !== null) this.#fail(frame, code, message);
    this.flush();
  }

  #fail(frame: Outgoing, code: ClientError['code'], message: string): void {
    // It will not get any shorter.
    if (code !== 'too_long') this.#failed.set(frame.id, frame);
    this.#options.onFailed(frame.id, code, message);
  }
}
