import type { JsonValue } from '@trunkline/core';

/** So many places are told of: what has damaged more has damaged everything. */
const MOST = 100;

/** Reads JSON as a column keeps it. What is damaged is as if it were not there, and told of once. */
export class KeptJson {
  readonly #warn: (message: string) => void;
  readonly #places = new Set<string>();

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /**
   * What a text is as JSON; `undefined` where it is damaged.
   *
   * @param place - Where it stands, for whoever looks for it.
   */
  read(json: string, place: () => string): JsonValue | undefined {
    try {
      return JSON.parse(json) as JsonValue;
    } catch {
      this.#tell(place());
      return undefined;
    }
  }

  #tell(place: string): void {
    if (this.#places.size >= MOST || this.#places.has(place)) return;
    this.#places.add(place);
    this.#warn(`${place} is damaged in part: that is as if it were not there`);
  }
}
