import { StoreError, type Overlap, type UserMessage } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { resolveOverlap } from '../../src/turns/overlap.ts';
import { post, say } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { Processes, type ProcessSetup } from '../support/processes.ts';

expectNoUnhandledRejections();

/** An assistant that takes 100 ms, and does not answer where it is ended. */
function setUp(overlap: Overlap, setup: ProcessSetup = {}) {
  const all = new Processes();
  const begun: string[] = [];
  const originals: string[][] = [];
  const ended: string[] = [];
  const assistant = async (message: UserMessage): Promise<void> => {
    begun.push(message.text ?? '');
    originals.push(message.originals.map(({ messageId }) => messageId));
    await all.clock.sleep(100);
    ended.push(message.text ?? '');
  };
  const options = { overlap, limits: { abortGraceMs: 0 }, ...setup };
  const process = all.start(assistant, options);
  const outcomes = (): Record<string, string> =>
    Object.fromEntries(process.turnReports.map((report) => [report.messageId, report.outcome]));
  return { ...process, all, begun, ended, originals, outcomes, assistant, options };
}

const named = (text: string): { messageId: string } => ({ messageId: text });
const deferredMessage = (text: string): UserMessage => post(text, named(text));
const liveMessage = (text: string): UserMessage => say(text, named(text));

