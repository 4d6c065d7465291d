import { describe, expect, it } from 'vitest';
import { StreamingOutput, TextOutput } from '../support/outputs.ts';
import { chunksOf, turnOn } from '../support/turn-on.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

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
