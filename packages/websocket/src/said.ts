/** What became of a message that was handed to the turns. */
export type Accepted = Promise<'accepted' | 'duplicate' | 'refused'>;

/** What users have said and is not in the log yet: what the assistant says comes after it. */
export class Said {
  readonly #pending = new Set<Promise<unknown>>();
  readonly #numbers = new Map<string, Promise<number>>();

  /** Resolves when what was said until now is in the log, or never will be; `null` if it is. */
  get settled(): Promise<unknown> | null {
    return this.#pending.size === 0 ? null : Promise.allSettled(this.#pending);
  }

  /**
   * Logs a message once it was taken. Resolves to its number, `null` where it was refused.
   *
   * @param log - Told whether the message may be in the log already.
   */
  async take(
    id: string,
    accepted: Accepted,
    log: (mayBeThere: boolean) => Promise<number>,
  ): Promise<number | null> {
    const done = this.#take(id, accepted, log);
    this.#pending.add(done);
    try {
      return await done;
    } finally {
      this.#pending.delete(done);
    }
  }

  async #take(
    id: string,
    accepted: Accepted,
    log: (mayBeThere: boolean) => Promise<number>,
  ): Promise<number | null> {
    const outcome = await accepted;
    if (outcome === 'refused') return null;
    // The same message, sent again before it was in the log.
    const known = this.#numbers.get(id);
    if (known !== undefined) return await known;
    const number = log(outcome === 'duplicate');
    this.#numbers.set(id, number);
    try {
      return await number;
    } finally {
      this.#numbers.delete(id);
    }
  }
}
