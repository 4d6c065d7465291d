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
    // The address there, its account, and that it was the last one.
    expect(calls.filter((call) => call === 'append')).toHaveLength(3);
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
});
