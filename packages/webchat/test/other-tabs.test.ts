// @vitest-environment jsdom
/*
 * Web chat, privacy: whoever logged out in one tab left the conversation to be read in the others, until
 * their next connection.
 */
import { describe, expect, it } from 'vitest';
import { connect, type ChatClient } from '../src/client.ts';
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
  url,
} from './support/scene.ts';
import { FakeSocket, FakeStorage } from './support/sockets.ts';

beginAnew();

const KEY = `trunkline:${url}:session`;
/** A session that is its user's for good, by a token or a cookie. */
const signedIn = opened({ session: 'session of alice', token: null, resumed: true });

/** What the browser tells other pages of a change: here, every client that is not closed. */
function tellOfStorage(changes: object = {}): void {
  const change = { storageArea: storage, key: KEY, newValue: null, ...changes };
  dispatchEvent(Object.assign(new Event('storage'), change));
}

/** What `forget()` leaves of the storage, in a page of its own. */
function forgetElsewhere(): void {
  storage.items.clear();
}

function countOf(client: ChatClient): { forgotten: number } {
  const count = { forgotten: 0 };
  client.on('forgotten', () => count.forgotten++);
  return count;
}

describe('a tab whose user has logged out in another', () => {
  it('shows nothing any more, sends nothing of it, and begins anew', async () => {
    const tab = await start();
    (await enter()).say(text(1));
    const count = countOf(tab);
    tab.send('private');
    forgetElsewhere();
    tellOfStorage();
    expect(tab.transcript.entries).toEqual([]);
    expect(count).toEqual({ forgotten: 1 });
    expect(storage.length).toBe(0);
    tab.send('hello');
    await clock.pass(500);
    expect(last().url).toBe(url);
    const socket = await enter(opened({ session: 's2', token: 't2' }));
    expect(messages(socket)).toEqual(['hello']);
    expect(tab.transcript.entries).toMatchObject([{ text: 'hello' }]);
  });

  it('leaves the session that was begun meanwhile alone, and goes on in it', async () => {
    const tab = await start();
    await enter();
    forgetElsewhere();
    // In a page of its own, which is not told.
    storage.setItem(KEY, JSON.stringify({ session: 's2', token: 't2', user: 's2' }));
    tellOfStorage();
    await clock.pass(500);
    last().open();
    expect(last().sent).toEqual([{ type: 'resume', session: 's2', token: 't2' }]);
    last().say(opened({ session: 's2', token: 't2', resumed: true }), text(1));
    expect(tab.transcript.entries).toMatchObject([{ key: 'm1' }]);
  });

  it('also forgets the session where it had just come back to it', async () => {
    const tab = await start();
    await enter();
    const written = storage.getItem(KEY) ?? '';
    forgetElsewhere();
    storage.setItem(KEY, written);
    tellOfStorage();
    expect(storage.length).toBe(0);
    expect(tab.state).toBe('offline');
  });

  it.each([
    ['a token', { token: 'alice' }],
    ['a cookie', {}],
  ])('is closed where %s would open the old session again', async (_what, options) => {
    const tab = await start(options);
    (await enter(signedIn)).say(text(1));
    const count = countOf(tab);
    tellOfStorage();
    expect(tab.transcript.entries).toEqual([]);
    expect(tab.state).toBe('closed');
    expect(count).toEqual({ forgotten: 1 });
    await clock.pass(60_000);
    expect(sockets).toHaveLength(1);
  });

  it('knows of it as well where the whole storage was emptied', async () => {
    const tab = await start();
    (await enter()).say(text(1));
    storage.items.clear();
    tellOfStorage({ key: null });
    expect(tab.transcript.entries).toEqual([]);
  });

  it('is not meant by what happens to other keys, in other storages, or to a session that is written', async () => {
    const tab = await start();
    (await enter()).say(text(1));
    tellOfStorage({ key: 'trunkline:ws://elsewhere/ws:session' });
    tellOfStorage({ key: `trunkline:${url}:unsent:a` });
    tellOfStorage({ storageArea: new FakeStorage() });
    tellOfStorage({ newValue: '{}' });
    expect(tab.transcript.entries).toMatchObject([{ key: 'm1' }]);
    expect(tab.state).toBe('connected');
  });
});

