import type { UserMessage} from '@trunkline/core';
import { type Reply, type Transform, type TransformOptions } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { say, setUpEngine, type EngineUnderTest } from '../support/engine.ts';
import { SpyOutput, StreamingOutput, TextOutput } from '../support/outputs.ts';
import { expectNoUnhandledRejections } from '../support/unhandled.ts';

expectNoUnhandledRejections();

async function* chunksOf(...chunks: string[]): AsyncGenerator<string> {
  yield* chunks;
}

/** Runs one turn on a channel. */
async function turnOn<T extends TextOutput | StreamingOutput>(
  output: T,
  speak: (reply: Reply, message: UserMessage) => Promise<unknown> | unknown,
  transforms: [Transform, TransformOptions?][] = [],
): Promise<T & { engine: EngineUnderTest }> {
  const engine = setUpEngine(async (message, reply) => void (await speak(reply, message)), {
    transforms: transforms.map(([transform, options]) => ({
      transform,
      passStreams: options?.passStreams ?? false,
    })),
  });
  await engine.turns.run(say('Hi', { outputChannel: output }));
  return Object.assign(output, { engine });
}

describe('reply', () => {
  it('says each kind of response with what travels on', async () => {
    const extra = { button_type: 'x' };
    const { calls } = await turnOn(new SpyOutput(), async (reply) => {
      await reply.text('t', extra);
      await reply.image('i', extra);
      await reply.attachment({ url: 'a' }, extra);
      await reply.buttons('b', [{ title: 'B' }], extra);
      await reply.quickReplies('q', [{ title: 'Q' }], extra);
      await reply.elements([{ title: 'E' }], extra);
      await reply.custom({ c: 1 }, extra);
      await reply.response({ text: 'r', id: 'x' });
    });
    expect(calls).toEqual([
      ['text', 'ada', 't', extra],
      ['image', 'ada', 'i', extra],
      ['attachment', 'ada', { url: 'a' }, extra],
      ['buttons', 'ada', 'b', [{ title: 'B' }], extra],
      ['quickReplies', 'ada', 'q', [{ title: 'Q' }], extra],
      ['elements', 'ada', [{ title: 'E' }], extra],
      ['custom', 'ada', { c: 1 }, extra],
      ['text', 'ada', 'r', { id: 'x' }],
    ]);
  });

  it('tells the name of the channel, not that of the output channel', async () => {
    await turnOn(new TextOutput(), (reply) => expect(reply.channel).toBe('test'));
  });

  it('resolves to what the platform said', async () => {
    class Platform extends TextOutput {
      override async sendTextMessage(): Promise<void> {
        await this.deliver('a', async (_payload, key) => ({ key }));
        await this.deliver('b', async (_payload, key) => ({ key }));
      }
    }
    await turnOn(new Platform(), async (reply, { messageId }) => {
      expect(await reply.text('a')).toEqual({
        status: 'sent',
        receipts: [{ key: `test:${messageId}:1` }, { key: `test:${messageId}:2` }],
      });
    });
  });

  it('rejects with what the channel threw, and goes on', async () => {
    class Fussy extends TextOutput {
      override async sendTextMessage(recipientId: string, text: string): Promise<void> {
        if (text === 'bad') throw new Error('refused');
        await super.sendTextMessage(recipientId, text);
      }
    }
    const { texts, engine } = await turnOn(new Fussy(), async (reply) => {
      await expect(reply.text('bad')).rejects.toThrow('refused');
      await reply.text('good');
    });
    expect(texts).toEqual(['good']);
    expect(engine.errors).toMatchObject([{ context: { channel: 'test', stage: 'send' } }]);
    expect(engine.sendReports.map(({ outcome }) => outcome)).toEqual(['failed', 'sent']);
    expect(engine.turnReports).toMatchObject([{ outcome: 'answered' }]);
  });

  it('reports a failure that nobody awaited, wherever it comes from', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield 'a';
      throw new Error('producer');
    }
    const dropping: Transform = (response) => {
      if (response.text === 'bad') throw new Error('transform');
      return response;
    };
    const { engine } = await turnOn(
      new TextOutput(),
      (reply) => {
        void reply.text('bad');
        void reply.stream(failing());
      },
      [[dropping]],
    );
    expect(engine.errors.map(({ error }) => error.message)).toEqual(['transform', 'producer']);
    expect(engine.errors.every(({ context }) => context.stage === 'send')).toBe(true);
  });

  it('reports a failure once, however far it goes', async () => {
    const engine = setUpEngine(async (_message, reply) => void (await reply.text('Hi')));
    class Failing extends TextOutput {
      override async sendTextMessage(): Promise<void> {
        throw new Error('refused');
      }
    }
    const turn = engine.turns.run(say('Hi', { outputChannel: new Failing() }));
    await expect(turn).rejects.toThrow('refused');
    expect(engine.errors).toHaveLength(1);
    expect(engine.turnReports).toMatchObject([{ outcome: 'failed' }]);
  });

  it('shows that it types, and never fails at that', async () => {
    class Typing extends TextOutput {
      override async sendTyping(): Promise<void> {
        this.texts.push('typing');
        throw new Error('cannot');
      }
    }
    const { texts } = await turnOn(new Typing(), (reply) => reply.typing());
    expect(texts).toEqual(['typing']);
  });

  it('warns of a response that says nothing', async () => {
    const warnings: unknown[] = [];
    const log = (): void => {};
    const { turns } = setUpEngine(
      async (_message, reply) => {
        await reply.response({ txt: 'typo' });
        await reply.response({ channels: { text: { text: 'elsewhere' } } });
      },
      {
        logger: { debug: log, info: log, error: log, warn: (fields) => void warnings.push(fields) },
      },
    );
    await turns.run(say('Hi'));
    expect(warnings).toEqual([{ channel: 'test', keys: ['txt'] }]);
  });
});

