import { describe, expect, it } from 'vitest';
import {
  CollectingOutputChannel,
  QueueOutputChannel,
  Responses,
  type AssistantObject,
  type OutputChannel,
} from '@trunkline/core';
import { say, setUpEngine, type EngineUnderTest } from '../support/engine.ts';
import { SpyOutput, TextOutput } from '../support/outputs.ts';

const responses = new Responses({
  greet: [
    { text: 'Hello {name}' },
    { text: 'Channel {name}', channel: 'test' },
    { text: 'Spy {name}', channel: 'spy' },
  ],
  collected: [{ text: 'default' }, { text: 'collected', channel: 'collector' }],
  queued: [{ text: 'default' }, { text: 'queued', channel: 'queue' }],
  vip: [
    { text: 'Welcome' },
    { text: 'Dear', condition: [{ type: 'slot', name: 'vip', value: true }] },
  ],
});

const engineOf = (assistant: AssistantObject | AssistantObject['handle']): EngineUnderTest =>
  setUpEngine(assistant, { responses: () => responses });

const uttered = async (name: string, output: OutputChannel): Promise<void> => {
  const { turns } = engineOf((_message, reply) => reply.utter(name, { name: 'Ada' }));
  await turns.run(say('Hi', { outputChannel: output }));
};

describe('reply.utter', () => {
  it('says the variation for the channel that was talked on', async () => {
    const output = new TextOutput();
    await uttered('greet', output);
    expect(output.texts).toEqual(['Channel Ada']);
    expect(output.extras).toEqual([{ channel: 'test', utter_action: 'greet' }]);
  });

  it('also where the channel collects in Rasa’s way, whose name for all of those still counts', async () => {
    const collector = new CollectingOutputChannel();
    await uttered('greet', collector);
    expect(collector.latestOutput()?.text).toBe('Channel Ada');
    const named = new CollectingOutputChannel('rest');
    await uttered('collected', named);
    expect(named.latestOutput()?.text).toBe('collected');
    await uttered('queued', named);
    expect(named.latestOutput()?.text).toBe('default');
    const queue = new QueueOutputChannel('rest');
    await uttered('queued', queue);
    queue.close();
    for await (const { message } of queue) expect(message.text).toBe('queued');
  });

  it('takes slots from the state that the assistant keeps, unless they are given', async () => {
    const output = new TextOutput();
    const { turns } = engineOf({
      trackerState: () => ({ slots: { vip: true, name: 'Grace' } }),
      async handle(_message, reply) {
        await reply.utter('vip');
        await reply.utter('vip', { vip: false });
        await reply.utter('greet');
        reply.trackerState = { slots: { name: 'Ida' } };
        await reply.utter('greet');
        await reply.utter('greet', { name: 'Ada' });
      },
    });
    await turns.run(say('Hi', { outputChannel: output }));
    expect(output.texts).toEqual([
      'Dear',
      'Welcome',
      'Channel Grace',
      'Channel Ida',
      'Channel Ada',
    ]);
  });

  it('sends nothing where something is missing, says what, and lets the turn fail', async () => {
    const output = new SpyOutput();
    const { turns, errors } = engineOf((_message, reply) => reply.utter('greet'));
    await expect(turns.run(say('Hi', { outputChannel: output }))).rejects.toThrow(
      'greet needs a value for name',
    );
    expect(output.calls).toEqual([]);
    expect(errors.map(({ error }) => error.message)).toEqual([
      expect.stringContaining('greet needs a value for name'),
    ]);
  });

  it('can be caught, and what is said next is said', async () => {
    const output = new TextOutput();
    const { turns } = engineOf(async (_message, reply) => {
      await expect(reply.utter('gret')).rejects.toThrow('did you mean "greet"?');
      await reply.text('All the same');
    });
    await turns.run(say('Hi', { outputChannel: output }));
    expect(output.texts).toEqual(['All the same']);
  });

  it('says that there are no responses', async () => {
    const { turns } = setUpEngine((_message, reply) => reply.utter('greet'));
    await expect(turns.run(say('Hi'))).rejects.toThrow(
      'there are no responses to say "greet" from',
    );
  });
});
