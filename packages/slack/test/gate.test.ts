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

  it('holds up nobody while there is room', () => {
    const gate = new Gate(2);
    expect(gate.enter()).toBeNull();
    expect(gate.enter()).toBeNull();
    expect(gate.enter()).not.toBeNull();
    gate.leave();
    gate.leave();
    expect(gate.enter()).toBeNull();
  });
});
