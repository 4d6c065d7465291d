import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post, say } from '../support/engine.ts';
import { Processes } from '../support/processes.ts';

expectNoUnhandledRejections();

const DAY_MS = 24 * 60 * 60 * 1000;

describe('where a user was last seen', () => {
  it('is the last channel, account and address of a deferred message', async () => {
    const all = new Processes();
    const { engine } = all.start(() => {});
    expect(await engine.lastSeen('ada')).toBeNull();
    await engine.for('sms').accept(post('1', { address: { from: '1' } }));
    await engine.for('slack').accept(post('2', { account: 'T1', address: { thread: '2' } }));
    await all.clock.advance(0);
    expect(await engine.lastSeen('ada')).toEqual({
      channel: 'slack',
      account: 'T1',
      address: { thread: '2' },
    });
    await engine.for('slack').accept(post('3', { account: 'T1', address: { thread: '3' } }));
    await all.clock.advance(0);
    expect(await engine.lastSeen('ada')).toMatchObject({ address: { thread: '3' } });
    expect(await engine.lastSeen('bob')).toBeNull();
  });

  it('is not told by live messages, nor by those without a sender', async () => {
    const all = new Processes();
    const { engine, turns } = all.start(() => {});
    await turns.run(say('1'));
    await turns.accept(post('2', { senderId: null }));
    await all.clock.advance(0);
    expect(await engine.lastSeen('ada')).toBeNull();
    expect(await engine.lastSeen('default')).toBeNull();
  });

  it('is written when it changes', async () => {
    const all = new Processes();
    const calls: string[] = [];
    const { turns } = all.start(() => {}, { weather: { before: (call) => void calls.push(call) } });
    for (let i = 0; i < 3; i++) {
      await turns.accept(post('Hi'));
      await all.clock.advance(0);
    }
    expect(calls.filter((call) => call === 'append')).toHaveLength(1);
  });

  it('is known for as long as there are messages', async () => {
    // It was written when it changed, and forgotten a year later, however often somebody came.
    const all = new Processes();
    const { turns, engine } = all.start(() => {});
    for (let i = 0; i < 10; i++) {
      await turns.accept(post('Hi'));
      await all.clock.advance(50 * DAY_MS);
      expect(await engine.lastSeen('ada')).toMatchObject({ channel: 'test' });
    }
  });

  it('is written once a message of somebody who comes from two places in turns', async () => {
    const all = new Processes();
    const calls: string[] = [];
    const { engine } = all.start(() => {}, {
      weather: { before: (call) => void calls.push(call) },
    });
    for (let i = 0; i < 6; i++) {
      if (i === 2) calls.length = 0;
      await engine.for(i % 2 === 0 ? 'sms' : 'slack').accept(post(`${i}`));
      await all.clock.advance(0);
    }
    expect(calls.filter((call) => call === 'append')).toHaveLength(4);
  });

  it('is forgotten with its account, which nobody has to tell apart any more', async () => {
    const all = new Processes();
    const { engine } = all.start(() => {});
    const hear = async (account: string): Promise<void> => {
      await engine.for('slack').accept(post(`from ${account}`, { account }));
      await all.clock.advance(50 * DAY_MS);
    };
    await hear('T1');
    await hear('T2');
    const place = (): Promise<unknown> => engine.proactive.placeOf('ada', { channel: 'slack' });
    await expect(place()).rejects.toMatchObject({ code: 'ambiguous' });
    // Of a sender with two accounts at a time, of which one is left.
    for (let i = 0; i < 5; i++) {
      await hear('T2');
      await hear('T3');
    }
    await expect(place()).rejects.toThrow('name one of T2, T3');
  });
});
