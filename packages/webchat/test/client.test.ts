import { beforeEach, describe, expect, it } from 'vitest';
import type { ServerFrame } from '@trunkline/websocket/protocol';
import { connect, type ChatClient, type ConnectOptions } from '../src/client.ts';
import { settle, TestClock } from './support/clock.ts';
import { FakeSocket, FakeStorage } from './support/sockets.ts';

const url = 'ws://localhost/ws';
const opened = (changes: object = {}): ServerFrame => ({
  type: 'session',
  session: 's1',
  token: 't1',
  seq: 0,
  resumed: false,
  ...changes,
});
const text = (seq: number): ServerFrame => ({
  type: 'text',
  id: `m${seq}`,
  seq,
  text: `text ${seq}`,
  recipient_id: 'me',
});

let clock: TestClock;
let storage: FakeStorage;
let sockets: FakeSocket[];

beforeEach(() => {
  clock = new TestClock();
  storage = new FakeStorage();
  sockets = [];
});

async function start(options: Partial<ConnectOptions> = {}): Promise<ChatClient> {
  const client = connect({
    url,
    storage,
    clock,
    random: () => 1,
    open: (address) => {
      const socket = new FakeSocket(address);
      sockets.push(socket);
      return socket;
    },
    ...options,
  });
  await settle();
  return client;
}

const last = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error('nothing was opened');
  return socket;
};

async function enter(frame = opened()): Promise<FakeSocket> {
  last().open();
  last().say(frame);
  await settle();
  return last();
}

const messages = (socket: FakeSocket): unknown[] =>
  socket.sent.filter(({ type }) => type === 'message').map(({ message }) => message);

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

describe('what the user says', () => {
  it('waits for the connection, and goes out in order, one after the other', async () => {
    const client = await start();
    const ids = ['one', 'two'].map((word) => client.send(word));
    expect(client.transcript.entries).toMatchObject([
      { text: 'one', status: 'pending' },
      { text: 'two', status: 'pending' },
    ]);
    const socket = await enter();
    expect(messages(socket)).toEqual(['one']);
    socket.say({ type: 'ack', id: ids[0] ?? '', seq: 1 });
    expect(messages(socket)).toEqual(['one', 'two']);
    socket.say({ type: 'ack', id: ids[1] ?? '', seq: 2 });
    expect(client.transcript.entries).toMatchObject([{ status: 'sent' }, { status: 'sent' }]);
    expect([...storage.items.keys()]).toEqual([`trunkline:${url}:session`]);
  });

  it('is repeated under its name until it is acknowledged', async () => {
    const client = await start();
    const id = client.send('once');
    await enter();
    last().drop();
    await clock.pass(500);
    const socket = await enter(opened({ resumed: true }));
    expect(socket.sent.filter(({ type }) => type === 'message')).toEqual([
      { type: 'message', message: 'once', id },
    ]);
    // The first one did arrive: the log has it, though its acknowledgement was lost.
    socket.say({
      type: 'user',
      id: `user:${id}`,
      client_id: id,
      seq: 1,
      text: 'once',
      recipient_id: 'me',
    });
    expect(client.transcript.entries).toMatchObject([{ text: 'once', status: 'sent', seq: 1 }]);
    last().drop();
    await clock.pass(1_000);
    expect(messages(await enter(opened({ seq: 1, resumed: true })))).toEqual([]);
  });

  it('outlives the page', async () => {
    const before = await start();
    before.send('kept', { page: 1 });
    before.choose({ title: 'Small', payload: '/small' });
    before.close();
    const client = await start();
    expect(client.transcript.entries).toMatchObject([{ text: 'kept' }, { text: 'Small' }]);
    expect((await enter()).sent).toMatchObject([{ message: 'kept', metadata: { page: 1 } }]);
  });

  it('is sent again later where the server has too much to do', async () => {
    const client = await start();
    const id = client.send('again');
    const socket = await enter();
    const refuse = (): void =>
      socket.say({ type: 'error', code: 'too_fast', message: 'slowly', id });
    refuse();
    expect(messages(socket)).toEqual(['again']);
    await clock.pass(500);
    expect(messages(socket)).toEqual(['again', 'again']);
    for (const ms of [1_000, 2_000, 4_000, 8_000]) {
      refuse();
      await clock.pass(ms);
    }
    refuse();
    expect(client.transcript.entries).toMatchObject([{ status: 'failed', error: 'slowly' }]);
    client.retry(id);
    expect(messages(socket)).toHaveLength(7);
    expect(client.transcript.entries).toMatchObject([{ status: 'pending' }]);
  });

  it('fails where it can never be taken, and does not hold up the next', async () => {
    const client = await start();
    const errors: unknown[] = [];
    client.on('error', ({ code, id }) => errors.push([code, id]));
    const socket = await enter();
    const long = client.send('x'.repeat(70_000));
    const bad = client.send('bad');
    client.send('good');
    socket.say({ type: 'error', code: 'invalid_field', message: 'no', id: bad });
    expect(messages(socket)).toEqual(['bad', 'good']);
    expect(errors).toEqual([
      ['too_long', long],
      ['invalid_field', bad],
    ]);
  });

  it('fails where it closes the connection', async () => {
    const client = await start();
    client.send('large');
    (await enter()).drop(1009);
    expect(client.transcript.entries).toMatchObject([{ status: 'failed' }]);
    await clock.pass(500);
    expect(messages(await enter(opened({ resumed: true })))).toEqual([]);
  });

  it('takes the connection for dead when it is not acknowledged', async () => {
    const client = await start();
    const socket = await enter();
    client.send('hello?');
    await clock.pass(15_000);
    expect(socket.readyState).toBe(3);
    expect(client.state).toBe('offline');
  });

  it('tells of typing now and then, and of a choice by its title', async () => {
    const client = await start({ sender: 'me' });
    client.typing();
    const socket = await enter();
    client.typing();
    client.typing();
    client.cancel();
    client.choose({ title: 'Large' });
    expect(socket.sent).toMatchObject([
      { type: 'typing', sender: 'me' },
      { type: 'cancel', sender: 'me' },
      { type: 'choice', payload: 'Large', title: 'Large', sender: 'me' },
    ]);
  });

  it('is not kept by listeners that fail', async () => {
    const client = await start();
    const failures: unknown[] = [];
    globalThis.reportError ??= (error) => void failures.push(error);
    const seen: number[] = [];
    client.on('message', () => {
      throw new Error('no');
    });
    const stop = client.on('message', ({ seq }) => seen.push(seq));
    (await enter()).say(text(1));
    stop();
    last().say(text(2));
    expect(seen).toEqual([1]);
  });
});
