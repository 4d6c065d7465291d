import { expect, it } from 'vitest';
import { Memory, openStorage } from '../src/memory.ts';
import { FakeStorage } from './support/sockets.ts';

const url = 'ws://localhost/ws';

it('keeps values under the address, beside whatever else is there', () => {
  const storage = new FakeStorage();
  storage.setItem('other', '1');
  const memory = new Memory(storage, url);
  memory.set('unsent:b', { at: 2 });
  memory.set('unsent:a', { at: 1 });
  new Memory(storage, 'ws://elsewhere/ws').set('unsent:c', {});
  expect(memory.names('unsent:').toSorted()).toEqual(['unsent:a', 'unsent:b']);
  expect(memory.get('unsent:a')).toEqual({ at: 1 });
  memory.set('unsent:a', null);
  expect(memory.get('unsent:a')).toBeNull();
});

it('knows a session that it has written, and nothing that it has not', () => {
  const storage = new FakeStorage();
  const memory = new Memory(storage, url);
  expect(memory.session).toBeNull();
  memory.session = { session: 's', token: 't', user: 'u' };
  expect(new Memory(storage, url).session).toEqual({ session: 's', token: 't', user: 'u' });
  for (const broken of ['{', '[]', '{"session":1}', 'null']) {
    storage.setItem(`trunkline:${url}:session`, broken);
    expect(memory.session).toBeNull();
  }
});

it('goes by what it was told where the storage is full, and does not take up what was there before', () => {
  const storage = new FakeStorage();
  const memory = new Memory(storage, url);
  memory.session = { session: 's', token: 't', user: 'u' };
  storage.setItem = () => {
    throw new Error('full');
  };
  const other = { session: 's2', token: 't2', user: 'u' };
  memory.session = other;
  expect(memory.session).toEqual(other);
  memory.session = null;
  expect(memory.session).toBeNull();
});

it('does without a storage, and with one that is full or forbidden', () => {
  const forbidden = {
    length: 1,
    key: () => {
      throw new Error('forbidden');
    },
    getItem: () => {
      throw new Error('forbidden');
    },
    setItem: () => {
      throw new Error('full');
    },
    removeItem: () => {
      throw new Error('forbidden');
    },
  };
  for (const memory of [new Memory(null, url), new Memory(forbidden, url)]) {
    memory.session = { session: 's', token: 't', user: 'u' };
    memory.set('unsent:a', null);
    // The page has it, and the next one does not.
    expect(memory.session).toEqual({ session: 's', token: 't', user: 'u' });
    memory.session = null;
    expect(memory.session).toBeNull();
    expect(memory.names('')).toEqual([]);
  }
  expect(openStorage('none')).toBeNull();
});
