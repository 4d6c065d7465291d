import { isPromise, type MaybePromise } from '@trunkline/core';

/** What became of a message that was handed to the turns. */
export type Accepted = Promise<'accepted' | 'duplicate' | 'refused'>;

/** Logs a message, which another process may have done or be about to do. Gives its number. */
export type LogSaid = (isDuplicate: boolean) => MaybePromise<number>;

const NOTHING: readonly Promise<unknown>[] = [];

/** What users have said and is not in the log yet: what the assistant says comes after it. */
export class Said {
  /** A list of its own whenever it changes: a set would take up more, and keep what has left it. */
  #pending: readonly Promise<unknown>[] = NOTHING;
  /** Of what is on its way into a log that is waited for. Made when there is something. */
  #numbers: Map<string, Promise<number>> | null = null;

  /** Resolves when what was said until now is in the log, or never will be; `null` if it is. */
  get settled(): Promise<unknown> | null {
    return this.#pending.length === 0 ? null : Promise.allSettled(this.#pending);
  }

  /** Logs a message once it was taken. Resolves to its number, `null` where it was refused. */
  take(id: string, accepted: Accepted, log: LogSaid): Promise<number | null> {
    const done = accepted.then((outcome) =>
      outcome === 'refused' ? null : this.#log(id, outcome === 'duplicate', log),
    );
    this.#pending = this.#pending.concat(done);
    const onSettled = (): void => {
      const left = this.#pending.filter((other) => other !== done);
      this.#pending = left.length === 0 ? NOTHING : left;
    };
    done.then(onSettled, onSettled);
    return done;
  }

  #log(id: string, isDuplicate: boolean, log: LogSaid): MaybePromise<number> {
    // The same message, sent again before it was in the log.
    const known = this.#numbers?.get(id);
    if (known !== undefined) return known;
    const number = log(isDuplicate);
    if (!isPromise(number)) return number;
    const numbers = (this.#numbers ??= new Map());
    numbers.set(id, number);
    return number.finally(() => numbers.delete(id));
  }
}
