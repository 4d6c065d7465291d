import type { Clock, TrunklineError } from '@trunkline/core';
import { type Client, hangUp, whereOf } from './client.ts';
import { closed, explain, isPassing, unreachable, whileRunning } from './errors.ts';

/** How long a command that may pass is waited with before it is sent again, in milliseconds. */
const AGAIN_MS = 50;

/**
 * Does something with the client. `isAgain`: it was sent before, and nobody knows whether it was done.
 */
export type Command<T> = (client: Client, isAgain: boolean) => Promise<T>;

/** How a command is sent. */
export interface SendOptions {
  /** Do not send it again when the connection broke: then it may have been done. */
  once?: boolean;
  /** The caller asks whether everything is set up: it learns so as a `ConfigurationError`. */
  isCheck?: boolean;
}

/** What a {@link Link} is made of. */
export interface LinkOptions {
  /** Time. */
  clock: Clock;
  /** How long a command may take. */
  limitMs: number;
  /** Prepares each new connection; nothing is sent before it is done. */
  prepare: (client: Client) => Promise<void>;
  /**
   * Told when commands go out again, or for the first time; before those that wait. `awayMs`: how long ago
   * the last answer came; infinite where there was none.
   */
  onUp: (awayMs: number) => void;
}

/**
 * A connection that comes and goes. What is asked of it waits while it is away, is sent again where
 * it broke, in the order of the calls, and rejects when the time is over.
 */
export class Link {
  /** What to call the other side in messages. */
  readonly where: string;
  /** Whether it is a cluster that is on the other side. */
  readonly isClustered: boolean;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #prepareFor: (client: Client) => Promise<void>;
  readonly #onUp: (awayMs: number) => void;
  /** Resumes what waits for the connection, in the order in which it was asked. */
  readonly #waiting = new Set<(error?: TrunklineError) => void>();
  #isStarted = false;
  #isPrepared = false;
  #isPaused = false;
  #isClosed = false;
  #isGathering = false;
  #lastError: unknown;
  /** Why nothing can be sent until somebody changes something: a password that is wrong stays wrong. */
  #refusal: TrunklineError | null = null;
  #answers = 0;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #cancelGuard = (): void => {};

  constructor(client: Client, options: LinkOptions) {
    this.#client = client;
    this.#clock = options.clock;
    this.#limitMs = options.limitMs;
    this.#prepareFor = options.prepare;
    this.#onUp = options.onUp;
    this.where = whereOf(client);
    this.isClustered = 'nodes' in client;
    client.on('error', (error) => {
      this.#lastError = error;
      if (!isPassing(error)) this.#refuse(error);
    });
    client.on('connect', () => this.#guard());
    client.on('ready', () => void this.#prepare());
    client.on('close', () => {
      this.#isPrepared = false;
    });
  }

  /** Whether commands go out at once. */
  get isUp(): boolean {
    return this.#isPrepared && !this.#isPaused && this.#client.status === 'ready';
  }

  /** Connects, if nothing has been asked yet. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    if (this.#client.status === 'ready') void this.#prepare();
    // What it rejects with comes as an event, too.
    if (this.#client.status === 'wait') this.#client.connect().catch(() => {});
  }

  /** Sends a command: at once, before this returns, if the connection is there. */
  send<T>(command: Command<T>, options: SendOptions = {}): Promise<T> {
    this.start();
    return new Promise<T>((resolve, reject) => {
      let isOver = false;
      const answersBefore = this.#answers;
      let wasSent = false;
      const end = (error: TrunklineError): void => {
        isOver = true;
        cancel();
        this.#waiting.delete(attempt);
        reject(options.isCheck === true ? error : whileRunning(error));
      };
      const onLate = (): void => {
        if (isOver) return;
        end(this.#lateError());
        // Nobody has heard of the other side since: this connection is dead, and does not know it.
        if (wasSent && this.#answers === answersBefore && this.isUp) {
          this.#isPrepared = false;
          hangUp(this.#client, true);
        }
      };
      // A process that was held up looks at its timers first, and only then at what has arrived.
      const cancel = this.#clock.after(this.#limitMs, () => void setImmediate(onLate));
      const attempt = (error?: TrunklineError): void => {
        this.#waiting.delete(attempt);
        if (isOver) return;
        if (error !== undefined) return end(error);
        if (this.#isClosed) return end(closed());
        if (!this.isUp && this.#refusal !== null) return end(this.#refusal);
        if (!this.isUp) return void this.#waiting.add(attempt);
        void run();
      };
      const run = async (): Promise<void> => {
        const isAgain = wasSent;
        wasSent = true;
        try {
          this.#gather();
          const answer = await command(this.#client, isAgain);
          this.#noteAnswer();
          isOver = true;
          cancel();
          resolve(answer);
        } catch (thrown) {
          if (!isPassing(thrown)) this.#noteAnswer();
          if (isOver) return;
          if (options.once === true || !isPassing(thrown)) return end(explain(thrown, this.where));
          this.#lastError = thrown;
          if (this.isUp) this.#pause();
          attempt();
        }
      };
      attempt();
    });
  }

  /** Lets go. What still waits rejects. */
  close(): void {
    this.#isClosed = true;
    this.#cancelGuard();
    this.#resume(closed());
    hangUp(this.#client);
  }

  #noteAnswer(): void {
    this.#answers++;
    this.#answeredAt = this.#clock.now();
  }

  /** What is sent in one go is written in one go: to write is dearer than the command. */
  #gather(): void {
    // A cluster's client has many connections.
    if (this.#isGathering || 'nodes' in this.#client) return;
    const { stream } = this.#client;
    this.#isGathering = true;
    stream.cork();
    process.nextTick(() => {
      this.#isGathering = false;
      stream.uncork();
    });
  }

  /** What to say to somebody who has waited too long. */
  #lateError(): TrunklineError {
    const error = explain(this.#lastError ?? new Error('no answer'), this.where);
    return this.#lastError === undefined ? unreachable(this.where, undefined) : error;
  }

  /** A connection that does not get as far as to be used is dead, and does not know it. */
  #guard(): void {
    this.#cancelGuard();
    this.#cancelGuard = this.#clock.after(this.#limitMs, () => {
      if (!this.#isPrepared && !this.#isClosed) hangUp(this.#client, true);
    });
  }

  async #prepare(): Promise<void> {
    const isFresh = (): boolean => this.#client.status === 'ready' && !this.#isClosed;
    try {
      await this.#prepareFor(this.#client);
      if (!isFresh()) return;
      this.#isPrepared = true;
      this.#cancelGuard();
      this.#lastError = undefined;
      this.#refusal = null;
      this.#onUp(this.#clock.now() - this.#answeredAt);
      this.#resume();
    } catch (thrown) {
      if (!isFresh()) return;
      this.#lastError = thrown;
      if (!isPassing(thrown)) this.#refuse(thrown);
      this.#clock.after(this.#limitMs / 4, () => {
        if (isFresh() && !this.#isPrepared) void this.#prepare();
      });
    }
  }

  /** Lets Redis load, or its cluster settle. Who asks meanwhile goes behind who asked before. */
  #pause(): void {
    this.#isPaused = true;
    this.#clock.after(AGAIN_MS, () => {
      this.#isPaused = false;
      if (this.isUp) this.#resume();
    });
  }

  #refuse(thrown: unknown): void {
    this.#refusal = explain(thrown, this.where);
    this.#resume(this.#refusal);
  }

  #resume(error?: TrunklineError): void {
    // Whoever has to wait on waits for the next time.
    const waiting = Array.from(this.#waiting);
    for (const attempt of waiting) attempt(error);
  }
}
