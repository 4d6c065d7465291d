import {
  CollectingOutputChannel,
  MemoryStore,
  StoreError,
  type AssistantObject,
  type TrackerState,
} from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { TextOutput } from '../support/outputs.ts';
import { away, failing, PlatformOutput } from '../support/platform.ts';
import { Processes } from '../support/processes.ts';

expectNoUnhandledRejections();

const START = 1_700_000_000;
const MINUTE_MS = 60_000;

/** Writes down the state at each response. */
class Watching extends TextOutput {
  readonly states: (TrackerState | null)[] = [];

  override async sendTextMessage(): Promise<void> {
    this.states.push(structuredClone(this.trackerState));
  }
}

describe('the tracker state that an assistant without one has', () => {
  it('says what is known, in Rasa’s form', async () => {
    const output = new Watching();
    const { turns } = setUpEngine(async (_message, reply) => {
      await reply.text('one');
      await reply.text('two');
    });
    const metadata = { lang: 'de' };
    await turns.run(say('Hi', { messageId: '7', metadata, outputChannel: output }));
    const before = { event: 'user', timestamp: START, text: 'Hi' };
    expect(output.states).toEqual([
      {
        sender_id: 'ada',
        slots: { session_started_metadata: metadata },
        latest_message: { intent: {}, entities: [], text: 'Hi', message_id: '7', metadata },
        latest_event_time: START,
        latest_input_channel: 'test',
        events: [
          { event: 'slot', timestamp: START, name: 'session_started_metadata', value: metadata },
          { event: 'session_started', timestamp: START },
          before,
        ],
      },
      expect.objectContaining({
        events: expect.arrayContaining([before, { event: 'bot', timestamp: START, text: 'one' }]),
      }),
    ]);
  });

  // What was said since was missing until the clock had caught up with the session's start.
  it('has what was said since the clock was set back', async () => {
    const output = new Watching();
    const { turns, clock } = setUpEngine((message, reply) => reply.text(`to ${message.text}`));
    await turns.run(say('1', { outputChannel: output }));
    const now = clock.now.bind(clock);
    clock.now = () => now() - 10 * MINUTE_MS;
    await turns.run(say('2', { outputChannel: output }));
    await turns.run(say('3', { outputChannel: output }));
    const events = output.states.at(-1)?.['events'] as { text?: string }[];
    expect(events.map(({ text }) => text)).toEqual([undefined, '1', 'to 1', '2', 'to 2', '3']);
  });

  it('keeps the session’s first metadata, and begins anew with the next session', async () => {
    const output = new Watching();
    const { turns, clock } = setUpEngine(async (message, reply) => {
      await reply.text(`to ${message.text}`);
    });
    const hear = (text: string, metadata: { n: number } | null): Promise<void> =>
      turns.run(say(text, { metadata, outputChannel: output }));
    await hear('1', { n: 1 });
    await clock.advance(10 * MINUTE_MS);
    await hear('2', { n: 2 });
    await clock.advance(61 * MINUTE_MS);
    await hear('3', null);
    await hear('4', { n: 4 });
    expect(output.states.map((state) => state?.['slots'])).toEqual([
      { session_started_metadata: { n: 1 } },
      { session_started_metadata: { n: 1 } },
      {},
      {},
    ]);
    const texts = output.states.map((state) => {
      const events = (state?.['events'] ?? []) as { text?: string }[];
      return events.flatMap(({ text }) => text ?? []);
    });
    expect(texts).toEqual([['1'], ['1', 'to 1', '2'], ['3'], ['3', 'to 3', '4']]);
  });

  it('has the intent of a message that is parsed, and the channel that it names', async () => {
    const output = new Watching();
    const { turns } = setUpEngine(async (_message, reply) => void (await reply.text('x')));
    const parseData = { intent: { name: 'greet' }, entities: [{ entity: 'a' }], text: 'Hi' };
    await turns.run(say('Hi', { outputChannel: output, parseData, inputChannel: 'kiosk' }));
    expect(output.states).toMatchObject([
      { latest_message: parseData, latest_input_channel: 'kiosk' },
    ]);
  });

  it('is there for what is delivered later, after a restart, and for what others send', async () => {
    const states: (TrackerState | null)[] = [];
    const all = new Processes();
    const makeOutput = () =>
      new (class extends PlatformOutput {
        override async sendTextMessage(to: string, text: string): Promise<void> {
          states.push(structuredClone(this.trackerState));
          await super.sendTextMessage(to, text);
        }
      })(all.platform);
    const handle: AssistantObject['handle'] = async (_message, reply) => {
      await reply.text('one');
    };
    const first = all.start(handle, { makeOutput, delivery: { retryMs: 0 } });
    all.platform.onRequest = failing(away);
    await first.turns.accept(post('Hi'));
    await all.clock.advance(0);
    // What is kept for later holds no copy of the history.
    const [waiting] = await all.shared.memory.turns.waiting('test::ada', 1);
    expect(JSON.parse(waiting?.progress ?? '')).toMatchObject({
      pending: [{ response: { text: 'one' }, trackerState: null }],
    });
    first.kill();
    all.platform.onRequest = () => {};
    const second = all.start(handle, { makeOutput });
    await all.clock.advance(MINUTE_MS);
    await second.engine.proactive.send('ada', { text: 'news' });
    await all.clock.advance(0);
    expect(states.at(-1)).toMatchObject({
      sender_id: 'ada',
      latest_message: { text: 'Hi' },
      latest_input_channel: 'test',
      events: [{ event: 'session_started' }, { text: 'Hi' }, { text: 'one' }],
    });
    expect(all.platform.texts).toEqual(['one', 'news']);
  });

  it('is what the assistant has where it has one, and ours where that is nothing', async () => {
    const output = new Watching();
    let state: TrackerState | null = { mine: true };
    const { turns } = setUpEngine({
      handle: async (_message, reply) => {
        await reply.text('a');
        state = null;
        await reply.text('b');
      },
      trackerState: () => state,
    });
    await turns.run(say('Hi', { outputChannel: output }));
    expect(output.states).toMatchObject([{ mine: true }, { sender_id: 'ada' }]);
  });

  it('costs nothing on a channel that does not read it', async () => {
    const output = new CollectingOutputChannel('test');
    output.readsTrackerState = false;
    let asked = 0;
    const { turns, store } = setUpEngine({
      handle: async (_message, reply) => void (await reply.text('a')),
      trackerState: () => ({ asked: ++asked }),
    });
    await turns.run(say('Hi', { outputChannel: output, metadata: { a: 1 } }));
    expect(asked).toBe(0);
    expect(await store.values.get('session', 'test::ada')).toBeNull();
    // What needs no looking is there all the same.
    expect(output.trackerState).toMatchObject({
      sender_id: 'ada',
      latest_message: { text: 'Hi' },
      events: [{ event: 'user', text: 'Hi' }],
    });
  });

  it('keeps nobody from an answer where it cannot be had', async () => {
    const output = new Watching();
    const store = new MemoryStore();
    const { turns, errors } = setUpEngine(
      async (_message, reply) => {
        store.lists.last = async () => {
          throw new StoreError('disk full');
        };
        await reply.text('a');
      },
      { store },
    );
    await turns.run(say('Hi', { outputChannel: output }));
    expect(output.states).toMatchObject([{ sender_id: 'ada', events: [{ text: 'Hi' }] }]);
    expect(errors).toMatchObject([{ context: { stage: 'store' } }]);
  });

  it('of somebody without a sender id is that of the turn', async () => {
    const output = new Watching();
    const { turns } = setUpEngine(async (_message, reply) => void (await reply.text('x')));
    const anonymous = { senderId: null, metadata: { a: 1 }, outputChannel: output };
    await turns.run(say('1', anonymous));
    await turns.run(say('2', anonymous));
    expect(output.states[1]).toMatchObject({ slots: {}, events: [{ text: '2' }] });
  });
});
