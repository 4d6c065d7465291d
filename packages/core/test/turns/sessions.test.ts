import { type AssistantObject, type ChannelEvent } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { Processes } from '../support/processes.ts';

expectNoUnhandledRejections();

const MINUTE_MS = 60_000;

function setUp() {
  const all = new Processes();
  const events: ChannelEvent[] = [];
  const calls: string[] = [];
  const assistant = {
    onEvent: (event: ChannelEvent): void => {
      events.push(event);
      calls.push(event.type);
    },
    handle: (message: { text: string | null }): void => void calls.push(message.text ?? ''),
  };
  return { all, events, calls, assistant, ...all.start(assistant) };
}

describe('a session', () => {
  it('starts with the first message, whose metadata it is told, ahead of it', async () => {
    const { turns, clock, events, calls } = setUp();
    await turns.accept(post('1', { metadata: { lang: 'de' }, account: 'T1' }));
    await turns.accept(post('2', { account: 'T1' }));
    await clock.advance(0);
    expect(calls).toEqual(['session_started', '1', '2']);
    expect(events).toEqual([
      {
        type: 'session_started',
        senderId: 'ada',
        account: 'T1',
        address: { to: 'ada' },
        data: { metadata: { lang: 'de' } },
      },
    ]);
  });

  // The next message found it begun, and the assistant never heard of it.
  it.each(['live', 'deferred'])(
    'whose start a newer message has ended starts with that one (%s)',
    async (kind) => {
      const all = new Processes();
      const calls: string[] = [];
      const assistant: AssistantObject = {
        onEvent: async ({ type, data }, reply) => {
          await all.clock.sleep(100);
          await reply?.text('Welcome');
          calls.push(`${type} ${JSON.stringify(data)}`);
        },
        handle: (message) => void calls.push(message.text ?? ''),
      };
      const { turns } = all.start(assistant, { overlap: 'latest' });
      const hand = async (text: string, ms: number): Promise<void> => {
        const options = { metadata: { text }, messageId: text };
        const handed =
          kind === 'live' ? turns.run(say(text, options)) : turns.accept(post(text, options));
        // The first one is told that it was superseded.
        await Promise.all([handed, all.clock.advance(ms)].map((one) => one.catch(() => {})));
        await all.clock.advance(ms);
      };
      const first = hand('1', 20);
      await all.clock.advance(50);
      await hand('2', 500);
      await first;
      await hand('3', 500);
      expect(calls).toEqual(['session_started {"metadata":{"text":"2"}}', '2', '3']);
    },
  );

  it('starts again after a silence, to a tenth of it', async () => {
    const { turns, clock, calls } = setUp();
    await turns.accept(post('1'));
    for (let i = 0; i < 10; i++) {
      await clock.advance(10 * MINUTE_MS);
      await turns.accept(post('more'));
    }
    await clock.advance(53 * MINUTE_MS);
    await turns.accept(post('still'));
    await clock.advance(0);
    expect(calls.filter((call) => call === 'session_started')).toHaveLength(1);
    await clock.advance(61 * MINUTE_MS);
    await turns.accept(post('again'));
    await clock.advance(0);
    expect(calls.slice(-2)).toEqual(['session_started', 'again']);
  });

  it('starts again after a silence also where the clock was set back', async () => {
    // Until the clock had caught up, nothing that was said was seen: the silence was twice as long.
    const { turns, clock, calls } = setUp();
    await turns.accept(post('1'));
    await clock.advance(0);
    const now = clock.now.bind(clock);
    clock.now = () => now() - 60 * MINUTE_MS;
    await turns.accept(post('2'));
    await clock.advance(61 * MINUTE_MS);
    await turns.accept(post('3'));
    await clock.advance(0);
    expect(calls).toEqual(['session_started', '1', '2', 'session_started', '3']);
  });

  it('starts in every run of its message, so that its steps are the same', async () => {
    const all = new Processes();
    const texts = (kill: () => void) => ({
      onEvent: async (_event: unknown, reply: { text(text: string): Promise<unknown> } | null) =>
        void (await reply?.text('welcome')),
      handle: async (_message: unknown, reply: { text(text: string): Promise<unknown> }) => {
        await reply.text('hello');
        await settle();
        kill();
        await reply.text('bye');
      },
    });
    const dying = all.start(texts(() => dying.kill()));
    await dying.turns.accept(post('Hi'));
    await all.clock.advance(0);
    all.start(texts(() => {}));
    await all.clock.advance(100);
    expect(all.platform.texts).toEqual(['welcome', 'hello', 'bye']);
  });

  it('starts after a crash between its note and the run', async () => {
    for (const call of ['set', 'commit']) {
      const { all, turns, assistant, store, calls } = setUp();
      const kill = store.kill.bind(store);
      const { values } = store;
      if (call === 'set') {
        const set = values.set.bind(values);
        values.set = async (...args) => {
          const version = await set(...args);
          kill();
          return version;
        };
      } else {
        const commit = store.turns.commit.bind(store.turns);
        store.turns.commit = async (...args) => {
          await commit(...args);
          kill();
          return await new Promise<never>(() => {});
        };
      }
      await turns.accept(post('Hi'));
      await all.clock.advance(0);
      all.start(assistant);
      await all.clock.advance(100);
      expect(calls.slice(-2)).toEqual(['session_started', 'Hi']);
    }
  });

  it('that fails to start keeps no message from its answer', async () => {
    const all = new Processes();
    const { turns, errors } = all.start({
      onEvent: () => {
        throw new Error('oops');
      },
      handle: async (_message, reply) => void (await reply.text('there')),
    });
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['there']);
    expect(errors).toMatchObject([{ context: { stage: 'event' } }]);
  });

  it('starts with a live message as well, and with none that is anonymous', async () => {
    const calls: string[] = [];
    const { turns } = setUpEngine({
      onEvent: (event) => void calls.push(event.type),
      handle: (message) => void calls.push(message.text ?? ''),
    });
    await turns.run(say('1'));
    await turns.run(say('2'));
    await turns.run(say('3', { senderId: null }));
    expect(calls).toEqual(['session_started', '1', '2', '3']);
  });
});

