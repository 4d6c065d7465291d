import { isPromise, type MaybePromise } from '@trunkline/core';

/** What became of a message that was handed to the turns. */
export type Accepted = Promise<'accepted' | 'duplicate' | 'refused'>;

/** Logs a message, which another process may have done or be about to do. Gives its number. */
export type LogSaid = (isDuplicate: boolean) => MaybePromise<number>;

/** What users have said and is not in the log yet: what the assistant says comes after it. */
export class Said {
  readonly #pending = new Set<Promise<unknown>>();
  readonly #numbers = new Map<string, Promise<number>>();

  /** Resolves when what was said until now is in the log, or never will be; `null` if it is. */
  get settled(): Promise<unknown> | null {
    return this.#pending.size === 0 ? null : Promise.allSettled(this.#pending);
  }

  /** Logs a message once it was taken. Resolves to its number, `null` where it was refused. */
  take(id: string, accepted: Accepted, log: LogSaid): Promise<number | null> {
    const done = accepted.then((outcome) =>
      outcome === 'refused' ? null : this.#log(id, outcome === 'duplicate', log),
    );
    this.#pending.add(done);
    const onSettled = (): void => void this.#pending.delete(done);
    done.then(onSettled, onSettled);
    return done;
  }

  #log(id: string, isDuplicate: boolean, log: LogSaid): MaybePromise<number> {
    // The same message, sent again before it was in the log.
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const number = log(isDuplicate);
    if (!isPromise(number)) return number;
    this.#numbers.set(id, number);
    return number.finally(() => this.#numbers.delete(id));
  }
}
