import { MemoryStore, type MaybePromise } from '@trunkline/core';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import type { Client } from './support/client.ts';
import { isPiece } from './support/news.ts';
import { Reader } from './support/reader.ts';
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

/** Numbers that look random and are the same in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** A store far away: what is asked of its lists takes a while, before and after it is done. */
function distant(roll: (sides: number) => number): MemoryStore {
  const store = new MemoryStore();
  const pause = async (): Promise<void> => {
    for (let rounds = roll(6); rounds > 0; rounds--) await turnOfLoop();
  };
  const { lists, signals } = store;
  // Answers come in the order of the questions, as over one connection.
  let tail: Promise<unknown> = Promise.resolve();
  const far =
    <A extends unknown[], T>(call: (...args: A) => MaybePromise<T>) =>
    (...args: A): Promise<T> => {
      const before = tail;
      const done = (async () => {
        await before;
        await pause();
        const result = await call(...args);
        await pause();
        return result;
      })();
      tail = done.catch(() => {});
      return done;
    };
  lists.append = far(lists.append.bind(lists));
  lists.after = far(lists.after.bind(lists));
  // News are late, and one in four pieces of a stream is lost.
  const send = signals.send.bind(signals);
  signals.send = (topic, news) => {
    if (isPiece(news) && Number(news['offset']) > 0 && roll(4) === 0) return;
    send(topic, news);
  };
  return store;
}

