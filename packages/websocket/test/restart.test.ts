import { SqliteStore } from '@trunkline/sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assistant, Store, MaybePromise } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { Reader } from './support/reader.ts';
import {
  closeAfterEach,
  echo,
  resuming,
  startSocket,
  type SocketServer,
} from './support/server.ts';

expectNoUnhandledRejections();
closeAfterEach();

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-websocket-'));
  folders.push(folder);
  return join(folder, 'store.db');
}

function start(file: string, assistant: Assistant): Promise<SocketServer> {
  return startSocket(assistant, {}, { store: new SqliteStore({ file }) });
}

/**
 * A store whose process is dying: from a moment on nothing is written any more, and nobody hears that it
 * was not.
 */
function mortal(store: Store): { store: Store; die: () => void } {
  let isDead = false;
  const never = new Promise<never>(() => {});
  const dying =
    <A extends unknown[], T>(call: (...args: A) => MaybePromise<T>) =>
    async (...args: A): Promise<T> => {
      const value = isDead ? await never : await call(...args);
      return isDead ? await never : value;
    };
  store.lists.append = dying(store.lists.append.bind(store.lists));
  store.turns.commit = dying(store.turns.commit.bind(store.turns));
  store.turns.add = dying(store.turns.add.bind(store.turns));
  store.values.set = dying(store.values.set.bind(store.values));
  return { store, die: () => (isDead = true) };
}

describe('a restart, with a store in a file', () => {
  it('keeps the session, and what was said while nobody was there', async () => {
    const file = newFile();
    const one = await start(file, echo);
    const first = one.connect();
    const session = await first.session();
    first.send({ message: 'one', id: '1' });
    const { seq } = await first.next('text');
    first.send({ message: 'two', id: '2' });
    await first.next('text', ({ text }) => text.includes('two'));
    await one.stop();
    const two = await start(file, echo);
    const back = two.connect(resuming(session, seq));
    expect(await back.session()).toMatchObject({ resumed: true, seq });
    expect(await back.next('text')).toMatchObject({ text: 'You said: two' });
    // Sent again by a client that got no acknowledgement.
    back.send({ message: 'two', id: '2' });
    await back.next('ack');
    back.send({ message: 'three' });
    await back.next('text', ({ text }) => text.includes('three'));
    expect(back.of('text').map(({ text }) => text)).toEqual(['You said: two', 'You said: three']);
  });

  it('takes a message at once that was stored and not logged', async () => {
    // It waited eight seconds for the process that was gone, and the assistant's answer with it.
    const file = newFile();
    const { store, die } = mortal(new SqliteStore({ file }));
    const one = await startSocket(echo, {}, { store });
    const first = one.connect();
    const session = await first.session();
    const stored = deferred();
    const add = store.turns.add.bind(store.turns);
    store.turns.add = async (...args) => {
      const added = await add(...args);
      die();
      stored.resolve();
      return added;
    };
    first.send({ message: 'one', id: '1' });
    await stored.promise;
    first.cut();
    await one.stop();
    const clock = new FakeClock();
    const two = await startSocket(echo, { clock }, { store: new SqliteStore({ file }) });
    const back = two.connect(resuming(session));
    await back.session();
    back.send({ message: 'one', id: '1' });
    await back.next('ack');
    await back.next('text');
    expect(clock.now()).toBe(new FakeClock().now());
    const tab = two.connect(resuming(session));
    await tab.next('text');
    expect(tab.of('user').map(({ client_id }) => client_id)).toEqual(['1']);
  });

  it('closes a stream that was cut as interrupted, and says its text whole', async () => {
    const file = newFile();
    const said = deferred();
    const { store, die } = mortal(new SqliteStore({ file }));
    const one = await startSocket(
      async (_message, reply) => {
        await reply.text('First');
        await reply.stream(
          (async function* () {
            yield 'Once ';
            yield 'upon ';
            said.resolve();
            await new Promise(() => {});
          })(),
        );
      },
      {},
      { store },
    );
    const reader = new Reader();
    const first = one.connect();
    reader.follow(first);
    const session = await first.session();
    first.send({ message: 'Tell me a story', id: 'm' });
    await said.promise;
    await first.until('two pieces', () => reader.texts.includes('Once upon '));
    die();
    first.cut();
    await one.stop();

    const attempts: number[] = [];
    const two = await start(file, async (message, reply) => {
      attempts.push(message.attempt);
      await reply.text('First');
      await reply.stream(
        (async function* () {
          yield 'Once upon ';
          yield 'a time';
        })(),
      );
    });
    const back = two.connect(resuming(session, reader.seq));
    reader.follow(back);
    await back.next('stream_end', ({ interrupted }) => interrupted !== true);
    expect(attempts).toEqual([2]);
    expect(reader.mistakes).toEqual([]);
    const messages = [...reader.messages.values()].map(({ text, isOpen, isInterrupted }) => ({
      text,
      isOpen,
      isInterrupted,
    }));
    expect(messages.slice(0, 1)).toEqual([{ text: 'First', isOpen: false, isInterrupted: false }]);
    expect(messages[1]).toMatchObject({ isOpen: false, isInterrupted: true });
    expect('Once upon ').toContain(messages[1]?.text);
    expect(messages[2]).toEqual({ text: 'Once upon a time', isOpen: false, isInterrupted: false });
    expect(messages).toHaveLength(3);
  });

  it('marks a stream that a shutdown has ended', async () => {
    const file = newFile();
    const said = deferred();
    const one = await start(file, async (_message, reply) => {
      await reply.stream(
        (async function* () {
          yield 'Once ';
          said.resolve();
          await new Promise(() => {});
        })(),
      );
    });
    const reader = new Reader();
    const first = one.connect();
    reader.follow(first);
    const session = await first.session();
    first.send({ message: 'Tell me a story', id: 'm' });
    await said.promise;
    await one.stop();
    expect((await first.closed).code).toBe(1012);
    const two = await start(file, async (_message, reply) => {
      await reply.stream(
        (async function* () {
          yield 'Once upon a time';
        })(),
      );
    });
    const back = two.connect(resuming(session, reader.seq));
    reader.follow(back);
    await back.next('stream_end', ({ text }) => text === 'Once upon a time');
    expect(reader.mistakes).toEqual([]);
    expect(
      [...reader.messages.values()].map(({ text, isInterrupted }) => ({ text, isInterrupted })),
    ).toEqual([
      { text: 'Once ', isInterrupted: true },
      { text: 'Once upon a time', isInterrupted: false },
    ]);
  });
});
