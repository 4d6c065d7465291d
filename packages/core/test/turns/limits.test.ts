import { ConfigurationError, OverloadedError, type TurnLimits } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { resolveLimits } from '../../src/turns/limits.ts';
import { deferred, outcomeOf } from '../../../../scripts/test-support/deferred.ts';
import { say, setUpEngine } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { TextOutput } from '../support/outputs.ts';

expectNoUnhandledRejections();

describe('resolveLimits', () => {
  it('fills in the defaults', () => {
    expect(resolveLimits()).toEqual({
      maxQueued: 50,
      maxRunning: 256,
      maxWaiting: 10_000,
      deadlineMs: 60_000,
      maxWaitMs: 60_000,
      abortGraceMs: 5_000,
    });
    expect(resolveLimits({ maxQueued: 0 }).maxQueued).toBe(0);
  });

  it.each<[string, TurnLimits]>([
    ['negative', { maxQueued: -1 }],
    ['nothing running', { maxRunning: 0 }],
    ['a fraction', { deadlineMs: 1.5 }],
    ['not a number', { maxWaitMs: Number.NaN }],
    ['a text', { maxWaiting: '5' as unknown as number }],
  ])('refuses %s and names the option', (_name, limits) => {
    expect(() => resolveLimits(limits)).toThrow(ConfigurationError);
    expect(() => resolveLimits(limits)).toThrow(`turns.${Object.keys(limits)[0]}`);
  });
});

describe('the limits of turns', () => {
  it('refuse one more than maxQueued in a conversation, and in no other', async () => {
    const gate = deferred();
    const { turns } = setUpEngine(async () => gate.promise, { limits: { maxQueued: 2 } });
    const taken = ['1', '2', '3'].map((text) => turns.run(say(text)));
    const error = await turns.run(say('4')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OverloadedError);
    expect(error).toMatchObject({ code: 'queue_full', status: 429, retryAfterMs: 1000 });
    const other = turns.run(say('5', { senderId: 'ben' }));
    gate.resolve();
    await Promise.all([...taken, other]);
    await turns.run(say('6'));
  });

  // The story: whatever came in until it was quiet was taken in, as many as there were.
  it('count those that wait for a quiet moment, each by itself', async () => {
    const seen: (string | null)[] = [];
    const { turns, clock } = setUpEngine((message) => void seen.push(message.text), {
      limits: { maxQueued: 2, maxWaiting: 4 },
      overlap: 'debounce',
    });
    const taken = ['1', '2', '3'].map((text) => turns.run(say(text)));
    await expect(turns.run(say('4'))).rejects.toMatchObject({ code: 'queue_full' });
    const other = turns.run(say('5', { senderId: 'ben' }));
    await expect(turns.run(say('6', { senderId: 'eve' }))).rejects.toMatchObject({
      code: 'too_many_waiting',
    });
    await clock.advance(1_000);
    await Promise.all([...taken, other]);
    expect(seen).toEqual(['1\n2\n3', '5']);
    const next = turns.run(say('7'));
    await clock.advance(1_000);
    await next;
    expect(seen).toHaveLength(3);
  });

  it('let a message in that has nobody ahead of it, also where nothing may wait', async () => {
    const gate = deferred();
    const { turns } = setUpEngine(async () => gate.promise, { limits: { maxQueued: 0 } });
    const taken = turns.run(say('1'));
    await expect(turns.run(say('2'))).rejects.toMatchObject({ code: 'queue_full' });
    gate.resolve();
    await taken;
  });

  it('refuse one more than maxWaiting over all conversations', async () => {
    const gate = deferred();
    const { turns } = setUpEngine(async () => gate.promise, { limits: { maxWaiting: 2 } });
    const taken = ['ada', 'ben'].map((senderId) => turns.run(say('Hi', { senderId })));
    await expect(turns.run(say('Hi', { senderId: 'cyd' }))).rejects.toMatchObject({
      code: 'too_many_waiting',
      status: 503,
    });
    gate.resolve();
    await Promise.all(taken);
    await turns.run(say('Hi', { senderId: 'cyd' }));
  });

  it('bound what runs at the same time', async () => {
    const gate = deferred();
    let running = 0;
    const { turns } = setUpEngine(
      async () => {
        running++;
        await gate.promise;
      },
      { limits: { maxRunning: 3 } },
    );
    const all = Array.from({ length: 10 }, (_, i) => turns.run(say('Hi', { senderId: `s${i}` })));
    await settle();
    expect(running).toBe(3);
    gate.resolve();
    await Promise.all(all);
    expect(running).toBe(10);
  });

  it('refuse a message that waited longer than maxWaitMs, and run it never', async () => {
    const gate = deferred();
    const handled: string[] = [];
    const { turns, clock, turnReports } = setUpEngine(
      async (message) => {
        handled.push(message.text ?? '');
        await gate.promise;
      },
      { limits: { maxWaitMs: 100, deadlineMs: 10_000 } },
    );
    const first = turns.run(say('1'));
    const second = outcomeOf(turns.run(say('2')));
    await clock.advance(99);
    expect(await second).toBe('open');
    const late = turns.run(say('3'));
    const refused = expect(late).rejects.toMatchObject({ code: 'waited_too_long', status: 503 });
    await clock.advance(100);
    await refused;
    gate.resolve();
    await first;
    await turns.run(say('4'));
    expect(handled).toEqual(['1', '4']);
    expect(turnReports.map(({ outcome, waitedMs }) => [outcome, waitedMs])).toEqual([
      ['aborted', 100],
      ['aborted', 100],
      ['answered', 0],
      ['answered', 0],
    ]);
  });

  it('count waiting for a slot as waiting', async () => {
    const gate = deferred();
    const { turns, clock } = setUpEngine(async () => gate.promise, {
      limits: { maxRunning: 1, maxWaitMs: 100, deadlineMs: 10_000 },
    });
    const first = turns.run(say('1'));
    const refused = expect(turns.run(say('2', { senderId: 'ben' }))).rejects.toMatchObject({
      code: 'waited_too_long',
    });
    await clock.advance(100);
    await refused;
    gate.resolve();
    await first;
    await turns.run(say('3', { senderId: 'ben' }));
  });

  it('leave no timer behind', async () => {
    const { turns, clock } = setUpEngine(async () => {});
    const quiet = (): TextOutput => Object.assign(new TextOutput(), { readsTrackerState: false });
    await turns.run(say('1', { outputChannel: quiet() }));
    await turns.run(say('2', { outputChannel: quiet(), senderId: null }));
    expect(clock.pending).toBe(0);
  });
});
