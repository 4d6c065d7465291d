import type { LogOptions } from './credentials.ts';

/** How many of the last items of a log fit into its limits. */
export class LogBound {
  readonly #options: Required<LogOptions>;
  /** What the last items take, the oldest first, as far as it matters. */
  readonly #sizes: number[] = [];
  #bytes = 0;
  #isTight = false;

  constructor(options: Required<LogOptions>) {
    this.#options = options;
  }

  /** Counts an item at the end. Returns how many items may stay, this one among them. */
  add(bytes: number): number {
    const { maxMessages, maxBytes } = this.#options;
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    while (this.#sizes.length > maxMessages || (this.#bytes > maxBytes && this.#sizes.length > 1)) {
      this.#isTight ||= this.#bytes > maxBytes;
      this.#bytes -= this.#sizes.shift() ?? 0;
    }
    return this.#isTight ? this.#sizes.length : maxMessages;
  }
}
