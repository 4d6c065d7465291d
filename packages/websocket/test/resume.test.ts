import { MemoryStore } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { Reader } from './support/reader.ts';
import { closeAfterEach, echo, resuming, startSocket } from './support/server.ts';

expectNoUnhandledRejections();
closeAfterEach();

describe('resume', () => {
  it('brings what was missed, once and in order', async () => {
    const { connect } = await startSocket();
    const reader = new Reader();
    const first = connect();
    reader.follow(first);
    const session = await first.session();
    first.send({ message: 'one', id: '1' });
    await first.next('text');
    await first.settled();
    first.cut();
    await first.closed;
    const other = connect(resuming(session, reader.seq));
    await other.session();
    other.send({ message: 'two', id: '2' });
    await other.next('text');
    const back = connect(resuming(session, reader.seq));
    reader.follow(back);
    expect(await back.session()).toMatchObject({ resumed: true, seq: 2, session: session.session });
    await back.next('text');
    back.send({ message: 'three', id: '3' });
    await back.next('text', ({ text }) => text.includes('three'));
    await back.settled();
    expect(reader.mistakes).toEqual([]);
    expect(reader.texts).toEqual(['You said: one', 'two', 'You said: two', 'You said: three']);
  });

  it('goes by a first frame as well', async () => {
    const { connect } = await startSocket();
    const first = connect();
    const session = await first.session();
    first.send({ message: 'one' });
    await first.next('text');
    for (const query of ['', `?session=${session.session}`]) {
      const back = connect(query);
      await new Promise((resolve) => back.socket.on('open', resolve));
      back.send({ type: 'resume', session: session.session, token: session.token ?? '', seq: 0 });
      back.send({ message: 'at once', id: 'x' });
      const resumed = await back.next('session', ({ session: id }) => id === session.session);
      expect(resumed).toMatchObject({ resumed: true, seq: 0 });
      await back.next('ack');
      expect((await back.next('text')).text).toBe('You said: one');
      await back.settled();
      expect(back.of('session')).toHaveLength(query === '' ? 2 : 1);
    }
  });

  // A proxy that signs users in adds a token of its own. The first visit went well; after a reload each
  // connection was refused with 401, for good.
  it('goes on behind a proxy that has a token of its own in every request', async () => {
    const { connect } = await startSocket();
    const proxied = {
      headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0.x' },
    };
    const first = await connect('', proxied).session();
    expect(first).toMatchObject({ resumed: false });
    expect(first).not.toHaveProperty('reason');
    const { session, token } = first;
    const back = connect(`?session=${session}`, proxied);
    await new Promise((resolve) => back.socket.on('open', resolve));
    back.send({ type: 'resume', session, token: token ?? '' });
    expect(await back.session()).toMatchObject({ session, resumed: true });
    expect(await connect(resuming(first), proxied).session()).toMatchObject({ resumed: true });
    const own = { headers: { authorization: `Bearer ${token}` } };
    expect(await connect(`?session=${session}`, own).session()).toMatchObject({ resumed: true });
    const wrong = { headers: { authorization: `Bearer ${token?.slice(1)}x` } };
    expect(await connect(`?session=${session}`, wrong).refused).toBe(401);
  });

  it('is too late when something was said', async () => {
    const { connect } = await startSocket();
    const client = connect();
    const { session, token } = await client.session();
    client.send({ message: 'Hi' });
    client.send({ type: 'resume', session, token: token ?? '' });
    expect(await client.next('error')).toMatchObject({ code: 'too_late' });
  });

  it('keeps a session that was resumed before another one', async () => {
    // The first was taken for the empty session that a connection begins with, and forgotten.
    const { connect } = await startSocket();
    const [a, b] = [await connect().session(), await connect().session()];
    const client = connect(resuming(a));
    await client.session();
    client.send({ type: 'resume', session: b.session, token: b.token ?? '' });
    await client.next('session', ({ session }) => session === b.session);
    await client.settled();
    expect(await connect(resuming(a)).session()).toMatchObject({ resumed: true });
  });

  it('comes before what is sent after it, also the second time', async () => {
    // All three are there at once. The message was said in the session of the first.
    const { connect } = await startSocket();
    const [a, b] = [await connect().session(), await connect().session()];
    const client = connect(`?session=${a.session}`);
    await new Promise((resolve) => client.socket.once('open', resolve));
    client.send({ type: 'resume', session: a.session, token: a.token ?? '' });
    client.send({ type: 'resume', session: b.session, token: b.token ?? '' });
    client.send({ message: 'Hi', id: 'm' });
    await client.next('session', ({ session }) => session === b.session);
    expect((await client.next('text')).recipient_id).toBe(b.session);
  }, 5_000);

  it('is answered by a new session where the server knows none, and says so', async () => {
    const one = await startSocket();
    const client = one.connect();
    const session = await client.session();
    await one.stop();
    const { connect } = await startSocket();
    const back = connect(resuming(session, 7));
    const fresh = await back.session();
    expect(fresh).toMatchObject({ resumed: false, reason: 'unknown', seq: 0 });
    expect(fresh.session).not.toBe(session.session);
    back.send({ message: 'Hi' });
    await back.next('text');
  });

  it('opens nothing by a session id alone, or with a wrong token', async () => {
    const { connect } = await startSocket();
    const client = connect();
    const { session } = await client.session();
    const wrong = connect(resuming({ session, token: 'guessed' }));
    expect(await wrong.refused).toBe(401);
    const waiting = connect(`?session=${session}`);
    await new Promise((resolve) => waiting.socket.on('open', resolve));
    waiting.send({ message: 'let me in' });
    expect((await waiting.closed).code).toBe(4401);
    const guessing = connect(`?session=${session}`);
    await new Promise((resolve) => guessing.socket.on('open', resolve));
    guessing.send({ type: 'resume', session, token: 'guessed' });
    expect((await guessing.closed).code).toBe(4401);
    expect([...waiting.frames, ...guessing.frames]).toEqual([]);
  });

  it('closes a connection that never says who it is', async () => {
    const clock = new FakeClock();
    const { connect } = await startSocket(echo, { clock });
    const waiting = connect('?session=anything');
    await new Promise((resolve) => waiting.socket.on('open', resolve));
    await clock.advance(10_000);
    expect((await waiting.closed).code).toBe(4401);
  });

  it('says how much was lost to the bound', async () => {
    const { connect } = await startSocket(echo, { log: { maxMessages: 10 } });
    const client = connect();
    const session = await client.session();
    for (let i = 0; i < 10; i++) client.send({ message: String(i) });
    await client.until('10 texts', () => client.of('text').length === 10);
    const back = connect(resuming(session, 4));
    expect(await back.next('gap')).toEqual({ type: 'gap', missing: 6 });
    await back.settled();
    expect(back.of('text', 'user').map(({ seq }) => seq)).toEqual([
      11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    ]);
  });

  it('bounds what is kept by bytes', async () => {
    const { connect } = await startSocket(
      async (_message, reply) => {
        for (let i = 0; i < 20; i++) await reply.text('x'.repeat(1_000));
        await reply.text('done');
      },
      { log: { maxBytes: 5_000 } },
    );
    const client = connect();
    const session = await client.session();
    client.send({ message: 'Hi' });
    await client.next('text', ({ text }) => text === 'done');
    const back = connect(resuming(session));
    await back.next('text', ({ text }) => text === 'done');
    const [gap] = back.of('gap');
    expect(back.of('text').length).toBeLessThanOrEqual(5);
    expect(Number(gap?.missing) + back.of('text').length).toBe(22);
  });

  it('bounds what is kept by age', async () => {
    const clock = new FakeClock();
    const { connect } = await startSocket(echo, { clock, log: { maxAgeMs: 60_000 } });
    const client = connect();
    const session = await client.session();
    client.send({ message: 'old' });
    await client.next('text');
    await clock.advance(59_000);
    client.send({ message: 'new' });
    await client.next('text', ({ text }) => text.includes('new'));
    await clock.advance(2_000);
    const back = connect(resuming(session));
    await back.next('text', ({ text }) => text.includes('new'));
    expect(back.frames.map(({ type }) => type)).toEqual(['session', 'gap', 'user', 'text']);
    expect(back.of('gap')).toEqual([{ type: 'gap', missing: 2 }]);
  });

  it('ends with the session’s time after its last use', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore({ clock });
    const { connect } = await startSocket(echo, { clock, sessionTtlMs: 60_000 }, { store });
    const client = connect();
    const session = await client.session();
    client.send({ message: 'Hi' });
    await client.next('text');
    // Its connection is a use.
    for (let i = 0; i < 5; i++) {
      await clock.advance(30_000);
      await client.settled();
    }
    client.cut();
    await client.closed;
    const back = connect(resuming(session, 2));
    expect(await back.session()).toMatchObject({ resumed: true, seq: 2 });
    back.cut();
    await back.closed;
    await clock.advance(61_000);
    expect(await connect(resuming(session)).session()).toMatchObject({ reason: 'unknown' });
  });

  // The session of somebody who has proved to be that one has no record of its own, only its log. Visits that
  // brought no number kept it from nothing, and its numbers began anew.
  it.each([
    ['issued', undefined],
    ['a subject’s', () => ({ sender: 'anna' })],
  ])('keeps the log of a session that is %s and visited now and then', async (_, auth) => {
    const clock = new FakeClock();
    const store = new MemoryStore({ clock });
    const options = { clock, sessionTtlMs: 60_000, ...(auth === undefined ? {} : { auth }) };
    const { connect } = await startSocket(echo, options, { store });
    const client = connect();
    const session = await client.session();
    client.send({ message: 'Hi' });
    await client.next('text');
    client.cut();
    await client.closed;
    for (let i = 0; i < 4; i++) {
      await clock.advance(50_000);
      const visit = connect(auth === undefined ? resuming(session) : '');
      await visit.session();
      await visit.settled();
      visit.cut();
      await visit.closed;
    }
    const last = connect(auth === undefined ? resuming(session) : '');
    expect((await last.next('text')).seq).toBe(2);
    last.send({ message: 'again' });
    const { seq } = await last.next('text', ({ text }) => text.includes('again'));
    expect(seq).toBeGreaterThan(2);
  });

  it('begins again where the log was lost and the session was not', async () => {
    const store = new MemoryStore({ maxListCharacters: 4_000 });
    const { connect } = await startSocket(echo, {}, { store });
    const client = connect();
    const session = await client.session();
    for (let i = 0; i < 3; i++) client.send({ message: String(i) });
    await client.until('3 texts', () => client.of('text').length === 3);
    await fillOthers(store);
    client.send({ message: 'again' });
    expect(await client.next('text', ({ text }) => text.includes('again'))).toMatchObject({
      seq: 2,
    });
    // Who was there has missed nothing.
    expect(client.of('gap')).toEqual([{ type: 'gap', missing: 0, anew: true }]);
    const back = connect(resuming(session, 6));
    expect(await back.session()).toMatchObject({ resumed: true, seq: 0 });
    expect(await back.next('gap')).toEqual({ type: 'gap', missing: null, anew: true });
    expect(await back.next('text')).toMatchObject({ text: 'You said: again', seq: 2 });
  });

  it('shows what is said where the log is lost after its first message', async () => {
    const store = new MemoryStore({ maxListCharacters: 4_000 });
    const { connect } = await startSocket(
      async (_message, reply) => {
        await fillOthers(store);
        await reply.text('Hello');
      },
      {},
      { store },
    );
    const client = connect();
    await client.session();
    client.send({ message: 'Hi' });
    expect(await client.next('text')).toMatchObject({ text: 'Hello', seq: 1 });
  });

  it('shows a stream to its end where the log is lost meanwhile', async () => {
    const store = new MemoryStore({ maxListCharacters: 4_000 });
    const gate = deferred();
    const { connect } = await startSocket(
      async (_message, reply) => {
        await reply.stream(
          (async function* () {
            yield 'Once ';
            await gate.promise;
            await reply.text('Meanwhile');
            yield 'upon';
            yield ' a time';
          })(),
        );
      },
      {},
      { store },
    );
    const client = connect();
    await client.session();
    client.send({ message: 'Tell me a story' });
    await client.next('stream_chunk');
    await fillOthers(store);
    gate.resolve();
    await client.next('stream_end');
    expect(client.of('gap')).toEqual([{ type: 'gap', missing: 0, anew: true }]);
    expect(client.of('stream_chunk').map(({ chunk }) => chunk)).toEqual([
      'Once ',
      'upon',
      ' a time',
    ]);
  });
});