describe('reply.stream', () => {
  it('streams on a channel that can', async () => {
    const { calls, engine } = await turnOn(new StreamingOutput(), async (reply) => {
      await reply.stream(chunksOf('He', 'y'));
      await reply.text('you');
    });
    expect(calls).toEqual(['start', 'chunk He', 'chunk y', 'end', 'text you']);
    expect(engine.sendReports.map(({ kind }) => kind)).toEqual(['stream', 'response']);
  });

  it('gathers on a channel that cannot, and says the whole once', async () => {
    const { texts, extras } = await turnOn(new TextOutput(), (reply) =>
      reply.stream(chunksOf('He', 'y'), { id: 1 }),
    );
    expect(texts).toEqual(['Hey']);
    expect(extras).toEqual([{ id: 1 }]);
  });

  it('says nothing where there is nothing to gather, or the producer fails', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield 'He';
      throw new Error('oops');
    }
    const { texts } = await turnOn(new TextOutput(), async (reply) => {
      await reply.stream(chunksOf());
      await expect(reply.stream(failing())).rejects.toThrow('oops');
    });
    expect(texts).toEqual([]);
  });

  it('keeps its place among other responses', async () => {
    const { calls } = await turnOn(new StreamingOutput(), (reply) => {
      void reply.text('1');
      void reply.stream(chunksOf('2'));
      void reply.text('3');
    });
    expect(calls).toEqual(['text 1', 'start', 'chunk 2', 'end', 'text 3']);
  });

  it('refuses a response inside its producer instead of waiting for itself', async () => {
    for (const output of [new StreamingOutput(), new TextOutput()]) {
      const failures: unknown[] = [];
      await turnOn(output, async (reply) => {
        async function* talkative(): AsyncGenerator<string> {
          yield 'a';
          await reply.text('inside').catch((error: unknown) => failures.push(error));
          await Promise.resolve();
          await reply.stream(chunksOf('x')).catch((error: unknown) => failures.push(error));
          yield 'b';
        }
        await reply.stream(talkative());
        await reply.text('after');
      });
      expect(failures.map(String)).toEqual([
        expect.stringContaining('inside the producer of reply.stream()'),
        expect.stringContaining('inside the producer of reply.stream()'),
      ]);
    }
  });

  it('reports a response inside its producer that nobody awaited', async () => {
    const { texts, engine } = await turnOn(new TextOutput(), async (reply) => {
      async function* talkative(): AsyncGenerator<string> {
        void reply.text('inside');
        yield 'a';
      }
      await reply.stream(talkative());
    });
    expect(texts).toEqual(['a']);
    expect(engine.errors).toMatchObject([
      { error: { message: expect.stringContaining('inside the producer') as string } },
    ]);
  });

  it('takes a stream whose iterator answers without promises', async () => {
    const chunks = { [Symbol.asyncIterator]: () => ['He', 'y'].values() };
    const { calls } = await turnOn(new StreamingOutput(), (reply) => reply.stream(chunks as never));
    expect(calls).toEqual(['start', 'chunk He', 'chunk y', 'end']);
  });
});

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
    expect(contexts).toEqual(Array.from({ length: 3 }, () => ({ channel: 'test', senderId: 'ada' })));
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
    const shout: Transform = (response) => ({ ...response, text: response.text?.toUpperCase() ?? '' });
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

describe('trackerState', () => {
  it('is put on the output channel before each response', async () => {
    const seen: unknown[] = [];
    class Watching extends TextOutput {
      override async sendTextMessage(): Promise<void> {
        seen.push(this.trackerState);
      }
    }
    let count = 0;
    const { turns } = setUpEngine({
      async handle(_message, reply) {
        await reply.text('a');
        await reply.text('b');
        reply.trackerState = { slots: { name: 'Ada' } };
        expect(reply.trackerState).toEqual({ slots: { name: 'Ada' } });
        await reply.text('c');
      },
      trackerState: (message) => ({ sender_id: message.senderId, count: ++count }),
    });
    await turns.run(say('Hi', { outputChannel: new Watching() }));
    expect(seen).toEqual([
      { sender_id: 'ada', count: 1 },
      { sender_id: 'ada', count: 2 },
      { slots: { name: 'Ada' } },
    ]);
  });
});

describe('a reply whose turn is over', () => {
  it('refuses to speak, and reports it', async () => {
    const kept: Reply[] = [];
    const { texts, engine } = await turnOn(new TextOutput(), (reply) => void kept.push(reply));
    for (const reply of kept) {
      await expect(reply.text('late')).rejects.toThrow('over');
      void reply.text('later');
    }
    expect(texts).toEqual([]);
    expect(engine.errors).toHaveLength(2);
  });
});
