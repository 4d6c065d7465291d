import {
  CollectingOutputChannel,
  MemoryStore,
  RetryableError,
  StoreError,
  type Apology,
  type Reply,
} from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { resolveApology } from '../../src/turns/apology.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { TextOutput } from '../support/outputs.ts';
import { away, failing, refused } from '../support/platform.ts';
import { Processes } from '../support/processes.ts';

expectNoUnhandledRejections();

const fail = (): never => {
  throw new Error('oops');
};

describe('an apology for a deferred turn', () => {
  it('is said once and counts as the answer', async () => {
    const all = new Processes();
    const seen: unknown[] = [];
    const { turns, engine, errors, turnReports } = all.start(
      async (message, reply) => {
        seen.push((await reply.history(9)).map(({ text }) => text));
        if (message.text === '1') await reply.text('half');
        if (message.text === '1') fail();
      },
      { apology: (message, error) => `Sorry: ${message.text} ${error.message}` },
    );
    await turns.accept(post('1'));
    await turns.accept(post('2'));
    await all.clock.advance(1_000);
    expect(all.platform.texts).toEqual(['half', 'Sorry: 1 oops']);
    expect(await engine.deadLetters.list()).toEqual([]);
    expect(errors).toMatchObject([{ error: { message: 'oops' } }]);
    expect(turnReports).toMatchObject([{ outcome: 'answered' }, { outcome: 'answered' }]);
    expect(seen).toEqual([[], ['1', 'half', 'Sorry: 1 oops']]);
  });

  it('saves no state', async () => {
    const all = new Processes();
    const { turns } = all.start(
      (_message, reply) => {
        reply.state['a'] = 1;
        fail();
      },
      { apology: 'Sorry' },
    );
    await turns.accept(post('1'));
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['Sorry']);
    expect(await all.shared.memory.values.get('state', 'test::ada')).toBeNull();
  });

  it('is said for a state that is no JSON, too', async () => {
    const all = new Processes();
    const { turns, errors } = all.start(
      (_message, reply) => void (reply.state['done'] = (() => {}) as never),
      { apology: 'Sorry' },
    );
    await turns.accept(post('1'));
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['Sorry']);
    const message = 'reply.state.done is a function: the state must be JSON';
    expect(errors).toMatchObject([{ error: { message }, context: { stage: 'assistant' } }]);
  });

  it('is said once by a process that dies in it, and the next one', async () => {
    const all = new Processes();
    let runs = 0;
    const assistant = (): never => {
      runs++;
      return fail();
    };
    const first = all.start(assistant, { apology: 'Sorry', canBeAsked: true });
    all.platform.onArrived = () => first.kill();
    await first.turns.accept(post('1'));
    await all.clock.advance(0);
    all.platform.onArrived = () => {};
    all.start(assistant, { apology: 'Sorry', canBeAsked: true });
    await all.clock.advance(1_000);
    expect(all.platform.texts).toEqual(['Sorry']);
    expect(runs).toBe(1);
  });

  // It counted as said where the run before had said something in its place, and the user heard nothing.
  it.each(['an answered step', 'an unknown step'])('is said after a crash in %s', async (where) => {
    const all = new Processes();
    const setup = { apology: 'Sorry', delivery: { whenUnknown: 'assume-sent' } } as const;
    const dying = all.start(async (_message, reply) => {
      await reply.text('first');
      await reply.text('second');
    }, setup);
    const last = where === 'an answered step' ? 'second' : 'first';
    all.platform.onRequest = ({ text }) => text === last && dying.kill();
    await dying.turns.accept(post('1'));
    await all.clock.advance(0);
    all.platform.onRequest = () => {};
    all.start(fail, setup);
    await all.clock.advance(1_000);
    const said = where === 'an answered step' ? ['first', 'Sorry'] : ['Sorry'];
    expect(all.platform.texts).toEqual(said);
  });

  it('waits behind what is pending', async () => {
    const all = new Processes();
    const { turns } = all.start(
      async (_message, reply) => {
        await reply.text('half');
        fail();
      },
      { apology: 'Sorry' },
    );
    all.platform.onRequest = failing(away);
    await turns.accept(post('1'));
    await all.clock.advance(11_000);
    all.platform.onRequest = () => {};
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual(['half', 'Sorry']);
  });

  it('is tried as often as anything else', async () => {
    const all = new Processes();
    const { turns } = all.start(
      () => {
        throw new RetryableError('later', { retryAfterMs: 1 });
      },
      { apology: 'Sorry', delivery: { firstDelayMs: 1, maxDelayMs: 1 } },
    );
    all.platform.onRequest = failing(away, 20);
    await turns.accept(post('1'));
    await all.clock.advance(60_000);
    expect(all.platform.texts).toEqual(['Sorry']);
  });

  it('is not said where the assistant wants its turn run again', async () => {
    const all = new Processes();
    const { turns } = all.start(
      async (message, reply) => {
        if (message.attempt === 1) throw new RetryableError('later');
        await reply.text('there');
      },
      { apology: 'Sorry' },
    );
    await turns.accept(post('1'));
    await all.clock.advance(60_000);
    expect(all.platform.texts).toEqual(['there']);
  });

  // It came behind what waits, where a run before had said something: it was taken for that.
  it('is said behind a response that waits, whatever was said before a replay', async () => {
    const all = new Processes();
    const sayFirst = (reply: Reply): Promise<unknown> => reply.text('first').catch(() => {});
    const { turns, engine } = all.start(
      async (_message, reply) => {
        await sayFirst(reply);
        await reply.text('second');
        throw new Error('oops');
      },
      { delivery: { attempts: 1 } },
    );
    all.platform.onRequest = ({ text }) => {
      if (text === 'first') throw refused();
    };
    await turns.accept(post('1'));
    await all.clock.advance(0);
    const [letter] = await engine.deadLetters.list();
    const next = all.start(
      async (_message, reply) => {
        await sayFirst(reply);
        throw new Error('oops');
      },
      { apology: 'Sorry' },
    );
    all.platform.onRequest = failing(away);
    await next.engine.replay(letter?.id ?? '');
    await all.clock.advance(11_000);
    all.platform.onRequest = () => {};
    await all.clock.advance(60_000);
    expect(all.platform.texts).toEqual(['second', 'first', 'Sorry']);
  });

  it.each([[null], [undefined], [() => {}]])('may be none: %s', async (none) => {
    const all = new Processes();
    const { turns, engine } = all.start(fail, { apology: () => none as null });
    await turns.accept(post('1'));
    await turns.accept(post('2'));
    await all.clock.advance(0);
    expect(await engine.deadLetters.list()).toHaveLength(2);
    expect(all.platform.texts).toEqual([]);
  });
});

