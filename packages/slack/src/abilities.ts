import type { Clock } from '@trunkline/core';

/** How long to believe that a workspace lacks something, in milliseconds. */
const TTL_MS = 60 * 60 * 1000;

/** Workspaces that are remembered at most. */
const MAX_KNOWN = 1_000;

/** What a workspace may lack: GovSlack has no streams, an old token no status. */
export type Ability = 'streams' | 'streams outside threads' | 'status' | 'cards';

/** What workspaces were found to lack, so that they are not asked again and again. */
export class Abilities {
  readonly #clock: Clock;
  readonly #lacking = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a workspace lacks something, as far as was seen. */
  lacks(team: string, ability: Ability): boolean {
    const until = this.#lacking.get(`${team}:${ability}`);
    return until !== undefined && until > this.#clock.now();
  }

  /** A workspace lacks something. */
  note(team: string, ability: Ability): void {
    const key = `${team}:${ability}`;
    this.#lacking.delete(key);
    this.#lacking.set(key, this.#clock.now() + TTL_MS);
    const [oldest] = this.#lacking.keys();
    if (this.#lacking.size > MAX_KNOWN && oldest !== undefined) this.#lacking.delete(oldest);
  }
}
