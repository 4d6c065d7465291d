import { MemoryStore, TurnAbortedError, type Lock, type Reply } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { StreamingOutput, TextOutput } from '../support/outputs.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

const never = new Promise<never>(() => {});

/** A client that leaves when it is told to. */
function client(): { whenGone: (callback: () => void) => void; leave: () => void } {
  let onGone = (): void => {};
  return { whenGone: (callback) => (onGone = callback), leave: () => onGone() };
}

/** Ends when its turn is ended. */
async function untilAborted(reply: Reply): Promise<void> {
  await new Promise((_resolve, reject) =>
    reply.signal.addEventListener('abort', () => reject(reply.signal.reason as Error)),
  );
}

describe('the deadline', () => {
  it('aborts the signal, rejects the turn and every later send', async () => {
    const output = new TextOutput();
    const late: Promise<unknown>[] = [];
    const { turns, clock, turnReports, errors } = setUpEngine(
      async (_message, reply) => {
        await reply.text('one moment');
        reply.signal.addEventListener('abort', () => late.push(reply.text('too late')));
        await never;
      },
      { limits: { deadlineMs: 1000 } },
    );
    const turn = turns.run(say('Hi', { outputChannel: output }));
    const rejected = expect(turn).rejects.toMatchObject({
      name: 'TurnAbortedError',
      reason: 'deadline',
      code: 'turn_deadline',
    });
    await clock.advance(999);
    expect(late).toEqual([]);
    await clock.advance(1);
    await rejected;
    expect(late).toHaveLength(1);
    await expect(late[0]).rejects.toBeInstanceOf(TurnAbortedError);
    expect(output.texts).toEqual(['one moment']);
    expect(turnReports).toMatchObject([{ outcome: 'aborted', durationMs: 1000 }]);
    expect(errors).toMatchObject([{ context: { channel: 'test', stage: 'assistant' } }]);
  });

  it('counts from the start of the turn, not from its arrival', async () => {
    const { turns, clock } = setUpEngine(async () => clock.sleep(800), {
      limits: { deadlineMs: 1000 },
    });
    const all = Promise.all([turns.run(say('1')), turns.run(say('2'))]);
    await clock.advance(1600);
    await all;
  });

  it('lets the next message run at once where the assistant heeds its signal', async () => {
    const handled: string[] = [];
    const { turns, clock } = setUpEngine(
      async (message, reply) => {
        handled.push(message.text ?? '');
        if (message.text === '1') await untilAborted(reply);
      },
      { limits: { deadlineMs: 1000, abortGraceMs: 5000 } },
    );
    const first = expect(turns.run(say('1'))).rejects.toThrow(TurnAbortedError);
    const second = turns.run(say('2'));
    await clock.advance(1000);
    await first;
    await second;
    expect(handled).toEqual(['1', '2']);
  });

  it('holds the conversation for abortGraceMs where the assistant ignores its signal', async () => {
    const handled: string[] = [];
    const { turns, clock } = setUpEngine(
      async (message) => {
        handled.push(message.text ?? '');
        if (message.text === '1') await never;
      },
      { limits: { deadlineMs: 1000, abortGraceMs: 5000 } },
    );
    const first = expect(turns.run(say('1'))).rejects.toThrow(TurnAbortedError);
    const second = turns.run(say('2'));
    await clock.advance(1000);
    await first;
    await clock.advance(4999);
    expect(handled).toEqual(['1']);
    await clock.advance(1);
    await second;
    expect(handled).toEqual(['1', '2']);
  });

  it('saves nothing of an assistant that goes on when its turn is over', async () => {
    const gate = deferred();
    const { turns, clock } = setUpEngine(
      async (message, reply) => {
        await reply.text(JSON.stringify(reply.state));
        if (message.text !== 'slow') return;
        reply.state['from'] = 'the aborted turn';
        await gate.promise;
      },
      { limits: { deadlineMs: 1000, abortGraceMs: 0 } },
    );
    const slow = expect(turns.run(say('slow'))).rejects.toThrow(TurnAbortedError);
    await clock.advance(1000);
    await slow;
    gate.resolve();
    await settle();
    const output = new TextOutput();
    await turns.run(say('state', { outputChannel: output }));
    expect(output.texts).toEqual(['{}']);
  });
});

