import { afterAll, beforeAll, expect } from 'vitest';

/** Fails a file in which a rejection was left to nobody: in Node, that ends the process. */
export function expectNoUnhandledRejections(): void {
  const reasons: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void reasons.push(reason);
  beforeAll(() => void process.on('unhandledRejection', onUnhandled));
  afterAll(async () => {
    // Node tells of a rejection after the current round of the event loop.
    for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onUnhandled);
    expect(reasons).toEqual([]);
  });
}
