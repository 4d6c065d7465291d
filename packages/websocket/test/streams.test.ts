import { MemoryStore, type JsonValue } from '@trunkline/core';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import type { Client } from './support/client.ts';
import {
  closeAfterEach,
  echo,
  resuming,
  startSocket,
  type SocketServer,
} from './support/server.ts';

expectNoUnhandledRejections();
closeAfterEach();

interface Processes {
  one: SocketServer;
  two: SocketServer;
  /** Lets the stream go on to its end. */
  goOn: () => void;
  /** Brings the pieces of streams that one has told the other of. They are late until then. */
  deliver: () => void;
}

async function twoProcesses(): Promise<Processes> {
  const rest = deferred();
  const store = new MemoryStore();
  const send = store.signals.send.bind(store.signals);
  const late: [string, JsonValue][] = [];
  store.signals.send = (topic, news) => {
    const isPiece = typeof news === 'object' && news !== null && 'offset' in news;
    if (isPiece) late.push([topic, news]);
    else send(topic, news);
  };
  const one = await startSocket(
    async (_message, reply) => {
      await reply.stream(
        (async function* () {
          yield 'Once ';
          await rest.promise;
          yield 'upon a time';
        })(),
      );
      await reply.text('done');
    },
    {},
    { store },
  );
  const two = await startSocket(echo, {}, { store });
  const deliver = (): void => {
    for (const [topic, news] of late.splice(0)) send(topic, news);
  };
  return { one, two, goOn: rest.resolve, deliver };
}

/** The pieces that a client was sent, once all that is under way has come. */
async function piecesOf(client: Client): Promise<string[]> {
  for (let i = 0; i < 3; i++) {
    await client.settled();
    await turnOfLoop();
  }
  return client.of('stream_chunk').map(({ chunk }) => chunk);
}

// A client that had not seen the stream, because the log was too short to hold it, was shown a message
// that never ended.
describe('a piece that comes after the end of its stream, from another process', () => {
  it('is not shown to a client that has read the end', async () => {
    const { one, two, goOn, deliver } = await twoProcesses();
    const here = one.connect();
    const session = await here.session();
    here.send({ message: 'Tell me a story' });
    await here.next('stream_chunk');
    const there = two.connect(resuming(session));
    await there.next('stream_start');
    goOn();
    await there.next('text');
    deliver();
    expect(await piecesOf(there)).toEqual([]);
  });

  it('is not shown to a client that goes on after the end', async () => {
    const { one, two, goOn, deliver } = await twoProcesses();
    const here = one.connect();
    const session = await here.session();
    here.send({ message: 'Tell me a story' });
    await here.next('stream_chunk');
    const before = two.connect(resuming(session));
    await before.next('stream_start');
    before.cut();
    goOn();
    const { seq } = await here.next('text');
    const there = two.connect(resuming(session, seq));
    await there.session();
    deliver();
    expect(await piecesOf(there)).toEqual([]);
  });

  it('is not shown when many streams have ended since', async () => {
    // Of the ends in the log, the last sixteen were looked at.
    const { one, two, goOn, deliver } = await twoProcesses();
    const here = one.connect();
    const session = await here.session();
    here.send({ message: 'Tell me a story' });
    await here.next('stream_chunk');
    const there = two.connect(resuming(session));
    await there.next('stream_start');
    goOn();
    await there.next('text');
    for (let i = 2; i <= 20; i++) {
      here.send({ message: 'Tell me a story' });
      await there.until(`end ${i}`, () => there.of('text').length === i);
    }
    deliver();
    expect(await piecesOf(there)).toEqual([]);
  });

  it('opens a stream that goes on, whose start was read before', async () => {
    const { one, two, goOn, deliver } = await twoProcesses();
    const here = one.connect();
    const session = await here.session();
    here.send({ message: 'Tell me a story' });
    await here.next('stream_chunk');
    const there = two.connect(resuming(session));
    await there.next('stream_start');
    deliver();
    expect(await piecesOf(there)).toEqual(['Once ']);
    goOn();
    expect(await there.next('stream_end')).toMatchObject({ text: 'Once upon a time' });
  });
});
