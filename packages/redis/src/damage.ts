/** So many places are told of: what has damaged more has damaged everything. */
const MOST = 100;

/** Tells of what is damaged in Redis, of each place once. It is as if it were not there. */
export class Damage {
  readonly #warn: (message: string) => void;
  readonly #places = new Set<string>();

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** @param place - The key in Redis that it was found under. */
  tell(place: string): void {
    if (this.#places.size >= MOST || this.#places.has(place)) return;
    this.#places.add(place);
    this.#warn(`what Redis has under ${place} is damaged in part: that is as if it were not there`);
  }
}