// After a restart that had kept nothing, two tabs were in two conversations until their next connection.
describe('a tab that was given a new session', () => {
  const keep = (session: string, token: string): void => {
    storage.setItem(KEY, JSON.stringify({ session, token, user: 's1' }));
    tellOfStorage({ newValue: storage.getItem(KEY) });
  };

  it('goes over to the one that another was given in the same moment', async () => {
    const tab = await start();
    const socket = await enter();
    tellOfStorage({ key: 'another', newValue: 'of the page' });
    expect(socket.sent).toEqual([]);
    keep('s2', 't2');
    expect(socket.sent).toEqual([{ type: 'resume', session: 's2', token: 't2' }]);
    socket.say(opened({ session: 's2', token: 't2', resumed: true }), text(1));
    expect(tab.state).toBe('connected');
    expect(tab.transcript).toMatchObject({ session: 's2', entries: [{ key: 'm1' }] });
    expect(storage.getItem(KEY)).toContain('s2');
  });

  it('does so once a connection: servers that share nothing know only their own', async () => {
    const tab = await start();
    const socket = await enter();
    keep('s2', 't2');
    socket.say(opened({ session: 's3', token: 't3', reason: 'unknown' }));
    keep('s4', 't4');
    expect(socket.sent).toHaveLength(1);
    expect(tab.transcript.session).toBe('s3');
  });

  it('stays where something was said in it', async () => {
    const tab = await start();
    const socket = await enter();
    tab.send('hello');
    keep('s2', 't2');
    expect(socket.sent).toMatchObject([{ message: 'hello' }]);
  });

  it('stays where it came back to one', async () => {
    await start();
    const socket = await enter(opened({ resumed: true }));
    keep('s2', 't2');
    expect(socket.sent).toEqual([]);
  });

  it('is not meant while it still asks for one', async () => {
    await start();
    last().open();
    keep('s2', 't2');
    expect(last().sent).toEqual([]);
    last().say(opened());
    expect(last().sent).toEqual([{ type: 'resume', session: 's2', token: 't2' }]);
  });
});

// The browser tells other pages alone of a change. A second element went on showing the conversation.
describe('a client beside the one whose user has logged out', () => {
  it('shows nothing any more at once, and begins anew', async () => {
    const beside = await start();
    (await enter()).say(text(1));
    const count = countOf(beside);
    (await start()).forget();
    expect(beside.transcript.entries).toEqual([]);
    expect(count).toEqual({ forgotten: 1 });
    await clock.pass(500);
    expect(last().url).toBe(url);
  });

  it('is closed where its token would open the old session again', async () => {
    const beside = await start({ token: 'alice' });
    (await enter(signedIn)).say(text(1));
    (await start({ token: 'alice' })).forget();
    expect(beside.transcript.entries).toEqual([]);
    expect(beside.state).toBe('closed');
  });

  it('is not one that was made by whoever was told', async () => {
    const beside = await start();
    const made: ChatClient[] = [];
    const goOn = (client: ChatClient): void => {
      client.on('forgotten', () => {
        const next = connect({ url, storage, clock, open: (address) => new FakeSocket(address) });
        made.push(next);
        goOn(next);
      });
    };
    goOn(beside);
    (await start()).forget();
    expect(made).toHaveLength(1);
  });

  it('is not meant where it has another storage, another address, or none to share', async () => {
    const others = [
      await start({ storage: new FakeStorage() }),
      await start({ url: 'ws://elsewhere/ws' }),
      await start({ storage: 'none' }),
    ];
    const counts = others.map(countOf);
    (await start()).forget();
    (await start({ storage: 'none' })).forget();
    expect(counts).toEqual([{ forgotten: 0 }, { forgotten: 0 }, { forgotten: 0 }]);
  });
});

describe('a page that is shown again as it was left', () => {
  const restore = (): void => {
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  };

  it('stays as it was where nobody has logged out', async () => {
    const fresh = await start();
    restore();
    expect(fresh.state).toBe('connecting');
    (await enter()).say(text(1));
    restore();
    expect(fresh.transcript.entries).toMatchObject([{ key: 'm1' }]);
    expect(fresh.state).toBe('connected');
  });

  it.each([
    ['nobody is there', null],
    ['somebody else is', JSON.stringify({ session: 's2', token: 't2', user: 's2' })],
  ])('shows nothing any more where %s', async (_what, kept) => {
    const page = await start();
    (await enter()).say(text(1));
    if (kept === null) storage.removeItem(KEY);
    else storage.setItem(KEY, kept);
    restore();
    expect(page.transcript.entries).toEqual([]);
    expect(page.state).toBe('offline');
    expect(storage.getItem(KEY)).toBe(kept);
  });
});
