import {
  ConfigurationError,
  RetryableError,
  StoreError,
  type ChannelEvent,
  type Reply,
} from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred, outcomeOf } from '../../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { away, failing, PlatformOutput } from '../support/platform.ts';
import { Processes, type EngineProcess } from '../support/processes.ts';

expectNoUnhandledRejections();

const one = { messageId: '1' };
const outage = (): StoreError => new StoreError('the store is away');

/** A store that can be taken away, as a whole or for single calls. */
class Outage {
  /** The calls that fail; all of them where it is `true`. */
  calls: readonly string[] | boolean = false;
  /** Whether only the answers are lost. */
  losesAnswers = false;

  before = (call: string): void => this.#fail(call, !this.losesAnswers);
  after = (call: string): void => this.#fail(call, this.losesAnswers);

  #fail(call: string, isNow: boolean): void {
    const isMeant = Array.isArray(this.calls) ? this.calls.includes(call) : this.calls;
    if (isNow && isMeant) throw outage();
  }
}

class MenuOutput extends PlatformOutput {
  override readonly numbersChoices = true;
}

function setUp() {
  const all = new Processes();
  const weather = new Outage();
  const makeOutput = (): MenuOutput => new MenuOutput(all.platform);
  return { all, weather, setup: { weather, makeOutput } };
}

const historyOf = async (all: Processes): Promise<unknown[]> =>
  (await all.shared.memory.lists.last('history', 'test::ada', 10)).map(
    (entry) => (entry as { text: string }).text,
  );

