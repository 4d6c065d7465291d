import { ConfigurationError } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../src/index.ts';
import { newFile } from './support/files.ts';

const BEAT_MS = 10_000;
const ONE_DAY = { markTtlMs: 86_400_000, maxTurns: 10 };

const open: SqliteStore[] = [];
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

function openStore(file: string, options: { beside?: boolean; clock?: FakeClock } = {}) {
  const store = new SqliteStore({ file, clock: new FakeClock(), ...options });
  open.push(store);
  return store;
}

/** What a watch names, and a clock to steer it. */
function serve(file: string) {
  const clock = new FakeClock();
  const store = openStore(file, { clock });
  const named: string[] = [];
  store.turns.watch((conversation) => named.push(conversation));
  const beat = async (): Promise<void> => {
    await clock.advance(BEAT_MS);
    // What it reads, and what it writes because of that.
    for (let i = 0; i < 3; i++) await store.ready();
  };
  return { store, named, beat };
}

const turn = (conversation: string, id = '1') => ({ conversation, id, message: 'hi' });

describe('a tool beside the server', () => {
  it('reads and changes what the server sees', async () => {
    const file = newFile();
    const { store } = serve(file);
    const tool = openStore(file, { beside: true });
    await store.values.set('letters', 'a', { n: 1 });
    expect((await tool.values.get('letters', 'a'))?.value).toEqual({ n: 1 });
    expect(await tool.values.delete('letters', 'a')).toBe(true);
    expect(await store.values.get('letters', 'a')).toBeNull();
    // Neither takes the other's version for its own.
    const versions = [await store.values.set('n', 'k', 1), await tool.values.set('n', 'k', 2)];
    expect(new Set(versions).size).toBe(2);
    expect(await store.values.compareAndSet('n', 'k', versions[0] ?? '', 3)).toBeNull();
  });

  it('leaves the turns that it adds to the server, which is told within a beat, once', async () => {
    const file = newFile();
    const { store, named, beat } = serve(file);
    const tool = openStore(file, { beside: true });
    expect(await tool.turns.add(turn('ada'), ONE_DAY)).toBe('added');
    expect(await tool.turns.add(turn('ada'), ONE_DAY)).toBe('unfinished');
    await beat();
    expect(named).toEqual(['ada']);
    expect(await store.turns.waiting('ada', 10)).toMatchObject([{ id: '1' }]);
    await beat();
    expect(named).toEqual(['ada']);
    // What the server adds itself is its own affair.
    await store.turns.add(turn('bob'), ONE_DAY);
    await beat();
    expect(named).toEqual(['ada']);
  });

  it('is heard where it adds a turn while the server takes up the one before', async () => {
    // The server looked, and forgot only then that the tool had added something: the second one as well,
    // which waited for the user's next message, or the next start.
    const file = newFile();
    const { store, beat } = serve(file);
    const tool = openStore(file, { beside: true });
    const seen = new Set<string>();
    const look = async (conversation: string): Promise<void> => {
      for (const { id } of await store.turns.waiting(conversation, 10)) seen.add(id);
    };
    store.turns.watch((conversation) => void look(conversation));
    await tool.turns.add(turn('ada'), ONE_DAY);
    // The tool is the quicker one.
    const forget = store.values.delete.bind(store.values);
    store.values.delete = async (namespace, key) => {
      await tool.turns.add(turn('ada', '2'), ONE_DAY);
      return await forget(namespace, key);
    };
    await beat();
    store.values.delete = forget;
    await beat();
    expect([...seen]).toEqual(['1', '2']);
  });

  it('is heard as soon as somebody watches', async () => {
    const file = newFile();
    const clock = new FakeClock();
    const store = openStore(file, { clock });
    await openStore(file, { beside: true }).turns.add(turn('ada'), ONE_DAY);
    await clock.advance(BEAT_MS);
    const named: string[] = [];
    store.turns.watch((conversation) => named.push(conversation));
    await clock.advance(BEAT_MS);
    // What it reads, and what it writes because of that.
    for (let i = 0; i < 3; i++) await store.ready();
    expect(named).toEqual(['ada']);
  });

  it('may be alone: the next server finds what it has left', async () => {
    const file = newFile();
    await openStore(file).close();
    open.pop();
    await openStore(file, { beside: true }).turns.add(turn('ada'), ONE_DAY);
    const { named, beat } = serve(file);
    await beat();
    expect(new Set(named)).toEqual(new Set(['ada']));
  });

  it('keeps no server from its file, and takes none away', async () => {
    const file = newFile();
    const { store } = serve(file);
    const tool = openStore(file, { beside: true });
    await tool.ready();
    await tool.close();
    open.pop();
    await store.values.set('still', 'mine', true);
    expect(() => new SqliteStore({ file })).toThrow('belongs to a server that is running');
  });

  it('takes no locks, and makes no file', async () => {
    const file = newFile();
    expect(() => new SqliteStore({ file, beside: true })).toThrow(ConfigurationError);
    expect(() => new SqliteStore({ file, beside: true })).toThrow('there is no file');
    serve(file);
    await expect(openStore(file, { beside: true }).lock('ada')).rejects.toThrow('takes no locks');
  });
});
