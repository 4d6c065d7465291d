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

/** Far more than fits between the two ends of a connection. */
const PIECES = 400;
const PIECE = 'x'.repeat(100_000);

/** For what hangs, and not for what is slow: 40 MB are written out and read several times. */
const LIMIT_MS = 120_000;

describe('a client that does not read', () => {
  it(
    'is skipped, holds up nobody, and gets everything when it reads again',
    async () => {
      const { connect, turns } = await startSocket(
        async (_message, reply) => {
          await reply.stream(
            (async function* () {
              for (let i = 0; i < PIECES; i++) {
                await turnOfLoop();
                yield PIECE;
              }
            })(),
          );
          await reply.text('done');
        },
        // A busy machine may take a while to show that the client is there again.
        { log: { maxBytes: 100_000_000 }, drainTimeoutMs: 10 * LIMIT_MS },
        { store: new MemoryStore({ maxListCharacters: 200_000_000 }) },
      );
      const client = connect();
      const reader = new Reader();
      reader.follow(client);
      const session = await client.session();
      client.send({ message: 'Tell me everything' });
      await client.next('stream_chunk');
      client.socket.pause();
      await expect.poll(() => turns.length, { timeout: LIMIT_MS }).toBe(1);
      const other = connect(resuming(session));
      await other.next('text');
      client.socket.resume();
      await client.until('the end', () => reader.texts.includes('done'));
      expect(reader.mistakes).toEqual([]);
      expect([...reader.messages.values()].map(({ text }) => text.length)).toContain(
        PIECES * PIECE.length,
      );
      // What it was sent: a part of the pieces, then the whole.
      const pieces = client.of('stream_chunk').reduce((sum, { chunk }) => sum + chunk.length, 0);
      expect(pieces).toBeLessThan(PIECES * PIECE.length);
    },
    LIMIT_MS,
  );

  it(
    'is closed when it does not read for too long, and can resume',
    async () => {
      const clock = new FakeClock();
      const { connect, turns } = await startSocket(
        async (_message, reply) => {
          for (let i = 0; i < PIECES; i++) await reply.text(PIECE);
          await reply.text('done');
        },
        { clock, log: { maxBytes: 100_000_000 } },
        { store: new MemoryStore({ maxListCharacters: 200_000_000 }) },
      );
      const client = connect();
      const session = await client.session();
      client.send({ message: 'Tell me everything' });
      await client.next('text');
      client.socket.pause();
      await expect.poll(() => turns.length, { timeout: LIMIT_MS }).toBe(1);
      // Until all that fits between the two ends is there, the server's waits are short.
      const other = connect(resuming(session));
      await other.next('text', ({ text }) => text === 'done');
      await clock.advance(10_000);
      client.socket.resume();
      expect((await client.closed).code).toBe(1013);
      const had = client.of('text').at(-1)?.seq ?? 0;
      expect(had).toBeLessThan(PIECES);
      const back = connect(resuming(session, had));
      await back.next('text', ({ text }) => text === 'done');
      expect(back.of('text').map(({ seq }) => seq)).toEqual(
        Array.from({ length: PIECES + 2 - had }, (_, i) => had + 1 + i),
      );
    },
    LIMIT_MS,
  );
});

describe('a client that resumes and does not read', () => {
  it(
    'is not heard before it has read',
    async () => {
      // The end of `resume` took the pause back: what the client said was taken, and answered, while it
      // read nothing.
      const store = new MemoryStore({ maxListCharacters: 200_000_000 });
      const { connect, turns } = await startSocket(
        async (message, reply) => {
          const pieces = message.text === 'fill' ? PIECES / 2 : 1;
          for (let i = 0; i < pieces; i++) await reply.text(PIECE);
        },
        { log: { maxBytes: 100_000_000 }, drainTimeoutMs: 60_000, framesPerSecond: Infinity },
        { store },
      );
      const writer = connect();
      const { session, token } = await writer.session();
      writer.send({ message: 'fill', id: 'f' });
      await expect.poll(() => turns.length, { timeout: LIMIT_MS }).toBe(1);
      // The second `resume` is being looked at while the first fills what waits for the client.
      const get = store.values.get.bind(store.values);
      const gate = deferred();
      let asked = 0;
      store.values.get = async (...args) => {
        if (++asked === 2) await gate.promise;
        return await get(...args);
      };
      const client = connect(`?session=${session}`);
      await new Promise((resolve) => client.socket.once('open', resolve));
      client.socket.pause();
      for (let i = 0; i < 2; i++) client.send({ type: 'resume', session, token: token ?? '' });
      await expect.poll(() => asked).toBe(2);
      const settle = async (): Promise<void> => {
        for (let i = 0; i < 20; i++) await writer.settled();
      };
      await settle();
      gate.resolve();
      await settle();
      client.send({ message: 'Hi', id: 'm' });
      await settle();
      expect(turns).toHaveLength(1);
      client.socket.resume();
      await client.next('ack');
    },
    LIMIT_MS,
  );
});