describe('while the store is away', () => {
  // Each of its two calls took nearly as long as a store may take, and the platform had given up before.
  it('a message that is stamped ahead is accepted or not within 2 seconds', async () => {
    const { all, setup } = setUp();
    let tookMs = 0;
    const before = (): unknown => (tookMs > 0 ? all.clock.sleep(tookMs) : undefined);
    const handled: unknown[] = [];
    const parallel = { ...setup, overlap: 'parallel', weather: { before } } as const;
    const { turns } = all.start((message) => void handled.push(message.text), parallel);
    tookMs = 1_700;
    let refused: unknown;
    turns.accept(post('Hi', one)).catch((error: unknown) => (refused = error));
    await all.clock.advance(2_000);
    expect(refused).toBeInstanceOf(StoreError);
    await all.clock.advance(20_000);
    tookMs = 0;
    expect(await turns.accept(post('Hi', one))).toBe('duplicate');
    await all.clock.advance(1_000);
    expect(handled).toEqual(['Hi']);
  });

  it('a message is not accepted, and handled once when it comes again', async () => {
    for (const losesAnswers of [false, true]) {
      const { all, weather, setup } = setUp();
      const handled: unknown[] = [];
      const { turns } = all.start((message) => void handled.push(message.text), setup);
      weather.calls = ['add'];
      weather.losesAnswers = losesAnswers;
      await expect(turns.accept(post('Hi', one))).rejects.toThrow('the store is away');
      weather.calls = false;
      expect(await turns.accept(post('Hi', one))).toBe(losesAnswers ? 'duplicate' : 'accepted');
      await all.clock.advance(0);
      expect(handled).toEqual(['Hi']);
    }
  });

  // Nobody brings an event again: it was reported, and the assistant never heard of it.
  it.each(['lock', 'get'])('an event waits, and goes on: %s', async (call) => {
    const { all, weather, setup } = setUp();
    const happened: unknown[] = [];
    const assistant = {
      handle: () => {},
      onEvent: (event: ChannelEvent, reply: Reply | null) =>
        void happened.push([event.type, reply?.state]),
    };
    const { turns } = all.start(assistant, setup);
    await all.shared.memory.values.set('state', 'test::ada', { known: true });
    weather.calls = [call];
    weather.losesAnswers = call === 'lock';
    const notified = turns.notify({ type: 'opted_out', senderId: 'ada', address: { to: 'ada' } });
    await all.clock.advance(30 * 60_000);
    expect(happened).toEqual([]);
    weather.calls = false;
    await all.clock.advance(1_000);
    await notified;
    expect(happened).toEqual([['opted_out', { known: true }]]);
  });

  it('an event is given up at a shutdown', async () => {
    const { all, weather, setup } = setUp();
    const assistant = { handle: () => {}, onEvent: () => expect.unreachable() };
    const { turns, engine } = all.start(assistant, setup);
    weather.calls = ['lock'];
    weather.losesAnswers = true;
    const notified = turns.notify({ type: 'opted_out', senderId: 'ada' });
    await all.clock.advance(1_000);
    const closed = engine.close(1_000);
    await all.clock.advance(5_000);
    await Promise.all([notified, closed]);
  });

  it('what was accepted waits, and goes on', async () => {
    const { all, weather, setup } = setUp();
    const handled: unknown[] = [];
    const gate = deferred();
    const { turns, errors } = all.start(async (message) => {
      handled.push(message.text);
      if (message.text === '1') await gate.promise;
    }, setup);
    await turns.accept(post('1'));
    await turns.accept(post('2'));
    await all.clock.advance(0);
    weather.calls = true;
    gate.resolve();
    await all.clock.advance(30 * 60_000);
    expect(handled).toEqual(['1']);
    weather.calls = false;
    await all.clock.advance(1_000);
    expect(handled).toEqual(['1', '2']);
    expect(new Set(errors.map(({ context }) => context.stage))).toEqual(new Set(['store']));
  });

  it('a ticket is waited for', async () => {
    const { all, weather, setup } = setUp();
    const handled: unknown[] = [];
    const { turns } = all.start((message) => void handled.push(message.text), setup);
    for (const losesAnswers of [false, true]) {
      weather.calls = ['lock'];
      weather.losesAnswers = losesAnswers;
      expect(await turns.accept(post('Hi'))).toBe('accepted');
      await all.clock.advance(10_000);
      weather.calls = false;
      await all.clock.advance(1_000);
    }
    expect(handled).toEqual(['Hi', 'Hi']);
  });

  it('a running turn waits within await, and its assistant learns nothing of it', async () => {
    for (const losesAnswers of [false, true]) {
      const { all, weather, setup } = setUp();
      weather.losesAnswers = losesAnswers;
      const { turns, turnReports, engine } = all.start(async (_message, reply) => {
        await reply.text('1');
        weather.calls = true;
        await reply.text('2');
        reply.state['said'] = 2;
      }, setup);
      await turns.accept(post('Hi', one));
      await all.clock.advance(30_000);
      expect(all.platform.texts).toEqual(['1']);
      weather.calls = false;
      await all.clock.advance(2_000);
      expect(all.platform.texts).toEqual(['1', '2']);
      expect(turnReports).toMatchObject([{ outcome: 'answered' }]);
      expect(await engine.deadLetters.list()).toEqual([]);
    }
  });

  it('a running turn goes on also where that takes longer than its deadline', async () => {
    const { all, weather, setup } = setUp();
    const attempts: number[] = [];
    const { turns, engine } = all.start(
      async (message, reply) => {
        attempts.push(message.attempt);
        if (message.attempt === 1) weather.calls = true;
        await reply.text('1');
      },
      { ...setup, limits: { deadlineMs: 10_000 } },
    );
    await turns.accept(post('Hi', one));
    await all.clock.advance(60_000);
    weather.calls = false;
    await all.clock.advance(60_000);
    expect(await engine.deadLetters.list()).toEqual([]);
    expect(all.platform.texts).toEqual(['1']);
  });

  it.each(['set', 'get', 'delete'])('a menu is kept when it is back (%s)', async (call) => {
    const { all, weather, setup } = setUp();
    const chosen: unknown[] = [];
    const { turns, engine } = all.start(async (message, reply) => {
      chosen.push(message.text);
      if (message.text === 'Hi') weather.calls = [call];
      if (message.text === 'Hi') await reply.buttons('Size?', [{ title: 'S' }, { title: 'M' }]);
      else await reply.text('thanks');
    }, setup);
    await turns.accept(post('Hi', one));
    await all.clock.advance(5_000);
    weather.calls = false;
    await all.clock.advance(5_000);
    expect(await engine.deadLetters.list()).toEqual([]);
    await turns.accept(post('2'));
    await all.clock.advance(0);
    expect(chosen).toEqual(['Hi', 'M']);
    expect(all.platform.texts).toEqual(['Size?', '1. S', '2. M', 'thanks']);
  });

  it('a menu that is delivered later is kept when it is back', async () => {
    const { all, weather, setup } = setUp();
    const chosen: unknown[] = [];
    const { turns, engine } = all.start(async (message, reply) => {
      chosen.push(message.text);
      if (message.text === 'Hi') await reply.buttons('Size?', [{ title: 'S' }, { title: 'M' }]);
    }, setup);
    all.platform.onRequest = failing(away);
    await turns.accept(post('Hi', one));
    await all.clock.advance(11_000);
    all.platform.onRequest = () => {};
    weather.calls = ['set'];
    await all.clock.advance(15_000);
    weather.calls = false;
    await all.clock.advance(5_000);
    expect(await engine.deadLetters.list()).toEqual([]);
    await turns.accept(post('2'));
    await all.clock.advance(0);
    expect(chosen).toEqual(['Hi', 'M']);
  });

  it('the history is waited for', async () => {
    const { all, weather, setup } = setUp();
    const seen: unknown[] = [];
    const { turns } = all.start(async (message, reply) => {
      weather.calls = message.text === '2' ? ['last'] : false;
      const entries = await reply.history(5);
      seen.push(entries.map(({ text }) => text));
    }, setup);
    await turns.accept(post('1'));
    await all.clock.advance(0);
    await turns.accept(post('2'));
    await all.clock.advance(5_000);
    weather.calls = false;
    await all.clock.advance(5_000);
    expect(seen).toEqual([[], ['1']]);
  });

  it('what was said is kept once, also where only the answer was lost', async () => {
    const { all, weather, setup } = setUp();
    const { turns, errors } = all.start(async (_message, reply) => {
      await reply.text('there');
      reply.state['a'] = 1;
      weather.losesAnswers = true;
      weather.calls = ['commit'];
    }, setup);
    await turns.accept(post('Hi', one));
    await all.clock.advance(1_000);
    weather.calls = false;
    await all.clock.advance(1_000);
    expect(await historyOf(all)).toEqual(['Hi', 'there']);
    expect(errors.map(({ context }) => context.stage)).not.toContain('state');
  });

  // The history and the state of a turn that holds no lock were asked for together: what failed in the
  // second was done again with the first, and a state that was written counted as somebody else's.
  it.each([
    ['compareAndSet', false],
    ['compareAndSet', true],
    ['append', true],
  ])(
    'what was said beside other turns is kept once: %s, answer lost: %s',
    async (call, losesAnswers) => {
      const { all, weather, setup } = setUp();
      const { turns, errors } = all.start(
        async (_message, reply) => {
          await reply.text('there');
          reply.state['a'] = 1;
          weather.losesAnswers = losesAnswers;
          weather.calls = [call];
        },
        { ...setup, overlap: 'parallel' },
      );
      await turns.accept(post('Hi', one));
      await all.clock.advance(1_000);
      weather.calls = false;
      await all.clock.advance(1_000);
      expect(await historyOf(all)).toEqual(['Hi', 'there']);
      const state = await all.shared.memory.values.get('state', 'test::ada');
      expect(state?.value).toEqual({ a: 1 });
      expect(errors.map(({ context }) => context.stage)).not.toContain('state');
    },
  );

  it('a turn can be cancelled, and stays so', async () => {
    const { all, weather, setup } = setUp();
    const { turns, turnReports } = all.start(async (_message, reply) => {
      weather.calls = true;
      await reply.text('1');
    }, setup);
    await turns.accept(post('Hi', one));
    await all.clock.advance(5_000);
    expect(await turns.cancel({ senderId: 'ada' })).toBe(true);
    await all.clock.advance(5_000);
    weather.calls = false;
    await all.clock.advance(5_000);
    expect(turnReports).toMatchObject([{ outcome: 'aborted' }]);
    expect(all.platform.texts).toEqual([]);
  });

  it('a turn that is superseded twice is superseded, and holds nothing up', async () => {
    // The second time ended the storing of the first end: nobody heard what became of the turn.
    const { all, weather, setup } = setUp();
    const { turns, turnReports, errors } = all.start(
      async (message, reply) => {
        if (message.text === '1') await new Promise<void>(() => {});
        await reply.text(message.text ?? '');
      },
      { ...setup, overlap: 'latest', limits: { abortGraceMs: 0 } },
    );
    await turns.accept(post('1', { messageId: '1' }));
    await all.clock.advance(0);
    // Its end is stored, and the answer is lost.
    weather.losesAnswers = true;
    weather.calls = ['commit'];
    for (const text of ['2', '3']) {
      await turns.accept(post(text, { messageId: text }));
      await all.clock.advance(10);
    }
    weather.calls = false;
    await all.clock.advance(5_000);
    expect(turnReports.map(({ messageId, outcome }) => [messageId, outcome])).toEqual([
      ['1', 'superseded'],
      ['2', 'superseded'],
      ['3', 'answered'],
    ]);
    expect(new Set(errors.map(({ error }) => error.message))).toEqual(new Set([outage().message]));
    expect(all.platform.texts).toEqual(['3']);
  });

  it('a dead letter is not lost', async () => {
    const { all, weather, setup } = setUp();
    const { turns, engine } = all.start(() => {
      weather.calls = true;
      throw new Error('oops');
    }, setup);
    await turns.accept(post('Hi', one));
    await all.clock.advance(60_000);
    weather.calls = false;
    await all.clock.advance(2_000);
    expect(await engine.deadLetters.list()).toMatchObject([{ reason: 'oops' }]);
  });

  it('what was to be stored beside a run that has failed ends with the process', async () => {
    const all = new Processes();
    let isAway = false;
    const before = (call: string): void => {
      if (isAway && call === 'commit') throw new StoreError('away', { code: 'away' });
    };
    const assistant = async (_message: unknown, reply: Reply): Promise<void> => {
      await reply.text('a');
      isAway = true;
      await settle();
      await settle();
      throw new RetryableError('later');
    };
    const first = all.start(assistant, { weather: { before } });
    await first.turns.accept(post('Hi'));
    await all.clock.advance(300);
    const closed = first.engine.close(1_000);
    await all.clock.advance(5_000);
    await closed;
    const { length } = first.errors;
    await all.clock.advance(20_000);
    expect(first.errors).toHaveLength(length);
  });

  it('shutdown does not wait for it', async () => {
    const { all, weather, setup } = setUp();
    const { turns, engine }: EngineProcess = all.start(async (_message, reply) => {
      weather.calls = true;
      await reply.text('1');
    }, setup);
    await turns.accept(post('Hi', one));
    await all.clock.advance(5_000);
    let isClosed = false;
    void engine.close(1_000).then(() => (isClosed = true));
    await all.clock.advance(1_500);
    expect(isClosed).toBe(true);
  });
});

