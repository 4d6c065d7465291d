import type { Lock, NewTurn } from '@trunkline/core';
import { Redis } from 'ioredis';
import { beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import type { RedisStore } from '../src/index.ts';
import { Proxy } from './support/proxy.ts';
import {
  anyRedis,
  command,
  newPrefix,
  openStore,
  QUICK,
  redisUrl,
  until,
} from './support/redis.ts';

const OPTIONS = { markTtlMs: 60_000, maxTurns: 50 };

/** A process that can die: what it was connected with breaks, and it never comes back. */
interface Mortal {
  store: RedisStore;
  die: () => void;
}

let url: string;
let prefix: string;
beforeEach(needs(anyRedis));
beforeEach(async () => {
  url = await redisUrl();
  prefix = newPrefix();
});

function open(timing = QUICK): RedisStore {
  return openStore({ url, prefix }, timing);
}

function openMortal(timing = QUICK): Mortal {
  const clients: Redis[] = [];
  const create = (options: { redis: object }): Redis => {
    const client = new Redis(url, options.redis);
    clients.push(client);
    return client;
  };
  const store = openStore({ create, prefix }, timing);
  return { store, die: () => clients.forEach((client) => client.disconnect()) };
}

function turn(id: string, conversation: string): NewTurn {
  return { conversation, id, message: id };
}

/** Conversations in the order in which they were named, each once. */
function namedBy(store: RedisStore): string[] {
  const named: string[] = [];
  store.turns.watch((conversation) => {
    if (!named.includes(conversation)) named.push(conversation);
  });
  return named;
}

describe('the lock of several processes', () => {
  it('is held by one of them at a time, with a fence that grows', async () => {
    const stores = [open(), open(), open()];
    let inside = 0;
    let last = 0;
    const work = async (store: RedisStore): Promise<void> => {
      const lock = await store.lock('key');
      expect(++inside).toBe(1);
      expect(lock.fence).toBeGreaterThan(last);
      last = lock.fence;
      await store.values.get('any', 'thing');
      inside--;
      lock.release();
    };
    await Promise.all(Array.from({ length: 60 }, (_, i) => work(stores[i % 3] ?? open())));
  });

  it('goes first come, first served', async () => {
    const stores = [open(), open(), open()];
    const first = await stores[0]?.lock('key');
    const order: number[] = [];
    const waiting: Promise<void>[] = [];
    for (let i = 0; i < 15; i++) {
      const store = stores[(i * 7) % 3] ?? open();
      waiting.push(store.lock('key').then((lock) => (order.push(i), lock.release())));
      // In Redis's line before the next one asks.
      await store.ready();
    }
    first?.release();
    await Promise.all(waiting);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('passes from one to the other within 20 ms', async () => {
    const [one, two] = [open(), open()];
    const took: number[] = [];
    for (let i = 0; i < 50; i++) {
      const [from, to] = i % 2 === 0 ? [one, two] : [two, one];
      const lock = await from.lock('key');
      const next = to.lock('key');
      await to.ready();
      const start = performance.now();
      lock.release();
      (await next).release();
      took.push(performance.now() - start);
    }
    const sorted = took.toSorted((a, b) => a - b);
    expect(sorted[25], `in ms: ${sorted.map((ms) => ms.toFixed(1)).join()}`).toBeLessThan(20);
  });

  it('passes on when a waiter of another process leaves the line', async () => {
    const [one, two, three] = [open(), open(), open()];
    const lock = await one.lock('key');
    const controller = new AbortController();
    const leaving = two.lock('key', { signal: controller.signal });
    await two.ready();
    const staying = three.lock('key');
    await three.ready();
    controller.abort(new Error('had enough'));
    await expect(leaving).rejects.toThrow('had enough');
    lock.release();
    (await staying).release();
  });

  it('passes on when its holder dies, whether anybody watches or not', async () => {
    for (const isWatched of [false, true]) {
      const dying = openMortal();
      const living = open();
      if (isWatched) namedBy(open());
      const held = await dying.store.lock('key');
      const waiting = dying.store.lock('key');
      waiting.catch(() => {});
      await dying.store.ready();
      const next = living.lock('key');
      dying.die();
      const lock = await next;
      expect(lock.fence).toBeGreaterThan(held.fence);
      lock.release();
    }
  });

  it('stays with a holder that lives, however long it holds it', async () => {
    const [one, two] = [open(), open()];
    const lock = await one.lock('key');
    let isGiven = false;
    const next = two.lock('key').then((given) => ((isGiven = true), given));
    const end = Date.now() + 3 * (QUICK.leaseMs ?? 0);
    await until('three leases to pass', () => Date.now() > end);
    expect(isGiven).toBe(false);
    await one.turns.add(turn('1', 'key'), OPTIONS);
    await one.turns.commit(lock, { save: { id: '1', progress: 'x' } });
    lock.release();
    (await next).release();
  });

  it('stays with a holder that renews its lease, though it does not listen', async () => {
    // One that was slow to connect again was taken for dead while it worked.
    const clients: Redis[] = [];
    const create = (options: { redis: object }): Redis => {
      const client = new Redis(url, options.redis);
      clients.push(client);
      return client;
    };
    const long = { ...QUICK, leaseMs: 60_000 };
    const one = openStore({ create, prefix }, long);
    const two = open(long);
    namedBy(two);
    const lock = await one.lock('key');
    await one.turns.add(turn('1', 'key'), OPTIONS);
    let isGiven = false;
    const next = two.lock('key').then((given) => ((isGiven = true), given));
    // The second is the one that listens. It does not come back.
    clients[1]?.disconnect();
    const end = Date.now() + 12 * (QUICK.checkMs ?? 0);
    await until('a dozen checks', () => Date.now() > end);
    expect(isGiven).toBe(false);
    await one.turns.commit(lock, { save: { id: '1', progress: 'x' } });
    lock.release();
    (await next).release();
  });

  it('passes at once when its holder’s store is closed', async () => {
    const [one, two] = [open({ ...QUICK, leaseMs: 60_000 }), open({ ...QUICK, leaseMs: 60_000 })];
    await one.lock('key');
    const next = two.lock('key');
    await two.ready();
    await one.close();
    (await next).release();
  });

  it('is found again when the news that it was given got lost', async () => {
    const [one, two] = [open(), open()];
    const waiting: Promise<Lock>[] = [];
    const locks = await Promise.all(['a', 'b', 'c'].map((key) => one.lock(key)));
    for (const key of ['a', 'b', 'c']) waiting.push(two.lock(key));
    await two.ready();
    for (const lock of locks) {
      // Whoever listens hears nothing until it is connected again.
      await command(url, 'CLIENT', 'KILL', 'TYPE', 'pubsub');
      lock.release();
      await one.ready();
    }
    for (const lock of await Promise.all(waiting)) lock.release();
  });

  it('is waited for again by a process that was taken for dead', async () => {
    const [one, two] = [open(), open()];
    const held = await one.lock('key');
    const waiting = two.lock('key');
    await two.ready();
    await one.turns.add(turn('1', 'key'), OPTIONS);
    // As if both had been silent for longer than their lease.
    const lines = await keysLike(`${prefix}:{*}:line:key`);
    const holders = await keysLike(`${prefix}:{*}:holder:key`);
    for (const key of [...lines, ...holders]) await command(url, 'DEL', key);
    const lock = await waiting;
    await expect(one.turns.commit(held, { remove: ['1'] })).rejects.toMatchObject({
      code: 'lost_lock',
    });
    held.release();
    await one.ready();
    expect(await two.turns.commit(lock, { remove: ['1'] })).toBe(true);
    lock.release();
  });

  it('is let go of when it was given to nobody who knows of it', async () => {
    const [one, two] = [open(), open()];
    namedBy(one);
    const lock = await one.lock('key');
    const next = two.lock('key');
    await two.ready();
    // A place that its process gave up while Redis was away, and that it could not leave.
    const [line = ''] = await keysLike(`${prefix}:{*}:line:key`);
    const [mine = ''] = (await command(url, 'LRANGE', line, '0', '0')) as string[];
    const forgotten = `${mine.split(':')[0]}:forgotten`;
    await command(url, 'LINSERT', line, 'AFTER', mine, forgotten);
    lock.release();
    (await next).release();
  });
});

describe('the turns of a process that died', () => {
  it('are named to another one', async () => {
    const dying = openMortal();
    const living = open();
    const named = namedBy(living);
    const conversations = Array.from({ length: 250 }, (_, i) => `conversation ${i}`);
    const add = async (conversation: string): Promise<void> => {
      if (conversation.endsWith('1')) await dying.store.lock(conversation);
      await dying.store.turns.add(turn('1', conversation), OPTIONS);
    };
    await Promise.all(conversations.map(add));
    // Somebody living waits for this one.
    const waiting = living.lock('conversation 1');
    await living.ready();
    dying.die();
    await until('all to be named', () => named.length >= 249);
    (await waiting).release();
    expect(named.toSorted()).toEqual(conversations.filter((_, i) => i !== 1).toSorted());
  });

  it('are named to one that starts later', async () => {
    const dying = openMortal();
    await dying.store.turns.add(turn('1', 'ada'), OPTIONS);
    await dying.store.lock('ada');
    dying.die();
    const named = namedBy(open());
    await until('it to be named', () => named.includes('ada'));
  });

  it('are named within 15 seconds in the times that hold outside of tests', async () => {
    const dying = openMortal({});
    const named = namedBy(open({}));
    await dying.store.turns.add(turn('1', 'ada'), OPTIONS);
    await dying.store.lock('ada');
    dying.die();
    await until('it to be named', () => named.includes('ada'), 15_000);
  }, 20_000);

  it('are named long before its lease is over, since it does not listen any more', async () => {
    const slow = { ...QUICK, leaseMs: 600_000 };
    const dying = openMortal(slow);
    const staying = open(slow);
    const named = namedBy(open(slow));
    await dying.store.turns.add(turn('1', 'ada'), OPTIONS);
    await dying.store.lock('ada');
    const lock = await staying.lock('bert');
    await staying.turns.add(turn('1', 'bert'), OPTIONS);
    dying.die();
    await until('it to be named', () => named.includes('ada'));
    expect(named).toEqual(['ada']);
    await staying.turns.commit(lock, { remove: ['1'] });
    lock.release();
  });

  it('are named though the connection of who is left breaks again and again', async () => {
    const timing = { leaseMs: 2_000, graceMs: 700, beatMs: 200, checkMs: 150 };
    const { store, die } = openMortal(timing);
    await store.lock('ada');
    await store.turns.add(turn('1', 'ada'), OPTIONS);
    const way = await Proxy.to(Number(new URL(url).port));
    const left = openStore({ url: way.url, prefix }, timing);
    const named = namedBy(left);
    await left.ready();
    die();
    const breaking = setInterval(() => way.cut(), 200);
    await until('the turns to be named', () => named.includes('ada'));
    clearInterval(breaking);
    await left.close();
    await way.end();
  });

  it('are not named while a living process waits for them', async () => {
    const [one, two] = [open({ ...QUICK, sweepMs: 200 }), open({ ...QUICK, sweepMs: 200 })];
    const named = namedBy(two);
    const lock = await one.lock('ada');
    await one.turns.add(turn('1', 'ada'), OPTIONS);
    await one.turns.add(turn('1', 'bert'), OPTIONS);
    // Nobody waits for this one: it shows that the sweep has been there, three times.
    await until('bert to be named', () => named.includes('bert'));
    const end = Date.now() + 600;
    await until('two more sweeps', () => Date.now() > end);
    expect(named).toEqual(['bert']);
    lock.release();
  });

  it('are named at once when its store was closed', async () => {
    const long = { ...QUICK, leaseMs: 60_000 };
    const [one, two] = [open(long), open(long)];
    await one.turns.add(turn('1', 'ada'), OPTIONS);
    const named: string[] = [];
    await one.lock('ada');
    const end = two.turns.watch((conversation) => named.push(conversation));
    await two.ready();
    await one.close();
    await until('it to be named', () => named.includes('ada'));
    end();
  });

  it.each(['dies', 'is closed'])(
    'are named where its process %s behind a living one',
    async (how) => {
      // The living one's ticket handles the queue up to its own message. What came after it had no ticket
      // any more, and was found when everything was looked through: up to a minute later.
      const long = { ...QUICK, sweepMs: 600_000 };
      const { store: going, die } = openMortal(long);
      const staying = open(long);
      const named = namedBy(staying);
      const working = staying.lock('ada');
      await staying.turns.add(turn('1', 'ada'), OPTIONS);
      const lock = await working;
      for (const conversation of ['ada', 'bert']) {
        going.lock(conversation).catch(() => {});
        await going.turns.add(turn('2', conversation), OPTIONS);
      }
      if (how === 'dies') die();
      else await going.close();
      // Its places are gone when what only it had is named.
      await until('bert to be named', () => named.includes('bert'));
      await staying.turns.commit(lock, { remove: ['1'] });
      expect(named).not.toContain('ada');
      lock.release();
      await until('ada to be named', () => named.includes('ada'));
    },
  );
});

describe('news', () => {
  it('reach every process that listens, and each of its listeners', async () => {
    const [one, two] = [open(), open()];
    const heard: string[] = [];
    one.signals.listen('wake', () => {
      throw new Error('a listener of somebody else');
    });
    one.signals.listen('wake', (news) => heard.push(`one ${JSON.stringify(news)}`));
    const end = two.signals.listen('wake', (news) => heard.push(`two ${JSON.stringify(news)}`));
    two.signals.listen('other', () => heard.push('wrong'));
    await until('both to listen', () => {
      one.signals.send('wake', 'a');
      return heard.includes('one "a"') && heard.includes('two "a"');
    });
    end();
    heard.length = 0;
    await until('one to hear', () => {
      two.signals.send('wake', 'b');
      return heard.includes('one "b"');
    });
    expect(heard.filter((news) => news !== 'one "a"' && news !== 'two "a"')).not.toContain(
      'two "b"',
    );
  });

  it('are heard by a listener of before', async () => {
    const store = open();
    for (let i = 0; i < 20; i++) {
      let hasHeard = false;
      const end = store.signals.listen(`topic ${i}`, () => (hasHeard = true));
      store.signals.send(`topic ${i}`, null);
      await until(`news ${i}`, () => hasHeard);
      end();
    }
  });

  it('are heard again after the connection broke', async () => {
    const store = open();
    let count = 0;
    store.signals.listen('wake', () => count++);
    store.signals.send('wake', 1);
    await until('the first', () => count > 0);
    await command(url, 'CLIENT', 'KILL', 'TYPE', 'pubsub');
    count = 0;
    await until('another', () => {
      store.signals.send('wake', 2);
      return count > 0;
    });
  });
});

async function keysLike(pattern: string): Promise<string[]> {
  return (await command(url, 'KEYS', pattern)) as string[];
}
