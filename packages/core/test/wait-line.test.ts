import { describe, expect, it } from 'vitest';
import { WaitLine } from '../src/wait-line.ts';
import { outcomeOf } from '../../../scripts/test-support/deferred.ts';

describe('WaitLine', () => {
  it('wakes the first that came', async () => {
    const line = new WaitLine();
    const waiters = [line.wait(), line.wait(), line.wait()];
    expect(line.wakeNext()).toBe(true);
    expect(await Promise.all(waiters.map(outcomeOf))).toEqual(['done', 'open', 'open']);
    expect([line.wakeNext(), line.wakeNext(), line.wakeNext()]).toEqual([true, true, false]);
    await Promise.all(waiters);
  });

  it('passes over who has left', async () => {
    const line = new WaitLine();
    const controller = new AbortController();
    const first = line.wait(controller.signal);
    const second = line.wait();
    controller.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect(line.wakeNext()).toBe(true);
    await second;
    expect(line.wakeNext()).toBe(false);
  });

  it('does not take in who is gone already', async () => {
    const line = new WaitLine();
    await expect(line.wait(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(line.wakeNext()).toBe(false);
  });

  it('is not lost where who was woken leaves at the same moment', async () => {
    const line = new WaitLine();
    const controller = new AbortController();
    const first = line.wait(controller.signal);
    const second = line.wait();
    line.wakeNext();
    controller.abort(new Error('gone'));
    await first;
    expect(await outcomeOf(second)).toBe('open');
    line.wakeNext();
    await second;
  });
});
