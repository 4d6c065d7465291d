import { MemoryStore, type JsonValue } from '@trunkline/core';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import type { Client } from './support/client.ts';
import { isPiece } from './support/news.ts';
import {
  closeAfterEach,
  echo,
  resuming,
  startSocket,
  type SocketServer,
} from './support/server.ts';
import { story } from './support/story.ts';

expectNoUnhandledRejections();
closeAfterEach();

interface Scene {
  /** The second process. */
  two: SocketServer;
  session: { session: string; token: string | null };
  /** A client of the first process, where the stream runs. */
  here: Client;
  /** A client of the second, which has read the stream's start. */
  there: Client;
  /** Lets the stream go on to its end. */
  goOn: () => void;
  /** Brings the pieces of streams that one has told the other of. They are late until then. */
  deliver: () => void;
}

/** A stream that has begun in one process, and is seen in another. */
async function begin(): Promise<Scene> {
  const rest = deferred();
  const store = new MemoryStore();
  const send = store.signals.send.bind(store.signals);
  const late: [string, JsonValue][] = [];
  store.signals.send = (topic, news) => {
    if (isPiece(news)) late.push([topic, news]);
    else send(topic, news);
  };
  const one = await startSocket(story(rest.promise), {}, { store });
  const two = await startSocket(echo, {}, { store });
  const deliver = (): void => {
    for (const [topic, news] of late.splice(0)) send(topic, news);
  };
  const here = one.connect();
  const session = await here.session();
  here.send({ message: 'Tell me a story' });
  await here.next('stream_chunk');
  const there = two.connect(resuming(session));
  await there.next('stream_start');
  return { two, session, here, there, goOn: rest.resolve, deliver };
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
    const { there, goOn, deliver } = await begin();
    goOn();
    await there.next('text');
    deliver();
    expect(await piecesOf(there)).toEqual([]);
  });

  it('is not shown to a client that goes on after the end', async () => {
    const { two, session, here, there: before, goOn, deliver } = await begin();
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
    const { here, there, goOn, deliver } = await begin();
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
    const { there, goOn, deliver } = await begin();
    deliver();
    expect(await piecesOf(there)).toEqual(['Once ']);
    goOn();
    expect(await there.next('stream_end')).toMatchObject({ text: 'Once upon a time' });
  });
});
