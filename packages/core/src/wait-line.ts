/** A line of waiters, first come, first served. A waiter whose signal aborts leaves the line. */
export class WaitLine {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is this waiter's turn; its place is taken before this returns. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1);
        reject(signal?.reason as Error);
      };
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      this.#waiting.push(wake);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** Wakes the first in the line. Returns whether there was one. */
  wakeNext(): boolean {
    const wake = this.#waiting.shift();
    wake?.();
    return wake !== undefined;
  }
}
