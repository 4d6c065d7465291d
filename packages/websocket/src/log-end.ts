import { whenThere, type Clock, type MaybePromise } from '@trunkline/core';
import { bytesOf, type Log, type LogItem, type Unnumbered } from './log.ts';
import { LogBound } from './log-bound.ts';

/** What {@link LogEnd} works with. */
export interface LogEndOptions {
  log: Log;
  clock: Clock;
}

/** A frame that is to be added. */
export interface Addition {
  frame: Unnumbered;
  /** The same, as text. */
  json: string;
  /** The step of the turn that it is, where that has to be found again. */
  step: string | null;
}

/**
 * Told at once when a frame is in the log.
 *
 * @param lostHead - The last number of a log that was lost; `null` if it was not.
 */
export type OnAdded = (number: number, lostHead: number | null) => void;

/** The log of one session: its end as far as it is known here, and how much of it may stay. */
export class LogEnd {
  readonly #options: LogEndOptions;
  readonly #session: string;
  /** The highest number that was seen. */
  #head = 0;
  /** The how-manyth log it is: the store may lose one. */
  #logNumber = 0;
  #appendedAt: number;
  // Made with the first frame: most sessions are quiet most of the time.
  #bound: LogBound | null = null;
  #measured: Promise<LogBound> | null = null;
  /** Whether there was no log of it when it came here. */
  readonly #isNew: boolean;

  constructor(options: LogEndOptions, session: string, isNew: boolean) {
    this.#options = options;
    this.#session = session;
    this.#isNew = isNew;
    this.#appendedAt = isNew ? options.clock.now() : 0;
  }

  /** The highest number that is known here. */
  get head(): number {
    return this.#head;
  }

  /** The items after a number, the oldest first. */
  async after(number: number, limit: number): Promise<LogItem[]> {
    const items = await this.#options.log.after(this.#session, number, limit);
    const last = items.at(-1);
    if (last !== undefined && last.number > this.#head) {
      this.#head = last.number;
      this.#appendedAt = last.at;
    }
    return items;
  }

  /** The whole log. */
  async all(): Promise<LogItem[]> {
    return await this.#options.log.all(this.#session);
  }

  /** The number of the frame with this name; `null` where there is none. */
  async find(id: string): Promise<number | null> {
    return (await this.all()).find(({ frame }) => frame?.id === id)?.number ?? null;
  }

  /** Adds a frame. Resolves to its number. */
  append({ frame, json, step }: Addition, onAdded: OnAdded): MaybePromise<number> {
    const { log } = this.#options;
    // A new log is known without a wait. An old one is waited for by all, so that their order stays.
    const known = this.#isNew ? this.#newBound() : (this.#measured ??= this.#measure());
    return whenThere(known, (bound) => {
      const maxItems = bound.add(bytesOf(json));
      const [head, logNumber] = [this.#head, this.#logNumber];
      return whenThere(log.append(this.#session, frame, maxItems, step), (number) => {
        // What was there had this number already: the log has begun anew. Once, for all under way.
        const isLost = number <= head && logNumber === this.#logNumber;
        if (isLost) {
          this.#logNumber++;
          // The store keeps no more than it is told to.
          this.#head = 0;
        }
        this.#onAppended(number);
        onAdded(number, isLost ? head : null);
        return number;
      });
    });
  }

  /**
   * Keeps the log from being forgotten, if nothing was added for this long: its numbers go on only as
   * long as there is one. Resolves to the number of what was added for that, `null` where nothing was.
   */
  async keep(quietMs: number): Promise<number | null> {
    const { log, clock } = this.#options;
    if (this.#head === 0 || clock.now() - this.#appendedAt < quietMs) return null;
    const number = await log.append(this.#session, null, log.options.maxMessages);
    this.#onAppended(number);
    return number;
  }

  #onAppended(number: number): void {
    this.#head = Math.max(this.#head, number);
    this.#appendedAt = this.#options.clock.now();
  }

  #newBound(): LogBound {
    return (this.#bound ??= new LogBound(this.#options.log.options));
  }

  /** Finds out what the log holds already. */
  async #measure(): Promise<LogBound> {
    const bound = new LogBound(this.#options.log.options);
    try {
      for (const { bytes, number, at } of await this.all()) {
        bound.add(bytes);
        this.#head = Math.max(this.#head, number);
        this.#appendedAt = at;
      }
    } catch (error) {
      this.#measured = null;
      throw error;
    }
    return bound;
  }
}
