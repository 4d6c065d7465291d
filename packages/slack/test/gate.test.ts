import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Gate } from '../src/gate.ts';

describe('the gate of requests to Slack', () => {
  it('lets so many through at a time, in order, and nobody waits for ever', async () => {
    const gate = new Gate(10);
    const order: number[] = [];
    let open = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        await gate.enter();
        order.push(index);
        most = Math.max(most, ++open);
        await setImmediate();
        open--;
        gate.leave();
      }),
    );
    expect(most).toBe(10);
    expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('begins a few between two looks at the network', async () => {
    const gate = new Gate(100);
    let begun = 0;
    for (let index = 0; index < 50; index++) void gate.enter().then(() => begun++);
    await Promise.resolve();
    expect(begun).toBe(0);
    await setImmediate();
    expect(begun).toBeLessThanOrEqual(16);
    while (begun < 50) await setImmediate();
  });
});