describe('two processes, several tabs and a slow store', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'lose nothing and repeat nothing (%i)',
    async (seed) => {
      const roll = dice(seed);
      const store = distant(roll);
      const assistant: Parameters<typeof startSocket>[0] = async (message, reply) => {
        if (message.text?.startsWith('story') !== true) {
          await reply.text(`re ${message.text}`);
          return;
        }
        await reply.stream(
          (async function* () {
            for (let i = 0; i < 30; i++) {
              if (roll(2) === 0) await turnOfLoop();
              yield `${message.text} ${i} `;
            }
          })(),
        );
      };
      const lines: SocketServer[] = [
        await startSocket(assistant, { framesPerSecond: Infinity }, { store }),
        await startSocket(assistant, { framesPerSecond: Infinity }, { store }),
      ];
      const first = lines[0]?.connect();
      const session = await (first as Client).session();
      const tabs = [0, 1, 2].map(() => ({ reader: new Reader(), client: null as Client | null }));
      const open = async (tab: (typeof tabs)[number]): Promise<void> => {
        const client = lines[roll(2)]?.connect(resuming(session, tab.reader.seq)) as Client;
        client.socket.on('message', (data) => {
          // One that was cut may still have had something in its buffers.
          if (tab.client === client) tab.reader.take(JSON.parse((data as Buffer).toString()));
        });
        tab.client = client;
        await client.session();
      };
      for (const tab of tabs) await open(tab);
      const expected: string[] = [];
      for (let i = 0; i < 40; i++) {
        const tab = tabs[roll(3)] as (typeof tabs)[number];
        if (roll(4) === 0) {
          const dying = tab.client;
          tab.client = null;
          dying?.cut();
          await open(tab);
        }
        // The writer has no reader: each of these is a tab that only looks on.
        const text = roll(5) === 0 ? `story ${i}` : `line ${i}`;
        expected.push(text);
        first?.send({ message: text, id: String(i) });
        if (roll(3) === 0) await turnOfLoop();
      }
      const isDone = ({ reader }: (typeof tabs)[number]): boolean => {
        const messages = [...reader.messages.values()];
        return messages.length === 80 && messages.every(({ isOpen }) => !isOpen);
      };
      for (const tab of tabs) {
        const { client } = tab;
        await client?.until('everything', () => isDone(tab) || tab.reader.mistakes.length > 0);
      }
      const answers = expected.map((text) =>
        text.startsWith('line')
          ? `re ${text}`
          : Array.from({ length: 30 }, (_, i) => `${text} ${i} `).join(''),
      );
      for (const { reader } of tabs) {
        expect([reader.mistakes, reader.missing]).toEqual([[], 0]);
        const { texts } = reader;
        expect(texts.filter((text) => expected.includes(text))).toEqual(expected);
        expect(texts.filter((text) => answers.includes(text))).toEqual(answers);
        // Nobody is answered before he has spoken.
        expected.forEach((text, i) =>
          expect(texts.indexOf(text)).toBeLessThan(texts.indexOf(answers[i] ?? '')),
        );
      }
    },
    20_000,
  );

  it('ask for the piece of a stream that got lost', async () => {
    const store = new MemoryStore();
    const send = store.signals.send.bind(store.signals);
    let isLost = false;
    store.signals.send = (topic, news) => {
      if (isPiece(news) && news['text'] === 'upon ') isLost = true;
      else send(topic, news);
    };
    let more = (): void => {};
    const [one, two] = [
      await startSocket(
        (_message, reply) =>
          reply.stream(
            (async function* () {
              for (const piece of ['Once ', 'upon ', 'a time']) {
                await new Promise<void>((resolve) => (more = resolve));
                yield piece;
              }
              await new Promise(() => {});
            })(),
          ),
        {},
        { store },
      ),
      await startSocket(() => {}, {}, { store }),
    ];
    const here = one.connect();
    const there = two.connect(resuming(await here.session()));
    const reader = new Reader();
    reader.follow(there);
    await there.session();
    here.send({ message: 'Tell me a story' });
    await there.next('stream_start');
    for (const piece of ['Once ', 'upon ', 'a time']) {
      more();
      await here.next('stream_chunk', ({ chunk }) => chunk === piece);
    }
    await there.until('the whole text', () => reader.texts.includes('Once upon a time'));
    expect([isLost, reader.mistakes]).toEqual([true, []]);
  });

  it('miss nothing that one tab has read and another has not', async () => {
    // Two tabs of one process read, and between the two the other process says something. The first took
    // for lost what only the second had seen: its answer came later than that of the second.
    const store = new MemoryStore();
    const one = await startSocket(echo, {}, { store });
    const two = await startSocket(echo, {}, { store });
    const writer = one.connect();
    const session = await writer.session();
    writer.send({ message: 'first' });
    await writer.next('text');
    // News that the log has grown are lost.
    const send = store.signals.send.bind(store.signals);
    store.signals.send = (topic, news) => {
      if (JSON.stringify(news).includes('"logged"')) return;
      send(topic, news);
    };
    const read = store.lists.after.bind(store.lists);
    const [reached, gate] = [deferred(), deferred()];
    let isFirst = true;
    store.lists.after = async (namespace, key, number, limit) => {
      const isLate = isFirst;
      isFirst = false;
      const items = await read(namespace, key, number, limit);
      if (isLate) {
        reached.resolve();
        await gate.promise;
      }
      return items;
    };
    const late = two.connect(resuming(session));
    await reached.promise;
    const isSecond = ({ text }: { text: string }): boolean => text === 'You said: second';
    writer.send({ message: 'second' });
    await writer.next('text', isSecond);
    await two.connect(resuming(session)).next('text', isSecond);
    gate.resolve();
    await late.until('an end', () => late.of('gap').length > 0 || late.of('text').some(isSecond));
    expect(late.of('gap')).toEqual([]);
    expect(late.of('text').map(({ text }) => text)).toEqual([
      'You said: first',
      'You said: second',
    ]);
  });

  it('show no piece of a stream to a client that has its end', async () => {
    // A slow tab in another process had not read the end. A second tab, which had it from elsewhere, was
    // sent the first piece again, in the place of the whole text.
    const store = new MemoryStore();
    const rest = deferred();
    const one = await startSocket(story(rest.promise), {}, { store });
    const two = await startSocket(echo, {}, { store });
    const here = one.connect();
    const session = await here.session();
    const slow = two.connect(resuming(session));
    await slow.session();
    here.send({ message: 'Tell me a story' });
    await slow.next('stream_chunk');
    const read = store.lists.after.bind(store.lists);
    const gate = deferred();
    let isSlow = true;
    store.lists.after = async (...args) => {
      if (isSlow) await gate.promise;
      return await read(...args);
    };
    rest.resolve();
    const { seq } = await here.next('text');
    isSlow = false;
    const late = two.connect(resuming(session, seq));
    await late.session();
    await late.settled();
    await turnOfLoop();
    await late.settled();
    gate.resolve();
    expect(late.of('stream_chunk')).toEqual([]);
    expect(await slow.next('stream_end')).toMatchObject({ text: 'Once upon a time' });
  });
});