/** Fills a store of 4,000 characters with lists of others. */
async function fillOthers(store: MemoryStore): Promise<void> {
  for (let i = 0; i < 100; i++) {
    await store.lists.append('other', String(i), ['x'.repeat(100)], { maxItems: 1, ttlMs: 1e8 });
  }
}

describe('several tabs of one session', () => {
  it('see the same conversation', async () => {
    const { connect } = await startSocket();
    const one = connect();
    const session = await one.session();
    const two = connect(resuming(session));
    await two.session();
    one.send({ message: 'from one', id: '1' });
    await two.next('text');
    two.send({ type: 'choice', payload: '/two', title: 'Two', id: '2' });
    await one.next('text', ({ text }) => text.includes('/two'));
    await two.next('text', ({ text }) => text.includes('/two'));
    await two.settled();
    expect(two.of('user')).toMatchObject([{ text: 'from one', client_id: '1' }]);
    expect(one.of('user')).toMatchObject([
      { text: 'Two', client_id: '2', choice: { payload: '/two', title: 'Two' } },
    ]);
    expect(one.of('text')).toEqual(two.of('text'));
  });

  it('are as many as they may', async () => {
    const { connect } = await startSocket(echo, { maxConnections: 2 });
    const session = await connect().session();
    const second = connect(resuming(session));
    await second.session();
    expect((await connect(resuming(session)).closed).code).toBe(4429);
    second.cut();
    await second.closed;
    // The server learns of it a moment later.
    const isLetIn = async (): Promise<boolean> => {
      const client = connect(resuming(session));
      return await Promise.race([
        client.session().then(() => true),
        client.closed.then(() => false),
      ]);
    };
    await expect.poll(isLetIn).toBe(true);
  });

  it('show a stream from where they come in', async () => {
    const gate = deferred();
    const half = deferred();
    const { connect } = await startSocket(async (_message, reply) => {
      await reply.stream(
        (async function* () {
          yield 'Once ';
          yield 'upon ';
          half.resolve();
          await gate.promise;
          yield 'a time';
        })(),
      );
    });
    const one = connect();
    const session = await one.session();
    one.send({ message: 'Tell me a story' });
    await half.promise;
    const two = connect(resuming(session));
    const reader = new Reader();
    reader.follow(two);
    expect(await two.next('stream_chunk')).toMatchObject({ offset: 0, chunk: 'Once upon ' });
    expect(two.frames.map(({ type }) => type)).toEqual([
      'session',
      'user',
      'stream_start',
      'stream_chunk',
    ]);
    gate.resolve();
    expect(await two.next('stream_end')).toMatchObject({ text: 'Once upon a time' });
    expect(two.of('stream_chunk').map(({ chunk }) => chunk)).toEqual(['Once upon ', 'a time']);
    expect(reader.mistakes).toEqual([]);
  });
});

