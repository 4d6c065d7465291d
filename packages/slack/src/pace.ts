import { DeliveryError, type Clock } from '@trunkline/core';

/** Slack takes about one post a second and channel, and a few more at once, in milliseconds. */
const INTERVAL_MS = 1_000;
const BURST_MS = 3_000;

/** What waits longer than this goes back to the turn engine, which can park it, in milliseconds. */
const MAX_POST_WAIT_MS = 10_000;
const MAX_METHOD_WAIT_MS = 2_000;

/**
 * When the next request may go: posts by channel, and methods by workspace where Slack has said so. Each
 * waits for itself, and nobody for another.
 *
 * @see Slack: Rate limits
 */
export class Pace {
  readonly #channel: string;
  readonly #clock: Clock;
  /** When each channel would be quiet again, if every post took its interval. */
  readonly #quietAt = new Map<string, number>();
  /** Until when a method is closed. */
  readonly #closedUntil = new Map<string, number>();

  constructor(channel: string, clock: Clock) {
    this.#channel = channel;
    this.#clock = clock;
  }

  /** How many channels and methods are remembered. */
  get size(): number {
    return this.#quietAt.size + this.#closedUntil.size;
  }

  /**
   * Takes a place among the posts to a channel. `null`: it is now.
   *
   * @throws DeliveryError - it is far away.
   */
  post(key: string): Promise<void> | null {
    const now = this.#clock.now();
    const quietAt = Math.max(now, this.#quietAt.get(key) ?? 0);
    const waitMs = quietAt - BURST_MS - now;
    if (waitMs > MAX_POST_WAIT_MS) throw this.#tooLong(waitMs);
    // Taken anew, so that the map is in the order of use.
    this.#quietAt.delete(key);
    this.#quietAt.set(key, quietAt + INTERVAL_MS);
    forgetPast(this.#quietAt, now);
    return waitMs > 0 ? this.#sleep(waitMs) : null;
  }

  /**
   * Waits while a method is closed in a workspace. `null`: it is open.
   *
   * @throws DeliveryError - it is closed for long.
   */
  method(team: string, method: string): Promise<void> | null {
    if (this.#closedUntil.size === 0) return null;
    const until = this.#closedUntil.get(`${team}:${method}`);
    if (until === undefined) return null;
    const waitMs = until - this.#clock.now();
    if (waitMs > MAX_METHOD_WAIT_MS) throw this.#tooLong(waitMs);
    return waitMs > 0 ? this.#sleep(waitMs) : null;
  }

  /** Slack wants a method to rest in a workspace. */
  close(team: string, method: string, forMs: number): void {
    const key = `${team}:${method}`;
    const now = this.#clock.now();
    const until = Math.max(now + forMs, this.#closedUntil.get(key) ?? 0);
    this.#closedUntil.delete(key);
    this.#closedUntil.set(key, until);
    forgetPast(this.#closedUntil, now);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(ms, resolve));
  }

  #tooLong(waitMs: number): DeliveryError {
    return new DeliveryError('Slack takes no more for now: the rate limit is reached', {
      channel: this.#channel,
      retryable: true,
      retryAfterMs: waitMs,
      platformCode: 'ratelimited',
    });
  }
}

/** Drops what is over, from the oldest on. */
function forgetPast(times: Map<string, number>, now: number): void {
  for (const [key, time] of times) {
    if (time > now) return;
    times.delete(key);
  }
}
