import type { HistoryEntry, Reply } from '@trunkline/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { History } from '../../src/turns/history.ts';
import { say, setUpEngine } from '../support/engine.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { StreamingOutput, TextOutput } from '../support/outputs.ts';

const clock = new FakeClock();
const entry = (text: string, at = clock.now()): HistoryEntry => ({ role: 'user', text, at });
const textsOf = (entries: HistoryEntry[]): string[] => entries.map(({ text }) => text);

describe('History', () => {
  it('gives the last entries, the oldest first', () => {
    const history = new History(clock);
    history.add('a', [entry('1'), entry('2'), entry('3')]);
    expect(textsOf(history.last('a', 2))).toEqual(['2', '3']);
    expect(textsOf(history.last('a', 9))).toEqual(['1', '2', '3']);
    expect(history.last('a', 0)).toEqual([]);
    expect(history.last('a', -1)).toEqual([]);
    expect(history.last('b', 5)).toEqual([]);
  });

  it('gives copies', () => {
    const history = new History(clock);
    history.add('a', [entry('1')]);
    for (const copy of history.last('a', 1)) copy.text = 'changed';
    expect(textsOf(history.last('a', 1))).toEqual(['1']);
  });

  it('keeps the newest within maxEntries', () => {
    const history = new History(clock, { maxEntries: 2 });
    history.add('a', [entry('1'), entry('2'), entry('3')]);
    expect(textsOf(history.last('a', 9))).toEqual(['2', '3']);
    const none = new History(clock, { maxEntries: 0 });
    none.add('a', [entry('1')]);
    expect(none.last('a', 9)).toEqual([]);
  });

  it('forgets what is older than maxAgeMs', async () => {
    const time = new FakeClock();
    const history = new History(time, { maxAgeMs: 100 });
    history.add('a', [entry('1', time.now())]);
    await time.advance(50);
    history.add('a', [entry('2', time.now())]);
    await time.advance(50);
    expect(textsOf(history.last('a', 9))).toEqual(['2']);
    await time.advance(50);
    expect(history.last('a', 9)).toEqual([]);
  });

  it('forgets the conversation that was silent longest first', () => {
    const history = new History(clock, { maxCharacters: 600 });
    history.add('a', [entry('a'.repeat(10))]);
    history.add('b', [entry('b'.repeat(10))]);
    history.add('a', [entry('again')]);
    history.add('c', [entry('c'.repeat(10))]);
    expect(history.last('b', 9)).toEqual([]);
    expect(history.last('a', 9)).toHaveLength(2);
    expect(history.last('c', 9)).toHaveLength(1);
  });

  it('stays within maxCharacters, whatever is said', () => {
    const said = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.string({ maxLength: 300 }));
    fc.assert(
      fc.property(fc.array(said, { maxLength: 30 }), (all) => {
        const history = new History(clock, { maxCharacters: 1000, maxEntries: 5 });
        for (const [key, text] of all) history.add(key, [entry(text)]);
        const kept = ['a', 'b', 'c', 'd'].flatMap((key) => history.last(key, 99));
        const characters = kept.reduce((sum, { text }) => sum + text.length + 100, 0);
        expect(characters).toBeLessThanOrEqual(1000);
        const [key, text] = all.at(-1) ?? ['a', ''];
        if (all.length > 0) expect(history.last(key, 1)).toMatchObject([{ text }]);
      }),
    );
  });
});

describe('reply.history', () => {
  async function historyAfter(
    speak: (reply: Reply) => unknown,
    output: TextOutput | StreamingOutput = new TextOutput(),
  ): Promise<[string, string][]> {
    let history: HistoryEntry[] = [];
    const { turns } = setUpEngine(async (message, reply) => {
      if (message.text === 'look') history = reply.history(50);
      else await speak(reply);
    });
    await turns.run(say('Hi', { outputChannel: output })).catch(() => {});
    await turns.run(say('look'));
    return history.map(({ role, text }) => [role, text]);
  }

  it('tells what both sides said before this turn', async () => {
    const history = await historyAfter(async (reply) => {
      expect(reply.history(50)).toEqual([]);
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
