/**
 * Keeps the messages of a conversation in the order in which they came where something has to be looked up
 * before one can be taken over: those behind it wait until that is known, and nobody else does. A
 * conversation is remembered only while one of its messages is looked up.
 */
export class Arrivals {
  /** What the next message of a conversation waits for. Never rejects. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** How many conversations have somebody to wait for. */
  get size(): number {
    return this.#last.size;
  }

  /**
   * Takes a message over behind those of its conversation that came before: at once, before this returns,
   * where none is looked up.
   *
   * @param found - What there is to take over; `null` for nothing.
   * @param take - Takes it over. MUST have the message's place, its ticket say, when it returns.
   * @returns What `take` resolves to; `null` where there was nothing. Rejects with what `found` or `take`
   *   rejects with.
   */
  async enter<Message, Taken>(
    conversation: string,
    found: Message | Promise<Message | null>,
    take: (message: Message) => Promise<Taken>,
  ): Promise<Taken | null> {
    const ahead = this.#last.get(conversation);
    if (ahead === undefined && !(found instanceof Promise)) return await take(found);
    const settled = Promise.allSettled([found, ahead]);
    this.#last.set(conversation, settled);
    // The next one comes to wait for the same promise later than this, and so goes on later.
    const [outcome] = await settled;
    if (this.#last.get(conversation) === settled) this.#last.delete(conversation);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value === null ? null : await take(outcome.value);
  }
}