describe('queue', () => {
  it('handles one after the other, deferred and live', async () => {
    const { turns, clock, begun, ended } = setUp('queue');
    const all = [
      turns.accept(deferredMessage('1')),
      turns.run(liveMessage('2')),
      turns.accept(deferredMessage('3')),
    ];
    await clock.advance(50);
    expect(begun).toEqual(['1']);
    await clock.advance(300);
    await Promise.all(all);
    expect(ended).toEqual(['1', '2', '3']);
  });

  it('refuses what is over maxQueued of its conversation, and nothing of another', async () => {
    const { turns, clock, ended } = setUp('queue', { limits: { maxQueued: 2 } });
    const results: string[] = [];
    for (const text of ['1', '2', '3', '4']) {
      results.push(await turns.accept(deferredMessage(text)));
    }
    expect(results).toEqual(['accepted', 'accepted', 'accepted', 'refused']);
    expect(await turns.accept(post('5', { senderId: 'bob' }))).toBe('accepted');
    expect(await turns.accept(deferredMessage('1'))).toBe('duplicate');
    await clock.advance(1_000);
    // What was refused is not known, and can come again.
    expect(await turns.accept(deferredMessage('4'))).toBe('accepted');
    await clock.advance(1_000);
    expect(ended.toSorted()).toEqual(['1', '2', '3', '4', '5']);
  });

  it('runs as many at a time as maxRunning', async () => {
    const { turns, clock, begun } = setUp('queue', { limits: { maxRunning: 2 } });
    for (const who of ['a', 'b', 'c']) await turns.accept(post(who, { senderId: who }));
    await clock.advance(50);
    expect(begun).toEqual(['a', 'b']);
    await clock.advance(60);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('starts a waiting turn the moment the one before it ends', async () => {
    const { turns, clock, begun } = setUp('queue');
    await turns.accept(deferredMessage('1'));
    await turns.accept(deferredMessage('2'));
    await clock.advance(100);
    expect(begun).toEqual(['1', '2']);
  });
});

describe('latest', () => {
  it('accounts for every deferred message: handled, or superseded', async () => {
    const { turns, clock, outcomes } = setUp('latest');
    for (const text of ['1', '2', '3', '4']) {
      await turns.accept(deferredMessage(text));
      if (text === '1') await clock.advance(50);
    }
    await clock.advance(1_000);
    expect(outcomes()).toEqual({
      1: 'superseded',
      2: 'superseded',
      3: 'superseded',
      4: 'answered',
    });
  });

  it('tells of one that is superseded before it began that it was never run', async () => {
    const all = new Processes();
    const { turns, turnReports } = all.start(() => {}, { overlap: 'latest' });
    const ids = ['1', '2'];
    await Promise.all(ids.map((messageId) => turns.accept(post(messageId, { messageId }))));
    await all.clock.advance(100);
    expect(turnReports).toMatchObject([
      { messageId: '1', outcome: 'superseded', attempt: 0 },
      { messageId: '2', outcome: 'answered', attempt: 1 },
    ]);
  });

  it('takes the place of one that is about to begin', async () => {
    // The turn had read its queue, and was not yet known as running, when the newer one came in.
    for (const afterMs of [0, 1, 5, 6, 10, 11, 15]) {
      const { turns, clock, outcomes } = setUp('latest', {
        weather: { after: (call) => call === 'waiting' && clock.sleep(5) },
      });
      await turns.accept(deferredMessage('1'));
      await clock.advance(afterMs);
      await turns.accept(deferredMessage('2'));
      await clock.advance(1_000);
      expect(outcomes()).toEqual({ 1: 'superseded', 2: 'answered' });
    }
  });

  it('is queued where it cannot be known what else waits', async () => {
    const { turns, clock, outcomes, store } = setUp('latest');
    await turns.accept(deferredMessage('1'));
    await clock.advance(50);
    const { waiting } = store.turns;
    store.turns.waiting = async () => {
      throw new Error('oops');
    };
    await turns.accept(deferredMessage('2'));
    await settle();
    store.turns.waiting = waiting;
    await clock.advance(1_000);
    expect(outcomes()).toEqual({ 1: 'answered', 2: 'answered' });
  });

  it('tells a live message that it was superseded, whether it runs or waits', async () => {
    const { turns, clock, outcomes } = setUp('latest');
    const results = ['1', '2', '3'].map((text) => turns.run(liveMessage(text)));
    const failed = results
      .slice(0, 2)
      .map((result) => expect(result).rejects.toMatchObject({ reason: 'superseded' }));
    await clock.advance(1_000);
    await Promise.all([...failed, results[2]]);
    expect(outcomes()).toMatchObject({ 3: 'answered' });
  });

  it('ends what runs in another process, deferred and live', async () => {
    const { turns, clock, outcomes, all, assistant, options } = setUp('latest');
    const other = all.start(assistant, options);
    await turns.accept(deferredMessage('1'));
    await clock.advance(10);
    const live = other.turns.run(liveMessage('2'));
    const failed = expect(live).rejects.toMatchObject({ reason: 'superseded' });
    await clock.advance(10);
    expect(outcomes()).toEqual({ 1: 'superseded' });
    await turns.accept(deferredMessage('3'));
    await failed;
    await clock.advance(1_000);
    expect(outcomes()).toEqual({ 1: 'superseded', 3: 'answered' });
  });

  it('does not end a live message that came after it', async () => {
    // The news of the older one arrives late, in its own process too.
    const { turns, clock, ended } = setUp('latest', {
      weather: { before: (call) => call === 'news' && clock.sleep(10) },
      limits: { abortGraceMs: 5_000 },
    });
    await turns.accept(deferredMessage('1'));
    await clock.advance(5);
    const live = turns.run(liveMessage('2'));
    await clock.advance(1_000);
    await live;
    expect(ended).toContain('2');
  });

  it('ends what runs also where the store’s answer was lost, and the message comes again', async () => {
    // It was a duplicate then, which ended nothing: the older turn ran to its end, and was answered.
    let isLost = false;
    const after = (call: string): void => {
      if (call === 'add' && isLost) throw new StoreError('the answer was lost');
    };
    const { turns, clock, outcomes, ended } = setUp('latest', { weather: { after } });
    await turns.accept(deferredMessage('1'));
    await clock.advance(10);
    isLost = true;
    await expect(turns.accept(deferredMessage('2'))).rejects.toThrow('the answer was lost');
    isLost = false;
    expect(await turns.accept(deferredMessage('2'))).toBe('duplicate');
    await clock.advance(50);
    expect(outcomes()).toEqual({ 1: 'superseded' });
    await clock.advance(1_000);
    expect(outcomes()).toEqual({ 1: 'superseded', 2: 'answered' });
    expect(ended).toContain('2');
    // Once more, when it is over: nothing is ended by that.
    await turns.accept(deferredMessage('3'));
    expect(await turns.accept(deferredMessage('2'))).toBe('duplicate');
    await clock.advance(1_000);
    expect(outcomes()).toMatchObject({ 3: 'answered' });
  });

  it('lets what comes after a replay take its place', async () => {
    let fails = true;
    const all = new Processes();
    const { turns, engine, turnReports } = all.start(
      async () => {
        if (fails) throw new Error('oops');
        await all.clock.sleep(100);
      },
      { overlap: 'latest' },
    );
    await turns.accept(deferredMessage('old'));
    await all.clock.advance(0);
    fails = false;
    const [letter] = await engine.deadLetters.list();
    await engine.replay(letter?.id ?? '');
    await all.clock.advance(1);
    await turns.accept(deferredMessage('new'));
    await all.clock.advance(1_000);
    expect(turnReports.map(({ messageId, outcome }) => [messageId, outcome])).toEqual([
      ['old', 'dead'],
      ['old', 'superseded'],
      ['new', 'answered'],
    ]);
  });

  it('does not let a replay take the place of what is newer', async () => {
    const all = new Processes();
    let fails = true;
    const handled: unknown[] = [];
    const { turns, engine, turnReports } = all.start(
      async (message) => {
        if (fails) throw new Error('oops');
        await all.clock.sleep(100);
        handled.push(message.text);
      },
      { overlap: 'latest' },
    );
    await turns.accept(deferredMessage('old'));
    await all.clock.advance(0);
    fails = false;
    const [letter] = await engine.deadLetters.list();
    const live = turns.run(liveMessage('live'));
    const failed = expect(live).rejects.toMatchObject({ reason: 'superseded' });
    await all.clock.advance(1);
    await turns.accept(deferredMessage('new'));
    await engine.replay(letter?.id ?? '');
    await all.clock.advance(1_000);
    await failed;
    expect(turnReports.map(({ messageId, outcome }) => [messageId, outcome])).toEqual([
      ['old', 'dead'],
      ['live', 'superseded'],
      ['new', 'answered'],
      ['old', 'answered'],
    ]);
    expect(handled).toEqual(['live', 'new', 'old']);
  });
});

describe('debounce', () => {
  it('joins deferred messages that follow one another quickly', async () => {
    const { turns, clock, begun, originals, outcomes } = setUp('debounce');
    for (const text of ['1', '2', '3']) {
      await turns.accept(deferredMessage(text));
      await clock.advance(900);
    }
    expect(begun).toEqual([]);
    await clock.advance(1_000);
    expect(begun).toEqual(['1\n2\n3']);
    expect(originals).toEqual([['1', '2', '3']]);
    expect(outcomes()).toEqual({ 1: 'joined', 2: 'joined', 3: 'answered' });
    for (const text of ['1', '2', '3']) {
      expect(await turns.accept(deferredMessage(text))).toBe('duplicate');
    }
  });

  it('never joins a choice', async () => {
    const { turns, clock, begun } = setUp('debounce');
    const choice = { title: 'Yes', payload: '/yes' };
    await turns.accept(deferredMessage('1'));
    await turns.accept(deferredMessage('2'));
    await turns.accept(post('/yes', { choice }));
    await turns.accept(deferredMessage('3'));
    await clock.advance(5_000);
    expect(begun).toEqual(['1\n2', '/yes', '3']);
  });

  it('joins attachments, and texts that are none', async () => {
    const { turns, clock, begun } = setUp('debounce');
    await turns.accept(post('a', { attachments: [{ type: 'file', url: 'x' }] }));
    await turns.accept(
      post('', { text: null, attachments: [{ type: 'image', url: 'y' }], messageId: 'y' }),
    );
    await clock.advance(5_000);
    expect(begun).toEqual(['a']);
  });

  it('waits for nobody longer than ten windows', async () => {
    const { turns, clock, begun } = setUp('debounce');
    for (let i = 0; i < 15; i++) {
      await turns.accept(deferredMessage(String(i)));
      await clock.advance(800);
    }
    expect(begun).toHaveLength(1);
    await clock.advance(5_000);
    expect(begun.join('\n').split('\n')).toHaveLength(15);
  });

  it('waits one window also where the clock is set back', async () => {
    // The conversation stood still until the clock had caught up.
    const { turns, clock, begun } = setUp('debounce');
    await turns.accept(deferredMessage('1'));
    const now = clock.now.bind(clock);
    clock.now = () => now() - 60 * 60 * 1000;
    await clock.advance(800);
    await turns.accept(deferredMessage('2'));
    await clock.advance(2_000);
    expect(begun).toEqual(['1\n2']);
  });

  it('waits one window for a message whose time is still to come by this clock', async () => {
    // Another machine, which is an hour ahead, had accepted it.
    const { turns, clock, begun } = setUp('debounce');
    const now = clock.now.bind(clock);
    clock.now = () => now() + 60 * 60 * 1000;
    await turns.accept(deferredMessage('1'));
    clock.now = now;
    await clock.advance(2_000);
    expect(begun).toEqual(['1']);
  });

  it('occupies no slot while it waits', async () => {
    const { turns, clock, begun } = setUp('debounce', {
      overlap: { channels: { test: 'debounce' } },
      limits: { maxRunning: 1 },
    });
    await turns.accept(deferredMessage('1'));
    const live = turns.run(say('live', { senderId: 'bob' }));
    await clock.advance(1_200);
    await live;
    expect(begun.toSorted()).toEqual(['1', 'live']);
  });

  it('is run again alone where it was, also where what follows seems to be of its moment', async () => {
    const { clock, all, options } = setUp('debounce');
    const first = all.start(() => new Promise(() => {}), options);
    await first.turns.accept(deferredMessage('1'));
    await clock.advance(1_100);
    first.kill();
    const begun: unknown[] = [];
    const next = all.start(({ text, attempt }) => void begun.push([text, attempt]), options);
    // A machine whose clock is behind.
    const now = clock.now.bind(clock);
    clock.now = () => now() - 1_000;
    await next.turns.accept(deferredMessage('2'));
    clock.now = now;
    await clock.advance(5_000);
    expect(begun).toEqual([
      ['1', 2],
      ['2', 1],
    ]);
  });

  it('has not begun where its process dies while it waits, and joins what comes then', async () => {
    const { turns, clock, all, kill, options } = setUp('debounce');
    await turns.accept(deferredMessage('1'));
    await clock.advance(500);
    kill();
    const begun: unknown[] = [];
    const next = all.start(({ text, attempt }) => void begun.push([text, attempt]), options);
    await next.turns.accept(deferredMessage('2'));
    await clock.advance(2_000);
    expect(begun).toEqual([['1\n2', 1]]);
  });

  it('runs the same messages again after a crash, and joins no others to them', async () => {
    const { turns, clock, all, begun, kill, options } = setUp('debounce');
    for (const text of ['1', '2']) await turns.accept(deferredMessage(text));
    await clock.advance(1_050);
    expect(begun).toEqual(['1\n2']);
    await turns.accept(deferredMessage('3'));
    kill();
    const again: unknown[] = [];
    all.start((message) => void again.push([message.text, message.attempt]), options);
    await clock.advance(5_000);
    expect(again).toEqual([
      ['1\n2', 2],
      ['3', 1],
    ]);
  });

  // A restart with another mode ran the first message alone, and removed the others with it.
  it.each<Overlap>(['queue', 'latest', 'parallel'])(
    'runs the same messages again where the mode is %s after a crash',
    async (overlap) => {
      const { turns, clock, all, begun, kill, options } = setUp('debounce');
      for (const text of ['1', '2']) await turns.accept(deferredMessage(text));
      await clock.advance(1_050);
      expect(begun).toEqual(['1\n2']);
      kill();
      const again: unknown[] = [];
      const next = all.start((message) => void again.push([message.text, message.attempt]), {
        ...options,
        overlap,
      });
      await clock.advance(5_000);
      expect(again).toEqual([['1\n2', 2]]);
      expect(next.turnReports.map(({ messageId, outcome }) => [messageId, outcome])).toEqual([
        ['1', 'joined'],
        ['2', 'answered'],
      ]);
    },
  );

  it('is superseded as a whole where the mode is latest after a crash', async () => {
    const { turns, clock, all, kill, options, assistant } = setUp('debounce');
    for (const text of ['1', '2']) await turns.accept(deferredMessage(text));
    await clock.advance(1_050);
    await turns.accept(deferredMessage('3'));
    kill();
    const next = all.start(assistant, { ...options, overlap: 'latest' });
    await clock.advance(5_000);
    expect(next.turnReports.map(({ messageId, outcome }) => [messageId, outcome])).toEqual([
      ['1', 'joined'],
      ['2', 'superseded'],
      ['3', 'answered'],
    ]);
  });

  it('settles all live messages like the last, which gets the answer', async () => {
    const { turns, clock, originals, outcomes } = setUp('debounce');
    const results = ['1', '2'].map((text) => turns.run(liveMessage(text)));
    await clock.advance(2_000);
    await Promise.all(results);
    expect(originals).toEqual([['1', '2']]);
    expect(outcomes()).toEqual({ 1: 'joined', 2: 'answered' });
  });
});

describe('parallel', () => {
  it('handles all at the same time, and each once', async () => {
    const { turns, clock, begun, ended } = setUp('parallel');
    const live = turns.run(liveMessage('live'));
    for (const text of ['1', '2', '2']) await turns.accept(deferredMessage(text));
    await clock.advance(0);
    expect(begun.toSorted()).toEqual(['1', '2', 'live']);
    await clock.advance(1_000);
    await live;
    expect(ended.toSorted()).toEqual(['1', '2', 'live']);
    expect(await turns.accept(deferredMessage('1'))).toBe('duplicate');
  });

  it('writes the state of whoever comes first, and reports what is lost', async () => {
    const all = new Processes();
    const { turns, errors } = all.start(
      async (message, reply) => {
        await all.clock.sleep(message.text === '1' ? 10 : 20);
        reply.state['by'] = message.text;
      },
      { overlap: 'parallel' },
    );
    for (const text of ['1', '2']) await turns.accept(deferredMessage(text));
    await all.clock.advance(100);
    expect((await all.shared.memory.values.get('state', 'test::ada'))?.value).toEqual({ by: '1' });
    expect(errors).toMatchObject([{ context: { stage: 'state' } }]);
    const history = await all.shared.memory.lists.last('history', 'test::ada', 9);
    expect(history).toHaveLength(2);
  });

  it('can be cancelled, all of it', async () => {
    const { turns, clock, outcomes } = setUp('parallel');
    for (const text of ['1', '2']) await turns.accept(deferredMessage(text));
    await clock.advance(10);
    expect(await turns.cancel({ senderId: 'ada' })).toBe(true);
    await clock.advance(1_000);
    expect(outcomes()).toEqual({ 1: 'aborted', 2: 'aborted' });
  });

  it('is handled after a crash', async () => {
    const { turns, clock, all, kill, options } = setUp('parallel');
    for (const text of ['1', '2']) await turns.accept(deferredMessage(text));
    kill();
    const again: string[] = [];
    all.start((message) => void again.push(message.text ?? ''), options);
    await clock.advance(100);
    expect(again.toSorted()).toEqual(['1', '2']);
  });
});

describe('an anonymous deferred message', () => {
  it('leaves nothing behind but its mark', async () => {
    const all = new Processes();
    const keys: string[] = [];
    const { turns } = all.start(
      {
        handle: (_message, reply) => {
          reply.state['a'] = 1;
        },
        onEvent: () => {},
      },
      {
        weather: { before: (call) => void keys.push(call) },
      },
    );
    await turns.accept(post('Hi', { senderId: null, messageId: 'm' }));
    await all.clock.advance(0);
    for (const namespace of ['state', 'session']) {
      for await (const { key } of all.shared.memory.values.entries(namespace)) {
        expect(`${namespace} ${key}`).toBe('nothing');
      }
    }
    expect(await all.shared.memory.lists.last('history', 'test:%:m', 1)).toEqual([]);
  });
});

describe('resolveOverlap', () => {
  it('takes one mode for all, or one a channel', () => {
    const { modeOf, debounceMs } = resolveOverlap({ mode: 'latest', channels: { sms: 'queue' } });
    expect([modeOf('sms'), modeOf('slack'), debounceMs]).toEqual(['queue', 'latest', 1_000]);
    expect(resolveOverlap('parallel').modeOf('sms')).toBe('parallel');
    expect(resolveOverlap().modeOf('toString')).toBe('queue');
  });

  it('refuses what is no mode', () => {
    expect(() => resolveOverlap('drop' as never)).toThrow('overlap is one of queue, latest');
    expect(() => resolveOverlap({ channels: { sms: 'drop' as never } })).toThrow('not drop');
    expect(() => resolveOverlap({ debounceMs: 0 })).toThrow('overlap.debounceMs');
  });
});
