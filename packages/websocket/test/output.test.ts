import { MemoryStore, type Receipt } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { closeAfterEach, echo, resuming, startSocket } from './support/server.ts';

expectNoUnhandledRejections();
closeAfterEach();

async function* pieces(...texts: string[]): AsyncGenerator<string> {
  for (const text of texts) yield text;
}

/** A store that appends, and then says that it could not, as often as it is told. */
function forgetful(): { store: MemoryStore; fail: (times: number) => void } {
  const store = new MemoryStore();
  const { lists } = store;
  const append = lists.append.bind(lists);
  let failures = 0;
  lists.append = async (...args) => {
    const number = await append(...args);
    if (!args[0].endsWith(':log') || failures === 0) return number;
    failures--;
    throw new Error('the connection broke');
  };
  return { store, fail: (times) => void (failures = times) };
}

describe('the output', () => {
  it('says nothing twice where the log was written and nobody heard of it', async () => {
    const { store, fail } = forgetful();
    const { connect } = await startSocket(
      async (_message, reply) => {
        fail(1);
        await reply.text('once');
        fail(1);
        await reply.stream(pieces('a ', 'stream'));
        await reply.text('done');
      },
      {},
      { store },
    );
    const client = connect();
    const session = await client.session();
    client.send({ message: 'Hi' });
    await client.next('text', ({ text }) => text === 'done');
    const late = connect(resuming(session));
    await late.next('text', ({ text }) => text === 'done');
    expect(late.frames.map(({ type }) => type)).toEqual([
      'session',
      'user',
      'text',
      'stream_start',
      'stream_end',
      'text',
    ]);
    expect(client.of('text').map(({ text }) => text)).toEqual(['once', 'done']);
  });

  it('ends a stream once where nobody heard that it was ended', async () => {
    const { store, fail } = forgetful();
    const { connect } = await startSocket(
      async (_message, reply) => {
        await reply.stream(
          (async function* () {
            yield 'a stream';
            fail(1);
          })(),
        );
        await reply.text('done');
      },
      {},
      { store },
    );
    const client = connect();
    const session = await client.session();
    client.send({ message: 'Hi' });
    await client.next('text');
    const late = connect(resuming(session));
    await late.next('text');
    expect(late.of('stream_end')).toHaveLength(1);
    expect(client.of('stream_end')).toHaveLength(1);
  });

  it('says nothing before what the user said is in the log', async () => {
    const store = new MemoryStore();
    const append = store.lists.append.bind(store.lists);
    const hasAnswered = deferred();
    store.lists.append = async (...args) => {
      if (JSON.stringify(args[2]).includes('"type":"user"')) await hasAnswered.promise;
      return await append(...args);
    };
    const { connect } = await startSocket(
      (_message, reply) => {
        const sent = reply.text('Hello');
        setImmediate(hasAnswered.resolve);
        return sent;
      },
      {},
      { store },
    );
    const client = connect();
    await client.session();
    client.send({ message: 'Hi', id: 'm' });
    expect(await client.next('text')).toMatchObject({ seq: 2 });
    expect(await client.next('ack')).toMatchObject({ seq: 1 });
  });

  it('shows nothing of a stream to who comes after its end', async () => {
    const { connect } = await startSocket((_message, reply) =>
      reply.stream(pieces('a ', 'stream')),
    );
    const client = connect();
    const session = await client.session();
    client.send({ message: 'Hi' });
    await client.next('stream_end');
    const late = connect(resuming(session));
    await late.next('stream_end');
    await late.settled();
    expect(late.of('stream_chunk')).toEqual([]);
  });

  /** Shows a stream as one run of a turn, which is then told that it was cut. */
  async function cut(receipts: 'known' | 'unknown'): Promise<unknown[]> {
    const { channel, connect } = await startSocket(echo);
    const client = connect();
    const { session } = await client.session();
    const output = channel.getOutputChannel({ session });
    // As the journal of a turn numbers the requests of its steps.
    const known: Receipt[] = [];
    let key = '';
    Object.assign(output, {
      deliver: async (payload: unknown, send: (p: unknown, k: string) => Promise<Receipt>) => {
        const receipt = await send(payload, key);
        known.push(receipt);
        return receipt;
      },
    });
    key = 'turn:1.1';
    await output.sendResponseChunkStart('anna');
    await output.sendResponseChunk('anna', 'whole');
    await output.sendResponseChunkEnd('anna');
    known.length = 0;
    key = 'turn:2.1';
    await output.sendResponseChunkStart('anna');
    await output.sendResponseChunk('anna', 'ha');
    const again = channel.getOutputChannel({ session });
    Object.assign(again, { deliver: (output as unknown as { deliver: unknown }).deliver });
    const interrupted = { receipts: receipts === 'known' ? [...known] : [], text: 'h' };
    key = 'turn.1';
    await again.sendResponseChunkInterrupted('anna', interrupted);
    await again.sendResponseChunkInterrupted('anna', interrupted);
    await client.settled();
    return client.of('stream_end').map(({ text, interrupted: isCut }) => [text, isCut]);
  }

  it.each(['known', 'unknown'] as const)(
    'closes the stream that was cut and no other, once, its receipts %s',
    async (receipts) => {
      expect(await cut(receipts)).toEqual([
        ['whole', undefined],
        ['h', true],
      ]);
    },
  );

  it('forgets the session of a client that resumes another one', async () => {
    const { connect } = await startSocket();
    const old = await connect().session();
    const client = connect();
    const fresh = await client.session();
    client.send({ type: 'resume', session: old.session, token: old.token ?? '' });
    await client.next('session', ({ session }) => session === old.session);
    const probe = async (): Promise<unknown> => (await connect(resuming(fresh)).session()).reason;
    await expect.poll(probe).toBe('unknown');
  });
});
