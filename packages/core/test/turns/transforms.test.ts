import type { BotMessage, Reply, Transform } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { say, setUpEngine } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { StreamingOutput, TextOutput } from '../support/outputs.ts';
import { chunksOf, turnOn } from '../support/turn-on.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

describe('transforms', () => {
  it('see every response, change it, or drop it', async () => {
    const contexts: unknown[] = [];
    const { texts } = await turnOn(
      new TextOutput(),
      async (reply) => {
        await reply.text('a');
        expect(await reply.text('secret')).toEqual({ status: 'sent', receipts: [] });
        await reply.stream(chunksOf('b', 'c'));
      },
      [
        [
          (response, context) => {
            contexts.push(context);
            return response.text === 'secret' ? null : { ...response, text: `${response.text}!` };
          },
        ],
        [async (response) => ({ ...response, text: `${response.text}?` })],
      ],
    );
    expect(texts).toEqual(['a!?', 'bc!?']);
    expect(contexts).toEqual(
      Array.from({ length: 3 }, () => ({ channel: 'test', senderId: 'ada' })),
    );
  });

  // The story: a transform without its return was "Cannot read properties of undefined".
  it.each<[returned: unknown, problem: string]>([
    [
      undefined,
      'a transform must return the response, or null to drop it, and has returned nothing',
    ],
    ['text', 'and has returned a string'],
    [[], 'and has returned a list'],
    [{ text: 7 }, 'text of a response must be a text'],
  ])('must return a response: %j', async (returned, problem) => {
    const { texts } = await turnOn(
      new TextOutput(),
      async (reply) => {
        await expect(reply.text('a')).rejects.toThrow(problem);
        await reply.text('b');
      },
      // As somebody may return it who has no compiler.
      [[(response) => (response.text === 'a' ? (returned as BotMessage) : response)]],
    );
    expect(texts).toEqual(['b']);
  });

  it('turn a stream into one response, so that they see it whole', async () => {
    const { calls } = await turnOn(
      new StreamingOutput(),
      (reply) => reply.stream(chunksOf('a', 'b')),
      [[(response) => response]],
    );
    expect(calls).toEqual(['text ab']);
  });

  it('let streams through where all of them say so', async () => {
    const shout: Transform = (response) => ({
      ...response,
      text: response.text?.toUpperCase() ?? '',
    });
    const speak = async (reply: Reply): Promise<void> => {
      await reply.stream(chunksOf('a', 'b'));
      await reply.text('c');
    };
    const streaming = await turnOn(new StreamingOutput(), speak, [[shout, { passStreams: true }]]);
    expect(streaming.calls).toEqual(['start', 'chunk a', 'chunk b', 'end', 'text C']);
    const gathering = await turnOn(new TextOutput(), speak, [[shout, { passStreams: true }]]);
    expect(gathering.texts).toEqual(['ab', 'C']);
    const mixed = await turnOn(new StreamingOutput(), speak, [
      [shout, { passStreams: true }],
      [(response) => response],
    ]);
    expect(mixed.calls).toEqual(['text AB', 'text C']);
  });

  it('that end after their turn have nothing sent', async () => {
    // A newer message had ended the turn, and its answer stood in front of the newer one's.
    const gate = deferred();
    const { turns } = setUpEngine(
      async (message, reply) => {
        await reply.text(`about ${message.text}`);
      },
      {
        overlap: 'latest',
        limits: { abortGraceMs: 0 },
        transforms: [
          {
            transform: async (response) => {
              if (response.text === 'about 1') await gate.promise;
              return response;
            },
            passStreams: false,
          },
        ],
      },
    );
    const outputChannel = new TextOutput();
    const first = turns.run(say('1', { outputChannel }));
    const superseded = expect(first).rejects.toMatchObject({ reason: 'superseded' });
    await settle();
    const second = turns.run(say('2', { outputChannel }));
    await superseded;
    gate.resolve();
    await second;
    expect(outputChannel.texts).toEqual(['about 2']);
  });

  it('fail the response, not the ones after it', async () => {
    const failing: Transform = (response) => {
      if (response.text === 'bad') throw new Error('transform');
      return response;
    };
    const { texts } = await turnOn(
      new TextOutput(),
      async (reply) => {
        await expect(reply.text('bad')).rejects.toThrow('transform');
        await reply.text('good');
      },
      [[failing]],
    );
    expect(texts).toEqual(['good']);
  });
});
