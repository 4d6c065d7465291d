import { MemoryStore, type HistoryEntry, type HistoryOptions, type Reply } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { History } from '../../src/turns/history.ts';
import { say, setUpEngine } from '../support/engine.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { StreamingOutput, TextOutput } from '../support/outputs.ts';

function setUp(options?: HistoryOptions): {
  clock: FakeClock;
  say: (...texts: string[]) => Promise<void>;
  last: (count: number) => Promise<string[]>;
} {
  const clock = new FakeClock();
  const { lists } = new MemoryStore({ clock });
  const history = new History(lists, clock, options);
  return {
    clock,
    async say(...texts) {
      const entries = texts.map((text) => ({ role: 'user' as const, text, at: clock.now() }));
      const append = history.additions(entries);
      if (append) await lists.append(append.namespace, 'a', append.items, append);
    },
    last: async (count) => (await history.last('a', count)).map(({ text }) => text),
  };
}

describe('History', () => {
  it('gives the last entries, the oldest first', async () => {
    const { say: add, last } = setUp();
    await add('1', '2', '3');
    expect(await last(2)).toEqual(['2', '3']);
    expect(await last(9)).toEqual(['1', '2', '3']);
    expect(await last(0)).toEqual([]);
    expect(await last(-1)).toEqual([]);
  });

  it('keeps the newest within maxEntries', async () => {
    const { say: add, last } = setUp({ maxEntries: 2 });
    await add('1', '2', '3');
    expect(await last(9)).toEqual(['2', '3']);
    const none = setUp({ maxEntries: 0 });
    await none.say('1');
    expect(await none.last(9)).toEqual([]);
  });

  it('forgets what is older than maxAgeMs', async () => {
    const { say: add, last, clock } = setUp({ maxAgeMs: 100 });
    await add('1');
    await clock.advance(50);
    await add('2');
    await clock.advance(50);
    expect(await last(9)).toEqual(['2']);
    await clock.advance(50);
    expect(await last(9)).toEqual([]);
  });
});

describe('reply.history', () => {
  async function historyAfter(
    speak: (reply: Reply) => unknown,
    output: TextOutput | StreamingOutput = new TextOutput(),
  ): Promise<[string, string][]> {
    let history: HistoryEntry[] = [];
    const { turns } = setUpEngine(async (message, reply) => {
      if (message.text === 'look') history = await reply.history(50);
      else await speak(reply);
    });
    await turns.run(say('Hi', { outputChannel: output })).catch(() => {});
    await turns.run(say('look'));
    return history.map(({ role, text }) => [role, text]);
  }

  it('tells what both sides said before this turn', async () => {
    const history = await historyAfter(async (reply) => {
      expect(await reply.history(50)).toEqual([]);
      await reply.text('Hello');
      await reply.buttons('Size?', [{ title: 'S', payload: '/s' }]);
    });
    expect(history).toEqual([
      ['user', 'Hi'],
      ['assistant', 'Hello'],
      ['assistant', 'Size?\n1: S (/s)'],
    ]);
  });

  it('knows what was streamed, and not what was never said', async () => {
    async function* chunks(): AsyncGenerator<string> {
      yield 'He';
      yield 'y';
    }
    const speak = async (reply: Reply): Promise<unknown> => reply.stream(chunks());
    const expected = [
      ['user', 'Hi'],
      ['assistant', 'Hey'],
    ];
    expect(await historyAfter(speak, new StreamingOutput())).toEqual(expected);
    expect(await historyAfter(speak)).toEqual(expected);
    const refusing = new StreamingOutput();
    refusing.failing = { call: 'text', error: new Error('refused') };
    expect(await historyAfter((reply) => reply.text('never'), refusing)).toEqual([['user', 'Hi']]);
  });

  it('tells what was said on this channel where the response says something else there', async () => {
    const history = await historyAfter((reply) =>
      reply.response({ text: 'elsewhere', channels: { text: { text: 'here' } } }),
    );
    expect(history).toEqual([
      ['user', 'Hi'],
      ['assistant', 'here'],
    ]);
  });

  it('keeps what was said in a turn that failed', async () => {
    const history = await historyAfter(async (reply) => {
      await reply.text('Hello');
      throw new Error('oops');
    });
    expect(history).toEqual([
      ['user', 'Hi'],
      ['assistant', 'Hello'],
    ]);
  });
});
