import { WaitLine } from '../wait-line.ts';
import type { Lock, LockOptions } from './contract.ts';

/**
 * Locks within one process: for stores that one process has to itself. A line of waiters a key; a
 * key that nobody holds costs nothing.
 */
export class LocalLocks {
  readonly #lines = new Map<string, WaitLine>();
  readonly #holders = new Map<string, number>();
  #fence: number;

  /** @param fence - The last fence that was given out before, by an earlier process say. */
  constructor(fence = 0) {
    this.#fence = fence;
  }

  /** See {@link Store.lock}. */
  async take(key: string, options?: LockOptions): Promise<Lock> {
    const line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, new WaitLine());
    else await line.wait(options?.signal);
    const fence = ++this.#fence;
    this.#holders.set(key, fence);
    return {
      key,
      fence,
      release: () => {
        if (this.#holders.get(key) !== fence) return;
        this.#holders.delete(key);
        if (this.#lines.get(key)?.wakeNext() !== true) this.#lines.delete(key);
      },
    };
  }

  /** Whether a lock is still held. */
  holds({ key, fence }: Pick<Lock, 'key' | 'fence'>): boolean {
    return this.#holders.get(key) === fence;
  }
}
