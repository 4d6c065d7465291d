import { DeliveryError, type Clock } from '@trunkline/core';

/** Slack takes about one post a second and channel, and a few more at once, in milliseconds. */
const INTERVAL_MS = 1_000;
const BURST_MS = 3_000;

/** How often what is over is dropped, in milliseconds. */
const SWEEP_MS = 1_000;

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
  #sweepsAt = 0;
  #lastNow: number;

  constructor(channel: string, clock: Clock) {
    this.#channel = channel;
    this.#clock = clock;
    this.#lastNow = clock.now();
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
    const now = this.#now();
    const quietAt = Math.max(now, this.#quietAt.get(key) ?? 0);
    const waitMs = quietAt - BURST_MS - now;
    if (waitMs > MAX_POST_WAIT_MS) throw this.#tooLong(waitMs);
    this.#quietAt.set(key, quietAt + INTERVAL_MS);
    if (now >= this.#sweepsAt) this.#sweep(now);
    return waitMs > 0 ? this.#sleep(waitMs) : null;
  }

  /**
   * Waits while a method is closed in a workspace. `null`: it is open.
   *
   * @throws DeliveryError - it is closed for long.
   */
  method(team: string, method: string): Promise<void> | null {
    if (this.#closedUntil.size === 0) return null;
    const now = this.#now();
    const until = this.#closedUntil.get(`${team}:${method}`);
    if (until === undefined) return null;
    const waitMs = until - now;
    if (waitMs > MAX_METHOD_WAIT_MS) throw this.#tooLong(waitMs);
    return waitMs > 0 ? this.#sleep(waitMs) : null;
  }

  /** Slack wants a method to rest in a workspace. */
  close(team: string, method: string, forMs: number): void {
    const key = `${team}:${method}`;
    const now = this.#now();
    this.#closedUntil.set(key, Math.max(now + forMs, this.#closedUntil.get(key) ?? 0));
    if (now >= this.#sweepsAt) this.#sweep(now);
  }

  /** A clock that is set back takes along what was reckoned by it. */
  #now(): number {
    const now = this.#clock.now();
    const setBackMs = this.#lastNow - now;
    this.#lastNow = now;
    if (setBackMs > 0) {
      this.#sweepsAt -= setBackMs;
      for (const times of [this.#quietAt, this.#closedUntil]) {
        for (const [key, time] of times) times.set(key, time - setBackMs);
      }
    }
    return now;
  }

  /**
   * Drops what is over, now and then: a map whose first entry is deleted again and again is slow to begin
   * with, since it goes over what was there.
   */
  #sweep(now: number): void {
    this.#sweepsAt = now + SWEEP_MS;
    for (const times of [this.#quietAt, this.#closedUntil]) {
      for (const [key, time] of times) if (time <= now) times.delete(key);
    }
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