describe('how long a session lasts', () => {
  const sessions = async (
    session: { expiryMinutes?: number },
    silenceMs: number,
  ): Promise<number> => {
    const events: string[] = [];
    const { turns, clock } = setUpEngine(
      { onEvent: ({ type }) => void events.push(type), handle: () => {} },
      { session },
    );
    await turns.run(say('1'));
    await clock.advance(silenceMs);
    await turns.run(say('2'));
    return events.length;
  };

  it('is a matter of minutes, an hour by default', async () => {
    expect(await sessions({}, 60 * MINUTE_MS - 1)).toBe(1);
    expect(await sessions({}, 61 * MINUTE_MS)).toBe(2);
    expect(await sessions({ expiryMinutes: 1 }, MINUTE_MS + 1)).toBe(2);
    expect(await sessions({ expiryMinutes: 0.5 }, MINUTE_MS / 2 + 1)).toBe(2);
    expect(await sessions({ expiryMinutes: 90 }, 89 * MINUTE_MS)).toBe(1);
  });

  it('is for good with 0, as in Rasa', async () => {
    expect(await sessions({ expiryMinutes: 0 }, 60 * 24 * 60 * MINUTE_MS)).toBe(1);
  });

  it('is checked', () => {
    for (const [session, message] of [
      [{ expiryMinutes: -1 }, 'session.expiryMinutes must be'],
      [{ expiryMinutes: Number.NaN }, 'session.expiryMinutes must be'],
      [{ expiryMinutes: '60' }, 'session.expiryMinutes must be'],
      [{ expiryMs: 1 }, 'unknown option session.expiryMs'],
    ] as const) {
      const options = { session: session as { expiryMinutes?: number } };
      expect(() => setUpEngine(() => {}, options)).toThrow(message);
    }
  });
});

it('an intent that is triggered begins a session without metadata', async () => {
  const all = new Processes();
  const events: ChannelEvent[] = [];
  const { engine, turns } = all.start({
    onEvent: (event) => void events.push(event),
    handle: () => {},
    triggerIntent: () => {},
  });
  await turns.accept(post('1', { metadata: { a: 1 } }));
  await all.clock.advance(61 * MINUTE_MS);
  await engine.proactive.trigger('ada', { name: 'remind' });
  await all.clock.advance(0);
  expect(events.map(({ data }) => data)).toEqual([{ metadata: { a: 1 } }, { metadata: null }]);
});
