/** What goes on beside the turns, and is waited for when the channel closes. */
export class Background {
  readonly #running = new Set<Promise<void>>();

  /** Adds something that deals with its own failures. */
  add(work: Promise<void>): void {
    const running = work.finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when nothing goes on any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