describe('a store that waiting does not help', () => {
  it.each([
    ['was taken over', new StoreError('the file is another server’s', { code: 'lost_file' })],
    ['is damaged', new ConfigurationError('the file is damaged')],
  ])('and %s stops a turn where it is, which goes on at the next start', async (_what, error) => {
    const all = new Processes();
    let isWhole = true;
    const before = (call: string): void => {
      if (!isWhole && call === 'commit') throw error;
    };
    const attempts: number[] = [];
    const say = async ({ attempt }: { attempt: number }, reply: Reply): Promise<void> => {
      attempts.push(attempt);
      await reply.text('1');
      if (attempt === 1) isWhole = false;
      await reply.text('2');
    };
    const stopped = all.start(say, { weather: { before }, canBeAsked: true });
    await stopped.turns.accept(post('Hi', one));
    await all.clock.advance(60_000);
    expect(all.platform.texts).toEqual(['1']);
    expect(stopped.turnReports).toEqual([]);
    // It waits for nothing: closing it finds nothing under way.
    expect(await outcomeOf(stopped.engine.close(1_000))).toBe('done');
    stopped.kill();
    all.start(say, { canBeAsked: true });
    await all.clock.advance(1_000);
    expect(attempts).toEqual([1, 2]);
    expect(all.platform.texts).toEqual(['1', '2']);
  });
});
