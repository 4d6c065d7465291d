import type { AssistantObject, ChannelEvent, Reply } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { TextOutput } from '../support/outputs.ts';
import { Processes } from '../support/processes.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

const event: ChannelEvent = { type: 'opted_out', senderId: 'ada' };

describe('events', () => {
  it('go to onEvent and never to handle', async () => {
    const seen: unknown[] = [];
    const { turns } = setUpEngine({
      handle: () => void seen.push('message'),
      onEvent: (happened, reply) => void seen.push([happened, reply]),
    });
    await turns.notify({ ...event, data: { reason: 'STOP' } });
    expect(seen).toEqual([[{ ...event, data: { reason: 'STOP' } }, null]]);
  });

  it('are nothing to an assistant that does not listen', async () => {
    const { turns, turnReports } = setUpEngine(() => expect.unreachable());
    await turns.notify(event);
    expect(turnReports).toEqual([]);
  });

  it('can be answered where somebody is there, or can be reached', async () => {
    const live = new TextOutput();
    const reached = new TextOutput();
    const { turns } = setUpEngine(
      {
        handle: () => {},
        onEvent: async (happened, reply) => void (await reply?.text(happened.type)),
      },
      { output: reached },
    );
    await turns.notify({ ...event, outputChannel: live });
    await turns.notify({ ...event, address: { to: 'ada' } });
    expect([live.texts, reached.texts]).toEqual([['opted_out'], ['opted_out']]);
    expect(live.recipients).toEqual(['ada']);
  });

  it('wait their turn among the messages of their conversation', async () => {
    const gate = deferred();
    const order: string[] = [];
    const { turns } = setUpEngine(
      {
        async handle(message) {
          if (message.text === '1') await gate.promise;
          order.push(message.text ?? '');
        },
        onEvent: (happened) => void order.push(happened.type),
      },
      { conversationKey: ({ senderId }) => `person:${senderId}` },
    );
    const all = [turns.run(say('1')), turns.notify(event), turns.run(say('2'))];
    await settle();
    expect(order).toEqual(['session_started']);
    gate.resolve();
    await Promise.all(all);
    expect(order).toEqual(['session_started', '1', 'opted_out', '2']);
  });

  it('share the state of their conversation', async () => {
    let state: unknown;
    const { turns } = setUpEngine({
      handle: (_message, reply) => void (state = reply.state),
      onEvent: (_event, reply: Reply | null) => {
        if (reply) reply.state['optedOut'] = true;
      },
    });
    await turns.notify({ ...event, outputChannel: new TextOutput() });
    await turns.run(say('Hi'));
    expect(state).toEqual({ optedOut: true });
  });

  it('that fail are reported, and the conversation goes on', async () => {
    const { turns, errors } = setUpEngine({
      handle: () => {},
      onEvent: () => {
        throw new Error('oops');
      },
    });
    await turns.notify(event);
    // Which begins a session, and is answered all the same.
    await turns.run(say('Hi'));
    const failure = { error: { message: 'oops' }, context: { channel: 'test', stage: 'event' } };
    expect(errors).toMatchObject([failure, failure]);
  });

  // It was ended like the answer to an older message, and nobody brought it again: an opt-out was lost.
  it.each(['live', 'deferred', 'elsewhere'])('are ended by no newer message (%s)', async (kind) => {
    const all = new Processes();
    const heard: string[] = [];
    const assistant: AssistantObject = {
      handle: (message) => void heard.push(message.text ?? ''),
      onEvent: async ({ type }, reply) => {
        if (type !== 'opted_out') return;
        await all.clock.sleep(100);
        await reply?.text('Bye');
        heard.push(type);
      },
    };
    const setup = { overlap: 'latest' } as const;
    const { turns, errors } = all.start(assistant, setup);
    const other = kind === 'elsewhere' ? all.start(assistant, setup).turns : turns;
    const told = turns.notify({ ...event, address: { to: 'ada' } });
    await all.clock.advance(50);
    const later = kind === 'live' ? other.run(say('Hi')) : other.accept(post('Hi'));
    await all.clock.advance(1_000);
    await Promise.all([told, later]);
    expect(heard).toEqual(['opted_out', 'Hi']);
    expect(all.platform.texts).toEqual(['Bye']);
    expect(errors).toEqual([]);
  });

  // An opt-out behind a full queue was refused to its channel, and the assistant never heard of it.
  it('have room of their own behind messages, and take none of theirs', async () => {
    const gate = deferred();
    const heard: string[] = [];
    const { turns } = setUpEngine(
      {
        handle: async (message) => {
          await gate.promise;
          heard.push(message.text ?? '');
        },
        onEvent: ({ type }) => void heard.push(type),
      },
      { limits: { maxQueued: 2 } },
    );
    const started = turns.run(say('1'));
    const typing = Array.from({ length: 3 }, () => turns.notify({ ...event, type: 'typing' }));
    const messages = ['2', '3'].map((text) => turns.run(say(text)));
    await expect(turns.run(say('4'))).rejects.toMatchObject({ code: 'queue_full' });
    const another = turns.notify({ ...event, type: 'typing' });
    await expect(another).rejects.toMatchObject({ code: 'queue_full' });
    gate.resolve();
    await Promise.all([started, ...typing, ...messages]);
    await turns.notify({ ...event, type: 'typing' });
    const events = ['typing', 'typing', 'typing'];
    expect(heard).toEqual(['session_started', '1', ...events, '2', '3', 'typing']);
  });

  // Whoever typed long enough could not opt out.
  it('of one type keep out none of another', async () => {
    const gate = deferred();
    const heard: string[] = [];
    const { turns } = setUpEngine(
      { handle: () => gate.promise, onEvent: ({ type }) => void heard.push(type) },
      { limits: { maxQueued: 1 } },
    );
    const started = turns.run(say('1'));
    const typing = Array.from({ length: 2 }, () => turns.notify({ ...event, type: 'typing' }));
    const optOuts = [turns.notify(event), turns.notify(event)];
    await expect(turns.notify(event)).rejects.toMatchObject({ code: 'queue_full' });
    await expect(turns.notify({ ...event, senderId: 'ben' })).resolves.toBeUndefined();
    gate.resolve();
    await Promise.all([started, ...typing, ...optOuts]);
    expect(heard.slice(-4)).toEqual(['typing', 'typing', 'opted_out', 'opted_out']);
  });

  // One user of a channel whose clients name their events filled the process, and nobody else could write.
  it('of ever new types fill the room of their own conversation only', async () => {
    const gate = deferred();
    const { turns } = setUpEngine(
      { handle: ({ senderId }) => (senderId === 'ada' ? gate.promise : undefined), onEvent() {} },
      { limits: { maxQueued: 1, maxWaiting: 30 } },
    );
    const started = turns.run(say('1'));
    const types = Array.from({ length: 30 }, (_, index) => `client_event_${index}`);
    const all = Promise.allSettled(types.map((type) => turns.notify({ ...event, type })));
    await turns.run(say('Hi', { senderId: 'ben' }));
    gate.resolve();
    await started;
    const refused = (await all).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(10);
    expect(refused[0]).toMatchObject({ reason: { code: 'queue_full' } });
    await turns.notify(event);
  });

  // Who stops an answer takes back nothing that has happened: what the event had changed was not kept.
  it('are not ended by who stops an answer', async () => {
    const gate = deferred();
    const { turns, store } = setUpEngine({
      handle: () => {},
      onEvent: async (_event, reply) => {
        await gate.promise;
        if (reply) reply.state['optedOut'] = true;
      },
    });
    const told = turns.notify({ ...event, outputChannel: new TextOutput() });
    await settle();
    expect(await turns.cancel({ senderId: 'ada' })).toBe(false);
    gate.resolve();
    await told;
    expect((await store.values.get('state', 'test::ada'))?.value).toEqual({ optedOut: true });
  });
});
