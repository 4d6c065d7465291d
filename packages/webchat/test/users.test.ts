/*
 * Web chat, security: what waited to be sent was kept by the channel's URL alone. Alice wrote without a
 * connection and left; Bob signed in at the same browser, and the assistant got her text as his.
 */
import { describe, expect, it } from 'vitest';
import type { ServerFrame } from '@trunkline/websocket/protocol';
import { settle } from './support/clock.ts';
import {
  beginAnew,
  clock,
  enter,
  last,
  messages,
  opened,
  sockets,
  start,
  storage,
  text,
} from './support/scene.ts';

beginAnew();

// Outside of a page there is no storage, and all clients of an address had this nothing in common.
it('has clients of a program that has no storage forget each for itself', async () => {
  const beside = await start({ storage: 'shared' });
  (await enter()).say(text(1));
  let isForgotten = false;
  beside.on('forgotten', () => (isForgotten = true));
  (await start({ storage: 'shared' })).forget();
  expect(isForgotten).toBe(false);
  expect(beside.state).toBe('connected');
  expect(beside.transcript.entries).toMatchObject([{ key: 'm1' }]);
});

/** The session of somebody who has proved who that is: each has one for good. */
const sessionOf = (user: string, changes: object = {}): ServerFrame =>
  opened({ session: `session of ${user}`, token: null, resumed: true, ...changes });

describe('users of one browser who sign in', () => {
  it('are not told apart by tokens: what waits is shown and sent once the server has said whose it is', async () => {
    const alice = await start({ token: 'alice' });
    await enter(sessionOf('alice'));
    last().drop();
    alice.send('private');
    alice.close();

    const bob = await start({ token: 'bob' });
    const socket = await enter(sessionOf('bob'));
    bob.send('hello');
    expect(bob.transcript.entries).toMatchObject([{ text: 'hello' }]);
    expect(messages(socket)).toEqual(['hello']);
    bob.close();

    // A token of hers that was refreshed.
    const again = await start({ token: 'alice, later' });
    expect(again.transcript.entries).toEqual([]);
    expect(messages(await enter(sessionOf('alice')))).toEqual(['private']);
    expect(again.transcript.entries).toMatchObject([{ text: 'private', status: 'pending' }]);
  });

  it('leave nothing behind before the server has said who they are', async () => {
    const alice = await start({ token: 'alice' });
    alice.send('private');
    alice.close();
    expect(storage.length).toBe(0);

    const bob = await start({ token: 'bob' });
    expect(messages(await enter(sessionOf('bob')))).toEqual([]);
    expect(bob.transcript.entries).toEqual([]);
  });

  it('get what they said before the first connection sent, in its order', async () => {
    const alice = await start({ token: 'alice' });
    await enter(sessionOf('alice'));
    last().drop();
    alice.send('one');
    alice.close();
    const later = await start({ token: () => 'alice' });
    await settle();
    const id = later.send('two');
    const socket = await enter(sessionOf('alice'));
    expect(later.transcript.entries).toMatchObject([{ text: 'one' }, { text: 'two' }]);
    const first = socket.sent.find(({ type }) => type === 'message')?.['id'];
    socket.say({ type: 'ack', id: String(first), seq: 1 }, { type: 'ack', id, seq: 2 });
    expect(messages(socket)).toEqual(['one', 'two']);
    expect(storage.length).toBe(1);
  });

  it('may sign in by a cookie, which no client sees', async () => {
    const alice = await start();
    alice.send('private');
    alice.close();
    const bob = await start();
    expect(bob.transcript.entries).toEqual([]);
    expect(messages(await enter(sessionOf('bob')))).toEqual([]);
    expect(bob.transcript.entries).toEqual([]);
  });

  it('may change while the page is there, by a function that gives the token', async () => {
    let token = 'alice';
    const client = await start({ token: () => token });
    await settle();
    (await enter(sessionOf('alice'))).say(text(1), text(2));
    last().drop();
    client.send('private');
    const long = client.send('x'.repeat(70_000));
    token = 'bob';
    await clock.pass(500);
    await settle();
    const shown: number[] = [];
    client.on('transcript', ({ entries }) => shown.push(entries.length));
    // The number that was asked for is alice's: bob's conversation is asked for once more, as a whole.
    await enter(sessionOf('bob', { seq: 2 }));
    expect(shown).toEqual([0]);
    client.retry(long);
    expect(client.transcript.entries).toEqual([]);
    await clock.pass(1_000);
    await settle();
    last().open();
    expect(last().sent).toEqual([{ type: 'resume', session: 'session of bob', token: 'bob' }]);
    last().say(sessionOf('bob'), text(1));
    await settle();
    expect(messages(last())).toEqual([]);
    expect(client.transcript.entries).toMatchObject([{ key: 'm1' }]);
    expect(sockets).toHaveLength(3);
  });
});

describe('a user who does not sign in', () => {
  it('stays the same when the server has forgotten the session', async () => {
    const client = await start();
    (await enter()).say(text(1));
    last().drop();
    client.send('kept');
    client.close();
    const next = await start();
    expect(next.transcript.entries).toMatchObject([{ text: 'kept' }]);
    const socket = await enter(opened({ session: 's2', token: 't2', reason: 'unknown' }));
    expect(messages(socket)).toEqual(['kept']);
  });

  it('stays the same where another tab was given the new session', async () => {
    const client = await start();
    await enter();
    last().drop();
    client.send('kept');
    const other = await start();
    await enter(opened({ session: 's2', token: 't2', reason: 'unknown' }));
    other.close();
    await clock.pass(500);
    expect(messages(await enter(opened({ session: 's2', token: 't2', resumed: true })))).toEqual([
      'kept',
    ]);
  });

  it('stays the same without a storage, as long as the page is there', async () => {
    const client = await start({ storage: 'none' });
    await enter();
    last().drop();
    client.send('kept');
    await clock.pass(500);
    last().open();
    expect(last().sent).toEqual([{ type: 'resume', session: 's1', token: 't1' }]);
    last().say(opened({ resumed: true }));
    await settle();
    expect(messages(last())).toEqual(['kept']);
  });
});

describe('whoever is forgotten', () => {
  it('leaves nothing in the storage and nothing to see, and the next begins anew', async () => {
    storage.setItem('other', '1');
    const client = await start();
    (await enter()).say(text(1));
    last().drop();
    client.send('private');
    const shown: number[] = [];
    client.on('transcript', ({ entries }) => shown.push(entries.length));
    client.forget();
    expect([...storage.items.keys()]).toEqual(['other']);
    expect(client.state).toBe('closed');
    expect(shown).toEqual([0]);
    const next = await start();
    expect(messages(await enter())).toEqual([]);
    expect(last().sent).toEqual([]);
    expect(next.transcript.entries).toEqual([]);
  });

  it('is so in other pages as well, from their next connection on where nothing tells them before', async () => {
    const tab = await start();
    (await enter()).say(text(1));
    last().drop();
    tab.send('private');
    (await start()).forget();
    await clock.pass(500);
    const socket = await enter(opened({ session: 's2', token: 't2' }));
    expect(messages(socket)).toEqual([]);
    expect(tab.transcript.entries).toEqual([]);
  });
});
