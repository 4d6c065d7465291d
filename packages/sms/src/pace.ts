import { DeliveryError, type Clock } from '@trunkline/core';

/** How long a send may wait for its turn in the process, in milliseconds; longer, it waits in the store. */
const MAX_WAIT_MS = 5_000;

/**
 * Holds back what a sender would send faster than it may, and what its queue at Twilio has no room
 * for. By process: several of them share a sender's rate among themselves.
 */
export class Pace {
  readonly #channel: string;
  readonly #clock: Clock;
  readonly #msPerSegment: number;
  /** When each sender may send next; those that may now are not in it. */
  readonly #next = new Map<string, number>();
  #lastNow: number;

  constructor(channel: string, clock: Clock, segmentsPerSecond: number) {
    this.#channel = channel;
    this.#clock = clock;
    this.#lastNow = clock.now();
    this.#msPerSegment = 1_000 / segmentsPerSecond;
  }

  /**
   * Waits until the sender may send so many segments more.
   *
   * @throws DeliveryError - that would be too long to wait for here: nothing has been sent.
   */
  async take(sender: string, segments: number): Promise<void> {
    const now = this.#now();
    const at = Math.max(now, this.#next.get(sender) ?? 0);
    const delay = at - now;
    if (delay > MAX_WAIT_MS) {
      throw new DeliveryError('the sender has more to send than it may for now', {
        channel: this.#channel,
        code: 'paced',
        retryable: true,
        retryAfterMs: delay,
      });
    }
    const cost = segments * this.#msPerSegment;
    if (cost > 0) this.#next.set(sender, at + cost);
    else if (delay === 0) this.#next.delete(sender);
    if (delay > 0) {
      await new Promise<void>((resolve) => void this.#clock.after(delay, resolve));
    }
  }

  /** Lets nobody send by the sender for a while: Twilio has said so. */
  hold(sender: string, ms: number): void {
    this.#next.set(sender, Math.max(this.#now() + ms, this.#next.get(sender) ?? 0));
  }

  /** A clock that is put back takes along what was reckoned by it. */
  #now(): number {
    const now = this.#clock.now();
    const putBackMs = this.#lastNow - now;
    if (putBackMs > 0) {
      for (const [sender, at] of this.#next) this.#next.set(sender, at - putBackMs);
    }
    this.#lastNow = now;
    return now;
  }
}