describe('a stream of 1,000 pieces', () => {
  const pieces = Array.from({ length: 1_000 }, (_, i) => `${i} 👋🏽é `);

  it.each([1, 2, 3])('is read right by one who is cut off ten times (%i)', async () => {
    let said = 0;
    const { connect, turns } = await startSocket(async (_message, reply) => {
      await reply.stream(
        (async function* () {
          for (const piece of pieces) {
            said++;
            // Lets what was sent go out now and then, so that there is something to cut.
            if (said % 3 === 0) await turnOfLoop();
            yield piece;
          }
        })(),
      );
      await reply.text('The end');
    });
    const reader = new Reader();
    let client = connect();
    reader.follow(client);
    const session = await client.session();
    client.send({ message: 'Begin', id: 'm' });
    const cuts = Array.from({ length: 10 }, () => Math.floor(Math.random() * 1_000)).toSorted(
      (a, b) => a - b,
    );
    for (const cut of cuts) {
      const dying = client;
      while (said < cut) await turnOfLoop();
      dying.cut();
      await dying.closed;
      client = connect(resuming(session, reader.seq));
      reader.follow(client);
      await client.session();
    }
    const last = client;
    await last.until('the end', () => reader.texts.includes('The end'));
    expect(reader.mistakes).toEqual([]);
    expect(reader.texts.filter((text) => text !== 'Begin')).toEqual([pieces.join(''), 'The end']);
    expect(reader.missing).toBe(0);
    await expect.poll(() => turns.length).toBe(1);
  });
});
