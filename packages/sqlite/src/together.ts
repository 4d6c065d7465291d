import type { Batch } from './batch.ts';

/** Something that is asked for, and what waits for it. */
interface Asked<T, R> {
  item: T;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Writes of one kind that share their statements: those that share a commit are done in one go, in the
 * order in which they were asked for, at the place of the first.
 */
export class Together<T, R> {
  readonly #batch: Batch;
  readonly #run: (items: readonly T[]) => readonly R[];
  #round: unknown = null;
  #asked: Asked<T, R>[] = [];

  /** @param run - Does all of them, and says of each what became of it. Must not throw on purpose. */
  constructor(batch: Batch, run: (items: readonly T[]) => readonly R[]) {
    this.#batch = batch;
    this.#run = run;
  }

  /** Resolves to what became of it, when it is committed. */
  write(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.#round === this.#batch.round) this.#batch.joined();
      else this.#begin();
      this.#asked.push({ item, resolve, reject });
    });
  }

  #begin(): void {
    const asked: Asked<T, R>[] = [];
    this.#asked = asked;
    this.#round = this.#batch.round;
    this.#batch
      .write(() => this.#run(asked.map(({ item }) => item)))
      .then(
        (results) => asked.forEach(({ resolve }, i) => resolve(results[i] as R)),
        (error: unknown) => asked.forEach(({ reject }) => reject(error)),
      );
  }
}
