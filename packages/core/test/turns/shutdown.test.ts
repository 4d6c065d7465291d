import { MemoryStore } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred, outcomeOf } from '../../../../scripts/test-support/deferred.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { TextOutput } from '../support/outputs.ts';
import { Processes } from '../support/processes.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

const never = new Promise<never>(() => {});

describe('closing the turns', () => {
  it('is done at once where nothing runs', async () => {
    const { engine, clock } = setUpEngine(() => {});
    await engine.close(10_000);
    expect(clock.pending).toBe(0);
  });

  it('refuses what comes then', async () => {
    const { engine, turns } = setUpEngine(() => {});
    await engine.close(10_000);
    await expect(turns.run(say('Hi'))).rejects.toMatchObject({
      name: 'OverloadedError',
      code: 'shutting_down',
      status: 503,
      retryAfterMs: 5000,
    });
    expect(await turns.accept(post('Hi'))).toBe('refused');
  });

  it('finishes what runs and what waits', async () => {
    const gate = deferred();
    const { engine, turns, clock } = setUpEngine(async (_message, reply) => {
      await gate.promise;
      await reply.text('done');
    });
    const quiet = { readsTrackerState: false };
    const outputs = [new TextOutput(), new TextOutput()].map((each) => Object.assign(each, quiet));
    const all = outputs.map((outputChannel) => turns.run(say('Hi', { outputChannel })));
    const closed = engine.close(10_000);
    await clock.advance(9_000);
    expect(await outcomeOf(closed)).toBe('open');
    gate.resolve();
    await Promise.all([...all, closed]);
    expect(outputs.map(({ texts }) => texts)).toEqual([['done'], ['done']]);
    expect(clock.pending).toBe(0);
  });

  it('finishes what waits for a quiet moment', async () => {
    // It was refused when its moment came, if its connection was still there then.
    const { engine, turns, clock } = setUpEngine(
      async (message, reply) => {
        await reply.text(`done ${message.text}`);
      },
      { overlap: 'debounce' },
    );
    const outputChannel = Object.assign(new TextOutput(), { readsTrackerState: false });
    const all = ['1', '2'].map((text) => turns.run(say(text, { outputChannel })));
    await clock.advance(100);
    await engine.close(10_000);
    expect(await outcomeOf(Promise.all(all))).toBe('done');
    expect(outputChannel.texts).toEqual(['done 1\n2']);
    expect(clock.pending).toBe(0);
  });

  it('aborts after the grace what is not done, and does not wait for who ignores it', async () => {
    const { engine, turns, clock } = setUpEngine(async () => never);
    const running = expect(turns.run(say('1'))).rejects.toMatchObject({ reason: 'shutdown' });
    const waiting = expect(turns.run(say('2'))).rejects.toMatchObject({ reason: 'shutdown' });
    const closed = engine.close(1000);
    await clock.advance(1000);
    await running;
    await waiting;
    expect(await outcomeOf(closed)).toBe('open');
    await clock.advance(500);
    await closed;
  });

  it('waits for no message that another process handles, or is to handle', async () => {
    const all = new Processes();
    const gate = deferred();
    const other = all.start(async (message, reply) => {
      if (message.text === '1') await gate.promise;
      await reply.text(`done ${message.text}`);
    });
    await other.turns.accept(post('1', { messageId: '1' }));
    await all.clock.advance(10);
    const closing = all.start(() => {});
    await closing.turns.accept(post('2', { messageId: '2' }));
    await all.clock.advance(10);
    const closed = closing.engine.close(10_000);
    await settle();
    expect(await outcomeOf(closed)).toBe('done');
    closing.kill();
    gate.resolve();
    await all.clock.advance(60_000);
    expect(all.platform.texts).toEqual(['done 1', 'done 2']);
  });

  it('leaves no rejection behind where a deferred message is still being stored', async () => {
    const store = new MemoryStore();
    const gate = deferred();
    const add = store.turns.add.bind(store.turns);
    store.turns.add = async (...args) => {
      await gate.promise;
      return await add(...args);
    };
    const { engine, turns, clock } = setUpEngine(async () => never, { store });
    const running = expect(turns.run(say('1'))).rejects.toMatchObject({ reason: 'shutdown' });
    const accepted = turns.accept(post('2'));
    const closed = engine.close(1000);
    await clock.advance(1500);
    await Promise.all([running, closed]);
    // Long enough for Node to look whether somebody took the rejection.
    for (let i = 0; i < 3; i++) await settle();
    gate.resolve();
    expect(await accepted).toBe('accepted');
  });
});
