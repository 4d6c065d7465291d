import { describe, expect, it, vi } from 'vitest';
import { settle } from './support/clock.ts';
import {
  beginAnew,
  clock,
  enter,
  last,
  opened,
  sockets,
  start,
  storage,
  text,
  url,
} from './support/scene.ts';
import type { FakeSocket } from './support/sockets.ts';

beginAnew();

describe('the session', () => {
  it('is issued by the server, and resumed by the next page with all that was said', async () => {
    const first = await start();
    const socket = await enter();
    expect(socket.url).toBe(url);
    expect(socket.sent).toEqual([]);
    expect(first.state).toBe('connected');
    first.close();
    await start();
    last().open();
    expect(last().url).toBe(`${url}?session=s1`);
    expect(last().sent).toEqual([{ type: 'resume', session: 's1', token: 't1' }]);
  });

  it('is resumed after the last number that was seen', async () => {
    const client = await start();
    (await enter()).say(text(1), text(2));
    last().drop();
    expect(client.state).toBe('offline');
    await clock.pass(500);
    last().open();
    expect(last().sent).toEqual([{ type: 'resume', session: 's1', token: 't1', seq: 2 }]);
    last().say(opened({ seq: 2, resumed: true }), text(2), text(3));
    expect(client.transcript.entries.map(({ key }) => key)).toEqual(['m1', 'm2', 'm3']);
  });

  it('is not the one that a server offers before it has read who comes', async () => {
    const client = await start();
    await enter();
    last().drop();
    await clock.pass(500);
    last().open();
    last().say(opened({ session: 'other', token: 'x' }));
    expect(client.state).toBe('connecting');
    last().say(opened({ resumed: true }));
    expect(client.state).toBe('connected');
    expect(client.transcript.session).toBe('s1');
  });

  it('is a new one where the server has forgotten the old', async () => {
    const client = await start();
    (await enter()).say(text(1));
    last().drop();
    await clock.pass(500);
    await enter(opened({ session: 's2', token: 't2', reason: 'unknown' }));
    last().say(text(1));
    expect(client.transcript.entries.map(({ kind }) => kind)).toEqual(['message', 'anew']);
    expect(client.transcript.session).toBe('s2');
  });

  it('is opened by a token of the page, asked for each time', async () => {
    let count = 0;
    await start({ token: async () => `jwt${++count}` });
    await settle();
    last().open();
    expect(last().sent).toEqual([{ type: 'resume', token: 'jwt1' }]);
    last().say(opened({ token: null }));
    last().drop(4401);
    await clock.pass(500);
    await settle();
    last().open();
    expect(last().sent).toEqual([{ type: 'resume', session: 's1', token: 'jwt2' }]);
  });

  // A page that slept while it fetched one was "Connecting …" until it was loaded again.
  it('is tried again where the token does not come, and takes the first that does', async () => {
    const asked: ((token: string) => void)[] = [];
    const token = (): Promise<string> => new Promise((resolve) => void asked.push(resolve));
    const client = await start({ token });
    await clock.pass(59_999);
    expect(client.state).toBe('connecting');
    await clock.pass(1);
    expect(client.state).toBe('offline');
    await clock.pass(500);
    expect(asked).toHaveLength(2);
    for (const answer of asked) answer(answer === asked[0] ? 'late' : 'second');
    await settle();
    expect(sockets).toHaveLength(1);
    await clock.pass(14_999);
    last().open();
    expect(last().sent).toEqual([{ type: 'resume', token: 'late' }]);
    last().say(opened({ token: null }));
    await settle();
    expect(client.state).toBe('connected');
  });

  it('ends where a token that never changes is refused', async () => {
    const client = await start({ token: 'jwt' });
    const errors: string[] = [];
    client.on('error', ({ code }) => errors.push(code));
    last().open();
    last().drop(4401);
    await clock.pass(60_000);
    expect(client.state).toBe('closed');
    expect(errors).toEqual(['unauthenticated']);
    expect(sockets).toHaveLength(1);
  });

  it('is forgotten where its token is wrong, but not one that another tab has got meanwhile', async () => {
    await start();
    await enter();
    last().drop();
    await clock.pass(500);
    last().open();
    const other = JSON.stringify({ session: 's2', token: 't2', user: 's2' });
    storage.setItem(`trunkline:${url}:session`, other);
    last().drop(4401);
    expect(storage.getItem(`trunkline:${url}:session`)).toBe(other);
    await clock.pass(1_000);
    last().open();
    expect(last().sent).toMatchObject([{ type: 'resume', session: 's2' }]);
    last().drop(4401);
    expect(storage.length).toBe(0);
  });

  // After a restart that had kept nothing, each was in a conversation of its own until its next connection.
  it('is one also for tabs that are given theirs in the same moment', async () => {
    const forgotten = { reason: 'unknown' };
    const tabs = [await start(), await start()];
    const both = (): FakeSocket[] => sockets.slice(-2);
    const [first, second] = both();
    for (const socket of both()) socket.open();
    first?.say(opened());
    second?.say(opened({ session: 'in vain', token: 'x' }));
    expect(second?.sent).toEqual([{ type: 'resume', session: 's1', token: 't1' }]);
    second?.say(opened({ resumed: true }), text(1));
    expect(tabs.map(({ state }) => state)).toEqual(['connected', 'connected']);

    for (const socket of both()) socket.drop();
    await clock.pass(500);
    for (const socket of both()) socket.open();
    const [third, fourth] = both();
    fourth?.say(opened({ session: 's2', token: 't2', ...forgotten }));
    third?.say(opened({ session: 'in vain', token: 'x', ...forgotten }));
    expect(third?.sent.slice(1)).toEqual([{ type: 'resume', session: 's2', token: 't2' }]);
    third?.say(opened({ session: 's2', token: 't2', resumed: true }));
    expect(tabs.map(({ transcript }) => transcript.session)).toEqual(['s2', 's2']);
    expect(storage.getItem(`trunkline:${url}:session`)).toContain('s2');
  });

  it('does without a storage, and with a broken one', async () => {
    storage.items.set(`trunkline:${url}:session`, '{"session":');
    await start();
    last().open();
    expect(last().sent).toEqual([]);
    await start({ storage: 'none' });
    expect((await enter()).sent).toEqual([]);
  });
});