describe('an apology for a live turn', () => {
  it('is the answer, and the failure is reported', async () => {
    const { turns, errors, turnReports } = setUpEngine(fail, { apology: 'Sorry' });
    const outputChannel = new TextOutput();
    await turns.run(say('Hi', { outputChannel }));
    expect(outputChannel.texts).toEqual(['Sorry']);
    expect(errors).toHaveLength(1);
    expect(turnReports).toMatchObject([{ outcome: 'failed' }]);
  });

  it('is what is said on its channel, also where that collects under another name', async () => {
    const apology: Apology = () => ({ text: 'Sorry', channels: { test: { text: 'So sorry' } } });
    const { turns } = setUpEngine(fail, { apology });
    const outputChannel = new CollectingOutputChannel();
    await turns.run(say('Hi', { outputChannel }));
    expect(outputChannel.messages).toEqual([{ recipient_id: 'ada', text: 'So sorry' }]);
  });

  it('is in the history, as that of a deferred turn', async () => {
    const seen: unknown[] = [];
    const { turns } = setUpEngine(
      async (message, reply) => {
        seen.push((await reply.history(9)).map(({ text }) => text));
        if (message.text === '1') fail();
      },
      { apology: 'Sorry' },
    );
    for (const text of ['1', '2']) await turns.run(say(text));
    await turns.run(say('1', { senderId: null }));
    expect(seen).toEqual([[], ['1', 'Sorry'], []]);
  });

  // The story: behind its answer, a user was told that something went wrong, which was only to be stored.
  it('is not said behind an answer that the store could not keep', async () => {
    const store = new MemoryStore();
    store.turns.commit = async () => {
      throw new StoreError('away', { code: 'unavailable' });
    };
    const output = new TextOutput();
    const { turns, errors, turnReports } = setUpEngine(
      async (_message, reply) => void (await reply.text('Hello')),
      { store, apology: 'Sorry' },
    );
    const turn = turns.run(say('Hi', { outputChannel: output }));
    await expect(turn).rejects.toThrow('away');
    expect(output.texts).toEqual(['Hello']);
    expect(errors).toHaveLength(1);
    expect(turnReports).toMatchObject([{ outcome: 'failed' }]);
  });

  it('that cannot be said leaves the failure as it was', async () => {
    class Broken extends TextOutput {
      override async sendTextMessage(): Promise<void> {
        throw new Error('gone');
      }
    }
    const { turns, errors } = setUpEngine(fail, { apology: 'Sorry' });
    await expect(turns.run(say('Hi', { outputChannel: new Broken() }))).rejects.toThrow('oops');
    expect(errors.map(({ error }) => error.message)).toEqual(['oops', 'gone']);
  });
});

describe('resolveApology', () => {
  it('says nothing where its function fails, and reports it', () => {
    const failed: unknown[] = [];
    const apologyFor = resolveApology(fail, (error) => failed.push(error));
    expect(apologyFor(post('Hi'), new Error('a'))).toBeNull();
    expect(failed).toMatchObject([{ message: 'oops' }]);
  });

  // The story: an async function said nothing, and nothing told so; one that rejected ended the process.
  it.each<[apologise: () => unknown, problem: string]>([
    [async () => 'Sorry', 'apology must return what is said, and not a promise of it'],
    [async () => fail(), 'and not a promise of it'],
    [() => ({ text: 5 }), 'text of a response must be a text'],
  ])('says nothing where it returns what cannot be said: %#', (apologise, problem) => {
    const failed: unknown[] = [];
    // As somebody may return it who has no compiler.
    const apologyFor = resolveApology(apologise as Apology, (error) => failed.push(error));
    expect(apologyFor(post('Hi'), new Error('a'))).toBeNull();
    expect(failed).toMatchObject([{ message: expect.stringContaining(problem) }]);
  });

  it('refuses what is no apology', () => {
    expect(() => resolveApology(1 as never, () => {})).toThrow('apology must be a text');
  });
});