describe('a client that goes away', () => {
  it('aborts the turn that runs', async () => {
    const gone = client();
    const { turns, errors, turnReports } = setUpEngine(async (_message, reply) =>
      untilAborted(reply),
    );
    const turn = turns.run(say('Hi'), gone);
    const rejected = expect(turn).rejects.toMatchObject({ reason: 'disconnected' });
    await settle();
    gone.leave();
    await rejected;
    expect(turnReports).toMatchObject([{ outcome: 'aborted' }]);
    expect(errors).toEqual([]);
  });

  it('gives up its place in the line', async () => {
    const gate = deferred();
    const handled: string[] = [];
    const gone = client();
    const { turns } = setUpEngine(async (message) => {
      handled.push(message.text ?? '');
      await gate.promise;
    });
    const first = turns.run(say('1'));
    const second = turns.run(say('2'), gone);
    const third = turns.run(say('3'));
    gone.leave();
    await expect(second).rejects.toMatchObject({ reason: 'disconnected' });
    gate.resolve();
    await Promise.all([first, third]);
    expect(handled).toEqual(['1', '3']);
  });

  it('starts nothing where it was gone already', async () => {
    const handled: string[] = [];
    const { turns } = setUpEngine((message) => void handled.push(message.text ?? ''));
    const turn = turns.run(say('Hi'), { whenGone: (callback) => callback() });
    await expect(turn).rejects.toMatchObject({ reason: 'disconnected' });
    await turns.run(say('next'));
    expect(handled).toEqual(['next']);
  });

  it('starts nothing where it goes at the very moment its turn comes', async () => {
    const handled: string[] = [];
    const gone = client();
    class Leaving extends MemoryStore {
      override async lock(...args: Parameters<MemoryStore['lock']>): Promise<Lock> {
        const lock = await super.lock(...args);
        const release = (): void => {
          lock.release();
          gone.leave();
        };
        return { ...lock, release };
      }
    }
    const store = new Leaving();
    const { turns } = setUpEngine((message) => void handled.push(message.text ?? ''), { store });
    const first = turns.run(say('1'));
    const second = turns.run(say('2'), gone);
    const rejected = expect(second).rejects.toMatchObject({ reason: 'disconnected' });
    await first;
    await rejected;
    await turns.run(say('3'));
    expect(handled).toEqual(['1', '3']);
  });
});

describe('cancel', () => {
  it('ends the turn that runs and tells whether there was one', async () => {
    const { turns } = setUpEngine(async (message, reply) => {
      if (message.text === 'wait') await untilAborted(reply);
    });
    expect(await turns.cancel({ senderId: 'ada' })).toBe(false);
    const turn = expect(turns.run(say('wait'))).rejects.toMatchObject({ reason: 'cancelled' });
    await settle();
    expect(await turns.cancel({ senderId: 'ben' })).toBe(false);
    expect(await turns.cancel({ senderId: 'ada', account: 'T1' })).toBe(false);
    expect(await turns.cancel({ senderId: 'ada' })).toBe(true);
    await turn;
    expect(await turns.cancel({ senderId: 'ada' })).toBe(false);
    await turns.run(say('go on'));
  });

  it.each(['queue', 'latest', 'debounce', 'parallel'] as const)(
    'finds none that is over, however it ended (%s)',
    async (overlap) => {
      const { turns, clock } = setUpEngine(
        ({ text }) => {
          if (text === 'fail') throw new Error('oops');
        },
        { overlap },
      );
      for (const text of ['go on', 'fail']) {
        const live = turns.run(say(text)).catch(() => {});
        await clock.advance(1_000);
        await live;
        expect(await turns.cancel({ senderId: 'ada' })).toBe(false);
        await turns.accept(post(text, { messageId: text }));
        await clock.advance(1_000);
        expect(await turns.cancel({ senderId: 'ada' })).toBe(false);
      }
    },
  );

  it('does not reach the conversations of another channel', async () => {
    const gate = deferred();
    const { engine, turns } = setUpEngine(async () => gate.promise);
    const turn = turns.run(say('Hi'));
    await settle();
    expect(await engine.for('other').cancel({ senderId: 'ada' })).toBe(false);
    gate.resolve();
    await turn;
  });

  it('finds a conversation that is linked', async () => {
    const { turns } = setUpEngine(async (_message, reply) => untilAborted(reply), {
      conversationKey: ({ senderId }) => `person:${senderId}`,
    });
    const turn = expect(turns.run(say('wait'))).rejects.toMatchObject({ reason: 'cancelled' });
    await settle();
    expect(await turns.cancel({ senderId: 'ada' })).toBe(true);
    await turn;
  });
});

describe('an aborted stream', () => {
  it('ends on the channel and stops the producer', async () => {
    const output = new StreamingOutput();
    const stopped = deferred();
    let streamed: Promise<unknown> = Promise.resolve();
    const chunks: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => {
        let isFirst = true;
        return {
          next: async () => {
            if (!isFirst) return await never;
            isFirst = false;
            return { done: false, value: 'He' };
          },
          return: async () => {
            stopped.resolve();
            return { done: true, value: undefined };
          },
        };
      },
    };
    const { turns } = setUpEngine(async (_message, reply) => {
      streamed = reply.stream(chunks);
      await streamed;
    });
    const turn = turns.run(say('Hi', { outputChannel: output }));
    const rejected = expect(turn).rejects.toMatchObject({ reason: 'cancelled' });
    await settle();
    await turns.cancel({ senderId: 'ada' });
    await rejected;
    await stopped.promise;
    await expect(streamed).rejects.toBeInstanceOf(TurnAbortedError);
    expect(output.calls).toEqual(['start', 'chunk He', 'end']);
  });
});
