import { OutputChannel, type Reply, type Sent } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { say, setUpEngine } from '../support/engine.ts';
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
    const { calls } = await turnOn(new StreamingOutput(), async (reply) => {
      void reply.text('1');
      await reply.stream(chunksOf('2'));
      void reply.text('3');
    });
    expect(calls).toEqual(['text 1', 'start', 'chunk 2', 'end', 'text 3']);
  });

  it('lets what its producer says go out between the pieces', async () => {
    async function* talkative(reply: Reply): AsyncGenerator<string> {
      yield 'a';
      await reply.text('inside');
      await Promise.resolve();
      yield 'b';
      void reply.text('not awaited');
      yield 'c';
    }
    const { calls } = await turnOn(new StreamingOutput(), async (reply) => {
      await reply.stream(talkative(reply));
      await reply.text('after');
    });
    expect(calls.join(', ')).toBe(
      'start, chunk a, text inside, chunk b, text not awaited, chunk c, end, text after',
    );
    const { texts } = await turnOn(new TextOutput(), (reply) => reply.stream(talkative(reply)));
    expect(texts).toEqual(['inside', 'not awaited', 'abc']);
  });

  it('keeps its receipts apart from those of what is said between the pieces', async () => {
    class Receipting extends OutputChannel {
      readonly name = 'receipting';
      async #put(id: string): Promise<void> {
        await this.deliver({}, async () => {
          if (id === 'bad') throw new Error('refused');
          return { id };
        });
      }
      async sendTextMessage(_recipientId: string, text: string): Promise<void> {
        await this.#put('before');
        await this.#put(text);
      }
      override async sendResponseChunk(_recipientId: string, chunk: string): Promise<void> {
        await this.#put(chunk);
      }
    }
    const ids = ({ receipts }: Sent): unknown[] => receipts.map(({ id }) => id);
    const seen: unknown[][] = [];
    async function* talkative(reply: Reply): AsyncGenerator<string> {
      yield 'a';
      seen.push(ids(await reply.text('inside')));
      await reply.text('bad').catch(() => {});
      yield 'b';
    }
    const { turns } = setUpEngine(async (_message, reply) => {
      seen.push(ids(await reply.stream(talkative(reply))));
      seen.push(ids(await reply.text('after')));
    });
    await turns.run(say('Hi', { outputChannel: new Receipting() }));
    expect(seen).toEqual([
      ['before', 'inside'],
      ['a', 'b'],
      ['before', 'after'],
    ]);
  });

  it('is one at a time', async () => {
    const failures: unknown[] = [];
    const { calls } = await turnOn(new StreamingOutput(), async (reply) => {
      async function* nested(): AsyncGenerator<string> {
        yield 'a';
        await reply.stream(chunksOf('x')).catch((error: unknown) => failures.push(error));
        yield 'b';
      }
      await reply.stream(nested());
      await reply.stream(chunksOf('next'));
    });
    expect(calls).toEqual(['start', 'chunk a', 'chunk b', 'end', 'start', 'chunk next', 'end']);
    expect(failures.map(String)).toEqual([
      expect.stringContaining('a stream is open in this turn'),
    ]);
  });

  it('is part of the turn also where nobody awaited it', async () => {
    const { calls } = await turnOn(new StreamingOutput(), async (reply) => {
      async function* slow(): AsyncGenerator<string> {
        for (const word of ['a', 'b']) {
          await new Promise((resolve) => setImmediate(resolve));
          yield word;
        }
      }
      void reply.stream(slow());
    });
    expect(calls).toEqual(['start', 'chunk a', 'chunk b', 'end']);
  });

  it('takes a stream whose iterator answers without promises', async () => {
    const chunks = { [Symbol.asyncIterator]: () => ['He', 'y'].values() };
    const { calls } = await turnOn(new StreamingOutput(), (reply) => reply.stream(chunks as never));
    expect(calls).toEqual(['start', 'chunk He', 'chunk y', 'end']);
  });
});
