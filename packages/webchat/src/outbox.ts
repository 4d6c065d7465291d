import type { ChoiceFrame, MessageFrame } from './wire.ts';
import type { Clock } from './clock.ts';
import { isObject } from './frames.ts';
import type { Memory } from './memory.ts';

/** A message of the user's, with the name that it keeps until it is acknowledged. */
export type Outgoing = (MessageFrame | ChoiceFrame) & { id: string };

/** A message that waits for its acknowledgement. */
interface Waiting {
  frame: Outgoing;
  /** When it was written, in milliseconds since 1970. */
  at: number;
}

/** Servers remember a message's name for 48 h; after that, a repetition would be a second message. */
const MAX_AGE_MS = 24 * 60 * 60 * 1_000;

/**
 * What the user said and the server has not acknowledged, the oldest first. Each has a place of its own
 * in the memory, so that tabs that share one do not overwrite what the others wait for; that two tabs
 * send the same message does no harm, since its name is the same.
 */
export class Outbox {
  readonly #memory: Memory;
  readonly #clock: Clock;
  #waiting: Waiting[];

  constructor(memory: Memory, clock: Clock) {
    this.#memory = memory;
    this.#clock = clock;
    this.#waiting = memory
      .names('unsent:')
      .map((name) => this.#recall(name))
      .filter((waiting) => waiting !== null)
      .toSorted((a, b) => a.at - b.at);
  }

  /** The message whose turn it is. */
  get first(): Outgoing | null {
    return this.#waiting[0]?.frame ?? null;
  }

  /** All that wait. */
  get all(): Outgoing[] {
    return this.#waiting.map(({ frame }) => frame);
  }

  /** Adds a message at the end. */
  add(frame: Outgoing): void {
    // Two in one millisecond keep their order, also in a new page.
    const at = Math.max(this.#clock.now(), (this.#waiting.at(-1)?.at ?? 0) + 1);
    this.#waiting.push({ frame, at });
    this.#memory.set(`unsent:${frame.id}`, { frame, at });
  }

  /** Takes a message out: acknowledged, or given up. */
  remove(id: string): Outgoing | null {
    const found = this.#waiting.find(({ frame }) => frame.id === id);
    if (found === undefined) return null;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== found);
    this.#memory.set(`unsent:${id}`, null);
    return found.frame;
  }

  #recall(name: string): Waiting | null {
    const kept = this.#memory.get(name);
    const isFresh =
      isObject(kept) &&
      typeof kept['at'] === 'number' &&
      this.#clock.now() - kept['at'] < MAX_AGE_MS;
    if (isFresh && isObject(kept['frame']) && typeof kept['frame']['id'] === 'string') {
      // Written by `add`.
      return kept as unknown as Waiting;
    }
    this.#memory.set(name, null);
    return null;
  }
}
