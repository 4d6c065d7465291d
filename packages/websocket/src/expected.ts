import type { Clock } from '@trunkline/core';
import type { LogEnd } from './log-end.ts';

/** Frames that another process has logged, or is about to log. */
export class Expected {
  readonly #log: LogEnd;
  readonly #clock: Clock;
  /** Told when the frame of this name is there. */
  readonly #waiting = new Map<string, (number: number | null) => void>();

  constructor(log: LogEnd, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * The number of the frame with this name, once it is there; `null` if it is not after a while. It is
   * waited for by one at a time. The log is read at the beginning and, since news may be lost, at the end.
   */
  async find(id: string, waitMs: number): Promise<number | null> {
    let onEnd = (_number: number | null): void => {};
    const told = new Promise<number | null>((resolve) => (onEnd = resolve));
    this.#waiting.set(id, onEnd);
    const cancel = this.#clock.after(waitMs, () => onEnd(null));
    try {
      return (await this.#log.find(id)) ?? (await told) ?? (await this.#log.find(id));
    } finally {
      cancel();
      this.#waiting.delete(id);
    }
  }

  /** Another process has logged a frame. */
  logged(id: string, number: number): void {
    this.#waiting.get(id)?.(number);
  }
}
