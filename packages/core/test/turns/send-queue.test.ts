import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { SendQueue } from '../../src/turns/send-queue.ts';

function setUp(): { queue: SendQueue; events: string[] } {
  const events: string[] = [];
  const onFailed = (error: unknown): void => void events.push(`failed: ${String(error)}`);
  return { queue: new SendQueue({ onStart: () => {}, onFailed }), events };
}

describe('a queue of sends', () => {
  it('sends at once what has nothing before it', () => {
    const { queue, events } = setUp();
    void queue.add(async () => void events.push('sent'));
    expect(events).toEqual(['sent']);
  });

  it('sends what is said within a send behind it, and is not over before', async () => {
    const { queue, events } = setUp();
    const gate = deferred();
    void queue.add(async () => {
      events.push('outer begins');
      for (const name of ['one', 'two']) {
        void queue.add(async () => {
          events.push(`${name} begins`);
          await setImmediate();
          events.push(`${name} ends`);
        });
      }
      await gate.promise;
      events.push('outer ends');
    });
    await setImmediate();
    expect(events).toEqual(['outer begins']);
    gate.resolve();
    await queue.tail;
    expect(events.slice(1)).toEqual([
      'outer ends',
      'one begins',
      'one ends',
      'two begins',
      'two ends',
    ]);
    expect(queue.isIdle).toBe(true);
  });

  it('goes on behind a send that failed, that threw, and that had something said within', async () => {
    const { queue, events } = setUp();
    const failing = queue.add(() => {
      void queue.add(async () => void events.push('inner'));
      throw new Error('oops');
    });
    await expect(failing).rejects.toThrow('oops');
    await queue.add(async () => void events.push('next'));
    expect(events).toEqual(['failed: Error: oops', 'inner', 'next']);
  });

  it('is over at once with what is sent without a wait, and goes on with what was said within', async () => {
    const { queue, events } = setUp();
    const onSent = (): void => void events.push(`over, ${queue.isIdle ? 'idle' : 'not idle'}`);
    expect(queue.enter(() => 'sent', onSent)).toBe('sent');
    expect(events).toEqual(['over, idle']);
    let inner: unknown = null;
    void queue.enter(() => {
      inner = queue.enter(() => void events.push('inner'));
      events.push('outer');
    }, onSent);
    expect(events.slice(1)).toEqual(['outer', 'over, not idle']);
    await inner;
    expect(events.slice(3)).toEqual(['inner']);
    await queue.tail;
    expect(queue.isIdle).toBe(true);
  });

  it('does not send without a wait what has something before it', async () => {
    const { queue, events } = setUp();
    const gate = deferred();
    void queue.add(() => gate.promise.then(() => void events.push('first')));
    const second = queue.enter(() => void events.push('second'));
    expect(events).toEqual([]);
    gate.resolve();
    await second;
    expect(events).toEqual(['first', 'second']);
  });
});