describe('a limit below what a socket buffers by itself', () => {
  it('does not stop a client that reads', async () => {
    // A frame over the limit and below the stream's own mark: the pause waited for a `drain` that never
    // came, and the client was closed as one that does not read.
    const { connect } = await startSocket(echo, {
      maxBufferedBytes: 1_000,
      clock: new FakeClock(),
    });
    const client = connect();
    await client.session();
    client.send({ message: 'x'.repeat(5_000) });
    await client.next('text');
    client.send({ message: 'more' });
    await client.next('text', ({ text }) => text === 'You said: more');
  }, 5_000);
});

describe('what does not fit into the log', () => {
  it(
    'is said to be missing, to a client that was behind',
    async () => {
      const { connect, turns } = await startSocket(
        async (message, reply) => {
          await reply.text(message.text === 'more' ? 'more' : 'x'.repeat(30_000_000));
        },
        // A busy machine may take longer to read than a client may.
        { clock: new FakeClock() },
      );
      const client = connect();
      await client.session();
      client.send({ message: 'a long one' });
      client.send({ message: 'a long one' });
      await client.next('text');
      await expect.poll(() => turns.length).toBe(2);
      client.send({ message: 'more' });
      await client.next('text', ({ text }) => text === 'more');
      const missing = client.of('gap').reduce((sum, gap) => sum + Number(gap.missing), 0);
      expect(missing).toBeGreaterThanOrEqual(1);
      expect(client.of('text').map(({ text }) => text.length)).toEqual([30_000_000, 4]);
    },
    LIMIT_MS,
  );
});

describe('a client that is gone', () => {
  it('is found by its silence', async () => {
    const clock = new FakeClock();
    const { connect } = await startSocket(echo, { clock });
    const client = connect('', { autoPong: false });
    const lively = connect();
    await client.session();
    await lively.session();
    await clock.advance(30_000);
    await lively.settled();
    await clock.advance(30_000);
    expect((await client.closed).code).toBe(1006);
    await lively.settled();
  });

  it('leaves nothing behind', async () => {
    const clock = new FakeClock();
    const { connect } = await startSocket(echo, { clock });
    const client = connect();
    await client.session();
    client.send({ message: 'Hi' });
    await client.next('text');
    expect(clock.pending).toBe(1);
    client.cut();
    await client.closed;
    await expect.poll(() => clock.pending).toBe(0);
  });

  it('is closed when it is idle, if that is asked for', async () => {
    const clock = new FakeClock();
    const { connect } = await startSocket(echo, { clock, idleTimeoutMs: 20_000 });
    const client = connect();
    const busy = connect();
    await client.session();
    await busy.session();
    await clock.advance(20_000);
    await busy.settled();
    await clock.advance(20_000);
    expect((await client.closed).code).toBe(4408);
    await busy.settled();
  });

  it('is not idle before its time where the clock is set forward', async () => {
    const { clock, setBy } = settable();
    const { connect } = await startSocket(echo, { clock, idleTimeoutMs: 20_000 });
    const client = connect();
    await client.session();
    await clock.advance(19_000);
    await client.settled();
    setBy(3_600_000);
    await clock.advance(19_000);
    await client.settled();
  });

  it('is idle in time where the clock is set back', async () => {
    const { clock, setBy } = settable();
    const { connect } = await startSocket(echo, { clock, idleTimeoutMs: 20_000 });
    const client = connect();
    await client.session();
    setBy(-3_600_000);
    await clock.advance(40_000);
    expect((await client.closed).code).toBe(4408);
  });
});

/** A machine's clock: its timers do not hear of it when it is set. */
function settable(): { clock: FakeClock; setBy: (ms: number) => void } {
  const clock = new FakeClock();
  const now = clock.now.bind(clock);
  let setByMs = 0;
  clock.now = () => now() + setByMs;
  return { clock, setBy: (ms) => (setByMs = ms) };
}
