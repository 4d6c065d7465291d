import type { MaybePromise } from '../maybe-promise.ts';
import { WaitLine } from '../wait-line.ts';
import type { Lock, LockOptions } from './contract.ts';

/** A key that somebody holds. */
interface Held {
  /** The holder's. */
  fence: number;
  /** Those behind the holder; `null` while nobody ever was. */
  line: WaitLine | null;
}

/**
 * Locks within one process: for stores that one process has to itself. A line of waiters a key; a
 * key that nobody holds costs nothing.
 */
export class LocalLocks {
  readonly #held = new Map<string, Held>();
  #fence: number;

  /** @param fence - The last fence that was given out before, by an earlier process say. */
  constructor(fence = 0) {
    this.#fence = fence;
  }

  /** See {@link Store.lock}. A lock that is free is there at once. */
  take(key: string, options?: LockOptions): MaybePromise<Lock> {
    const held = this.#held.get(key);
    if (held === undefined) {
      const fence = ++this.#fence;
      this.#held.set(key, { fence, line: null });
      return new LocalLock(this, key, fence);
    }
    held.line ??= new WaitLine();
    return held.line.wait(options?.signal).then(() => this.#pass(key, held));
  }

  /** Whether a lock is still held. */
  holds({ key, fence }: Pick<Lock, 'key' | 'fence'>): boolean {
    return this.#held.get(key)?.fence === fence;
  }

  /** Gives a lock to the next in line. Nothing happens where it is not held. */
  release(key: string, fence: number): void {
    const held = this.#held.get(key);
    if (held?.fence !== fence) return;
    // Nobody's, until the next one wakes up.
    held.fence = 0;
    if (held.line?.wakeNext() !== true) this.#held.delete(key);
  }

  #pass(key: string, held: Held): Lock {
    held.fence = ++this.#fence;
    return new LocalLock(this, key, held.fence);
  }
}

class LocalLock implements Lock {
  readonly key: string;
  readonly fence: number;
  readonly #locks: LocalLocks;

  constructor(locks: LocalLocks, key: string, fence: number) {
    this.#locks = locks;
    this.key = key;
    this.fence = fence;
  }

  release(): void {
    this.#locks.release(this.key, this.fence);
  }
}
