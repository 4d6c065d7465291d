import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TimerLane } from '../src/timer-lane.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(delayMs = 60_000): { lane: TimerLane; empty: number[]; calls: string[] } {
  const empty: number[] = [];
  return { lane: new TimerLane(delayMs, () => empty.push(Date.now())), empty, calls: [] };
}

it('calls back when it is time, in order, with one timer', () => {
  const { lane, empty, calls } = setUp();
  lane.add(() => calls.push('one'));
  vi.advanceTimersByTime(1_000);
  lane.add(() => calls.push('two'));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(58_999);
  expect(calls).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(calls).toEqual(['one']);
  vi.advanceTimersByTime(999);
  expect(calls).toEqual(['one']);
  vi.advanceTimersByTime(1);
  expect(calls).toEqual(['one', 'two']);
  expect([empty.length, vi.getTimerCount()]).toEqual([1, 0]);
});

it('makes no call that was called off, and none twice', () => {
  const { lane, calls } = setUp();
  const cancels = Array.from({ length: 5_000 }, (_, i) => lane.add(() => calls.push(String(i))));
  cancels.forEach((cancel, i) => {
    if (i % 1_000 !== 7) cancel();
  });
  cancels[0]?.();
  vi.advanceTimersByTime(60_000);
  expect(calls).toEqual(['7', '1007', '2007', '3007', '4007']);
  for (const cancel of cancels) cancel();
  vi.advanceTimersByTime(120_000);
  expect(calls).toHaveLength(5);
});

it('may be asked for more from within a call', () => {
  const { lane, calls, empty } = setUp();
  lane.add(() => void lane.add(() => calls.push('second')));
  vi.advanceTimersByTime(119_999);
  expect([calls, empty]).toEqual([[], []]);
  vi.advanceTimersByTime(1);
  expect(calls).toEqual(['second']);
  expect(empty).toHaveLength(1);
});

it('makes what is due after half the time, beside a call that asks for itself again and again', () => {
  const { lane, calls } = setUp();
  const beat = (): void => {
    calls.push('beat');
    lane.add(beat);
  };
  lane.add(beat);
  vi.advanceTimersByTime(30_000);
  lane.add(() => calls.push('deadline'));
  vi.advanceTimersByTime(60_000);
  expect(calls).toEqual(['beat', 'deadline']);
});

it('calls back in the context of whoever has asked', () => {
  const { lane, calls } = setUp();
  const storage = new AsyncLocalStorage<string>();
  for (const who of ['anna', 'bert']) {
    storage.run(who, () => lane.add(() => calls.push(storage.getStore() ?? 'nobody')));
  }
  vi.advanceTimersByTime(60_000);
  expect(calls).toEqual(['anna', 'bert']);
});

it('makes the other calls where one of them throws', () => {
  const { lane, calls } = setUp();
  lane.add(() => {
    throw new Error('oops');
  });
  lane.add(() => calls.push('other'));
  expect(() => vi.advanceTimersByTime(60_000)).toThrow('oops');
  vi.advanceTimersByTime(10);
  expect(calls).toEqual(['other']);
});

/** A call that has hold of something, in a context that has, too. */
function holding(lane: TimerLane): { held: WeakRef<object>[]; cancel: () => void } {
  const [inCall, inContext] = [{ big: 'call' }, { big: 'context' }];
  const storage = new AsyncLocalStorage<object>();
  const cancel = storage.run(inContext, () => lane.add(() => void inCall.big));
  return { held: [new WeakRef(inCall), new WeakRef(inContext)], cancel };
}

it('keeps nothing of what was called off, and nor does what has called it off', async () => {
  vi.useRealTimers();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { lane } = setUp();
  // Node's timer keeps the context of the first one.
  const left = holding(lane);
  const called = holding(lane);
  called.cancel();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(called.held.map((ref) => ref.deref())).toEqual([undefined, undefined]);
  expect(left.held.map((ref) => ref.deref())).toEqual([{ big: 'call' }, { big: 'context' }]);
  for (const { cancel } of [called, left]) cancel();
});