describe('the connection', () => {
  it('is tried again and again, less and less often', async () => {
    const client = await start();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const before = clock.now();
      const count = sockets.length;
      last().drop();
      while (sockets.length === count) await clock.pass(100);
      waits.push(clock.now() - before);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(client.state).toBe('connecting');
  });

  it('is tried soon again after one that has stood, also if nothing was said on it', async () => {
    // Of each connection in a day at which nobody spoke, the next one had to wait twice as long.
    await start();
    for (let i = 0; i < 8; i++) {
      await enter(opened({ resumed: i > 0 }));
      await clock.pass(20_000);
      last().say({ type: 'pong' });
      await clock.pass(20_000);
      const before = sockets.length;
      last().drop();
      await clock.pass(500);
      expect(sockets).toHaveLength(before + 1);
    }
  });

  it('is tried at once when somebody asks', async () => {
    const client = await start();
    last().drop();
    client.reconnect();
    await settle();
    expect(sockets).toHaveLength(2);
    client.reconnect();
    expect(sockets).toHaveLength(2);
  });

  it('is given up when the server says nothing any more', async () => {
    const client = await start();
    const socket = await enter();
    await clock.pass(20_000);
    expect(socket.sent.at(-1)).toEqual({ type: 'ping' });
    socket.say({ type: 'pong' });
    await clock.pass(20_000);
    expect(client.state).toBe('connected');
    await clock.pass(20_500);
    expect(sockets).toHaveLength(2);
    // What the dead one still has to say is nobody's business.
    socket.say(text(1));
    expect(client.transcript.entries).toEqual([]);
  });

  it('is tried again where the page may not open it, which is reported', async () => {
    const reports = vi.fn<(error: unknown) => void>();
    vi.stubGlobal('reportError', reports);
    const forbidden = new Error('not from a secure page');
    const open = vi.fn<(address: string) => FakeSocket>(() => {
      throw forbidden;
    });
    const client = await start({ open });
    expect(client.state).toBe('offline');
    expect(reports).toHaveBeenCalledExactlyOnceWith(forbidden);
    await clock.pass(500);
    expect(open).toHaveBeenCalledTimes(2);
    vi.unstubAllGlobals();
  });

  it('is given up when it does not come to be', async () => {
    await start();
    await clock.pass(16_000);
    expect(sockets).toHaveLength(2);
  });

  it('is closed for good', async () => {
    const client = await start();
    await enter();
    client.close();
    await clock.pass(100_000);
    expect(sockets).toHaveLength(1);
    expect(() => client.send('too late')).toThrow('closed');
  });

  it('survives whatever comes over it', async () => {
    const client = await start();
    const socket = await enter();
    for (const data of [
      '',
      'null',
      '[]',
      '{"type":"text"}',
      '{"type":"constructor"}',
      '{"type":1}',
    ]) {
      socket.sayRaw(data);
    }
    socket.sayRaw(new ArrayBuffer(2));
    expect(client.transcript.entries).toEqual([]);
    expect(client.state).toBe('connected');
  });
});
