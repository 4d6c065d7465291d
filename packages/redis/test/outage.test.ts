import { StoreError, type Lock } from '@trunkline/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inTime } from '../../../scripts/test-support/in-time.ts';
import { needs } from '../../../scripts/test-support/needs.ts';
import type { RedisStore } from '../src/index.ts';
import { Proxy } from './support/proxy.ts';
import { newPrefix, openStore, QUICK, redisProgram, RedisServer, until } from './support/redis.ts';

const OPTIONS = { markTtlMs: 60_000, maxTurns: 1_000 };
const turnOf = (id: string): { conversation: string; id: string; message: string } => ({
  conversation: 'ada',
  id,
  message: id,
});

beforeEach(needs(redisProgram));
let server: RedisServer;
let prefix: string;
beforeEach(async () => {
  prefix = newPrefix();
  server ??= await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always');
});

async function idsIn(store: RedisStore): Promise<string[]> {
  return (await store.turns.waiting('ada', 10_000)).map(({ id }) => id);
}

describe('while Redis is away', () => {
  it('every call rejects within 2 seconds, and says what to check', async () => {
    const store = openStore({ url: 'redis://anna:secret@127.0.0.1:1', prefix }, {});
    const calls = [
      () => store.ready(),
      () => store.lock('key'),
      () => store.values.get('a', 'b'),
      () => store.values.set('a', 'b', 1),
      () => store.values.compareAndSet('a', 'b', null, 1),
      () => store.values.delete('a', 'b'),
      () => store.values.entries('a')[Symbol.asyncIterator]().next(),
      () => store.lists.append('a', 'b', [1], { maxItems: 1, ttlMs: 1 }),
      () => store.lists.last('a', 'b', 1),
      () => store.turns.add(turnOf('1'), OPTIONS),
      () => store.turns.waiting('ada', 1),
      () => store.turns.commit({ key: 'ada', fence: 1, release() {} }, {}),
    ];
    store.signals.send('topic', 1);
    store.signals.listen('topic', () => {});
    store.turns.watch(() => {});
    await Promise.all(calls.map((call) => expectUnreachable(call)));
    await inTime(2_000, store.close());
    await expect(store.ready()).rejects.toMatchObject({ code: 'closed' });
  });

  it('a store can be made and thrown away', async () => {
    const store = openStore({ url: 'redis://127.0.0.1:1', prefix });
    await store.close();
  });

  it('a Redis that hangs counts as away, and is used again when it goes on', async () => {
    const store = openStore({ url: server.url, prefix }, {});
    await store.ready();
    server.signal('SIGSTOP');
    try {
      await Promise.all([
        expectUnreachable(() => store.values.get('a', 'b')),
        expectUnreachable(() => store.turns.add(turnOf('1'), OPTIONS)),
      ]);
    } finally {
      server.signal('SIGCONT');
    }
    await until('it to be there', () => isReady(store));
  });
});

describe('while a slow script of somebody else keeps Redis busy', () => {
  // Redis refuses everything meanwhile, and was taken at its word: each call, and each wait in a line,
  // failed at once, though a moment later all of it would have been done.
  const busyFor = async (ms: number, work: () => Promise<void>): Promise<void> => {
    await server.command('CONFIG', 'SET', 'busy-reply-threshold', '20');
    const script = `local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end
      local till = now() + ${ms}
      while now() < till do end`;
    const slow = server.command('EVAL', script, '0');
    try {
      const isBusy = async (): Promise<boolean> =>
        String(await server.command('GET', 'a').catch(String)).includes('BUSY');
      await until('Redis to be busy', isBusy);
      await work();
    } finally {
      await slow;
      await server.command('CONFIG', 'SET', 'busy-reply-threshold', '5000');
    }
  };

  it('calls wait, and are done in their order', async () => {
    const store = openStore({ url: server.url, prefix }, {});
    const held = await store.lock('ada');
    const order: string[] = [];
    await busyFor(1_000, async () => {
      const waiting = [1, 2, 3].map(async (i) => {
        const lock = await store.lock('ada');
        order.push(`lock ${i}`);
        lock.release();
      });
      const added = ['1', '2', '3'].map((id) => store.turns.add(turnOf(id), OPTIONS));
      expect(await Promise.all(added)).toEqual(['added', 'added', 'added']);
      expect(await idsIn(store)).toEqual(['1', '2', '3']);
      held.release();
      await Promise.all(waiting);
    });
    expect(order).toEqual(['lock 1', 'lock 2', 'lock 3']);
  });

  it('for long, calls reject within 2 seconds, and say why', async () => {
    const store = openStore({ url: server.url, prefix }, {});
    await store.ready();
    await busyFor(3_000, async () => {
      await expect(inTime(2_000, store.values.get('a', 'b'))).rejects.toThrow(
        /is busy with a script, which is not ours: see its SLOWLOG/,
      );
    });
    expect(await store.values.get('a', 'b')).toBeNull();
  });
});

describe('when Redis was killed and is there again', () => {
  it('everything that was added is there, in order, and nothing twice', async () => {
    const store = openStore({ url: server.url, prefix });
    const accepted: string[] = [];
    const producer = (async () => {
      for (let i = 0; i < 600; i++) {
        const id = String(i);
        // As a platform does that was not answered: the same message again.
        for (;;) {
          const added = await Promise.resolve(store.turns.add(turnOf(id), OPTIONS)).catch(
            () => null,
          );
          if (added !== null) break;
        }
        accepted.push(id);
      }
    })();
    for (const count of [100, 300]) {
      await until(`${count} to be accepted`, () => accepted.length >= count);
      await server.kill();
      const before = [...accepted];
      await server.start();
      await until('it to be there', () => isReady(store));
      expect((await idsIn(store)).slice(0, before.length)).toEqual(before);
    }
    await producer;
    expect(await idsIn(store)).toEqual(accepted);
  }, 30_000);

  it('its holder keeps a lock, and the line goes on in its order', async () => {
    const [one, two] = [
      openStore({ url: server.url, prefix }),
      openStore({ url: server.url, prefix }),
    ];
    one.turns.watch(() => {});
    two.turns.watch(() => {});
    const lock = await one.lock('ada');
    await one.turns.add(turnOf('1'), OPTIONS);
    const order: string[] = [];
    const take = async (store: RedisStore, name: string): Promise<void> => {
      const given: Lock = await store.lock('ada');
      order.push(name);
      given.release();
    };
    const waiting = [take(two, 'first')];
    await two.ready();
    waiting.push(take(one, 'second'));
    await one.ready();
    await server.kill();
    // Longer than a lease: with Redis, everybody's has run out.
    const end = Date.now() + 2 * (QUICK.leaseMs ?? 0);
    await until('a lease to run out', () => Date.now() > end);
    await server.start();
    await until('both to be there', async () => (await isReady(one)) && (await isReady(two)));
    await one.turns.commit(lock, { save: { id: '1', progress: 'x' } });
    expect(order).toEqual([]);
    lock.release();
    await Promise.all(waiting);
    expect(order).toEqual(['first', 'second']);
  });

  it('a holder that is back a little later than the others keeps its lock, too', async () => {
    const proxy = await Proxy.to(server.port);
    const one = openStore({ url: proxy.url, prefix });
    const two = openStore({ url: server.url, prefix });
    two.turns.watch(() => {});
    const lock = await one.lock('ada');
    const waiting = two.lock('ada');
    await two.ready();
    await server.kill();
    proxy.isAway = true;
    const lapsed = Date.now() + 2 * (QUICK.leaseMs ?? 0);
    await until('a lease to run out', () => Date.now() > lapsed);
    await server.start();
    await until('the other to be there', () => isReady(two));
    const later = Date.now() + (QUICK.checkMs ?? 0) + 50;
    await until('the other to have looked around', () => Date.now() > later);
    proxy.isAway = false;
    await until('the holder to be there', () => isReady(one));
    await one.turns.commit(lock, { remove: ['1'] });
    lock.release();
    (await waiting).release();
    await one.close();
    await proxy.end();
  });

  it('a lock that was released meanwhile is free, and a place that was given up is gone', async () => {
    const [one, two] = [
      openStore({ url: server.url, prefix }),
      openStore({ url: server.url, prefix }),
    ];
    const lock = await one.lock('ada');
    const controller = new AbortController();
    const waiting = one.lock('ada', { signal: controller.signal });
    await one.ready();
    await server.kill();
    lock.release();
    controller.abort(new Error('had enough'));
    await expect(waiting).rejects.toThrow('had enough');
    await expectUnreachable(() => one.lock('ada'));
    await server.start();
    await until('it to be there', () => isReady(two));
    (await two.lock('ada')).release();
  });
});

describe('when a reply gets lost', () => {
  let proxy: Proxy;
  let store: RedisStore;
  let other: RedisStore;
  beforeEach(async () => {
    proxy = await Proxy.to(server.port);
    store = openStore({ url: proxy.url, prefix });
    other = openStore({ url: server.url, prefix });
    await store.ready();
  });
  afterEach(async () => {
    await store.close();
    await proxy.end();
  });

  it('a turn is added once', async () => {
    proxy.loseReplyTo(':mark:');
    expect(await store.turns.add(turnOf('1'), OPTIONS)).toBe('unfinished');
    expect(proxy.lost).toBe(1);
    expect(await idsIn(other)).toEqual(['1']);
  });

  it('a commit is done once', async () => {
    await store.turns.add(turnOf('1'), OPTIONS);
    const lock = await store.lock('ada');
    proxy.loseReplyTo(':list:7:history');
    const isDone = await store.turns.commit(lock, {
      save: { id: '1', progress: 'x' },
      remove: ['1'],
      write: { namespace: 'state', value: 1, expected: null },
      append: { namespace: 'history', items: ['a'], maxItems: 9, ttlMs: 60_000 },
    });
    expect(proxy.lost).toBe(1);
    expect(isDone).toBe(true);
    expect(await other.lists.last('history', 'ada', 9)).toEqual(['a']);
    lock.release();
  });

  it('a commit that was given up, and is tried again, is done once', async () => {
    await store.turns.add(turnOf('1'), OPTIONS);
    const lock = await store.lock('ada');
    const changes = {
      save: { id: '1', progress: 'x' },
      write: { namespace: 'state', value: 1, expected: null },
      append: { namespace: 'history', items: ['a'], maxItems: 9, ttlMs: 60_000 },
    };
    // Redis does it, and is away before it can say so.
    proxy.isAway = true;
    proxy.loseReplyTo(':list:7:history');
    await expect(store.turns.commit(lock, changes)).rejects.toMatchObject({ code: 'unreachable' });
    expect(proxy.lost).toBe(1);
    proxy.isAway = false;
    await until('it to be there', () => isReady(store));
    expect(await store.turns.commit(lock, changes)).toBe(true);
    expect(await other.lists.last('history', 'ada', 9)).toEqual(['a']);
    lock.release();
  });

  it('a value is set once, and a list grows once', async () => {
    proxy.loseReplyTo(':value:5:state');
    const version = await store.values.compareAndSet('state', 'ada', null, 1);
    expect(await other.values.get('state', 'ada')).toEqual({ value: 1, version });
    proxy.loseReplyTo(':list:7:history');
    await store.lists.append('history', 'ada', ['a', 'b'], { maxItems: 9, ttlMs: 60_000 });
    expect(await other.lists.last('history', 'ada', 9)).toEqual(['a', 'b']);
    expect(proxy.lost).toBe(2);
  });

  it('a delete rejects, for nobody knows what it did', async () => {
    await store.values.set('state', 'ada', 1);
    proxy.loseReplyTo(':value:5:state');
    await expect(store.values.delete('state', 'ada')).rejects.toBeInstanceOf(StoreError);
  });

  it('a lock is given once', async () => {
    proxy.loseReplyTo(':fence');
    const lock = await store.lock('ada');
    const next = other.lock('ada');
    await other.ready();
    proxy.loseReplyTo(':fence');
    lock.release();
    (await next).release();
    // The other one hears of its lock over a connection of its own, perhaps before.
    await until('the reply to be lost', () => proxy.lost === 2);
  });

  it('a place in line is taken once', async () => {
    const lock = await other.lock('ada');
    proxy.loseReplyTo(':fence');
    const waiting = store.lock('ada');
    await store.ready();
    expect(proxy.lost).toBe(1);
    const [line = ''] = (await server.command('KEYS', `${prefix}:*:line:ada`)) as string[];
    expect(await server.command('LLEN', line)).toBe(2);
    lock.release();
    (await waiting).release();
  });

  it('the lock that a release passed to another waiter here is found', async () => {
    const lock = await store.lock('ada');
    const next = store.lock('ada');
    await store.ready();
    proxy.loseReplyTo(':fence');
    lock.release();
    (await next).release();
    expect(proxy.lost).toBe(1);
  });

  it('a process that was held up hears what was answered meanwhile', async () => {
    // It looked at its timers first, took Redis for away, and its connection for dead.
    // Not by way of the proxy, which is in this process.
    const direct = openStore({ url: server.url, prefix });
    await direct.values.set('state', 'ada', 1);
    const got = direct.values.get('state', 'ada');
    // It goes out, and its answer comes in while nobody looks.
    await new Promise((resolve) => process.nextTick(resolve));
    const end = Date.now() + 2_000;
    while (Date.now() < end);
    expect(await got).toMatchObject({ value: 1 });
  });

  it('connections that are dead without having been closed are replaced', async () => {
    const lock = await other.lock('ada');
    const waiting = store.lock('ada');
    let hasHeard = false;
    store.signals.listen('topic', () => (hasHeard = true));
    await store.ready();
    proxy.freeze();
    lock.release();
    (await waiting).release();
    const again = await other.lock('ada');
    const waitingAgain = store.lock('ada');
    await until('news to come through again', () => {
      other.signals.send('topic', 1);
      return hasHeard;
    });
    again.release();
    (await waitingAgain).release();
  }, 15_000);

  it('what was asked for in one tick keeps its order', async () => {
    for (let round = 0; round < 5; round++) {
      const order: number[] = [];
      const held = await store.lock('ada');
      const waiting = Array.from({ length: 10 }, async (_, i) => {
        const lock = await store.lock('ada');
        order.push(i);
        lock.release();
      });
      proxy.cut();
      held.release();
      await Promise.all(waiting);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  });
});

describe('set-up', () => {
  it('with another number of partitions is refused, and names both', async () => {
    const first = openStore({ url: server.url, prefix, partitions: 4 });
    await first.ready();
    const second = openStore({ url: server.url, prefix, partitions: 8 });
    const error = { name: 'ConfigurationError', code: 'partitions_differ' };
    await expect(second.ready()).rejects.toMatchObject(error);
    await expect(second.ready()).rejects.toThrow(/`partitions` is 8 here, but 4/);
    await expect(second.values.set('a', 'b', 1)).rejects.toMatchObject(error);
  });

  it('with a wrong password, or none, says so without it', async () => {
    const locked = await RedisServer.start('--requirepass', 'right');
    for (const user of ['', ':wrong@']) {
      const store = openStore({ url: `redis://${user}127.0.0.1:${locked.port}`, prefix }, {});
      const error = await store.ready().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'ConfigurationError', code: 'not_let_in' });
      expect(String(error)).toMatch(/check user and password/);
      expect(everything(error)).not.toContain('wrong@');
      expect(everything((error as Error).cause)).not.toMatch(/"wrong"/);
      await expect(store.values.get('a', 'b')).rejects.toBeInstanceOf(StoreError);
    }
    const right = openStore({ url: `redis://:right@127.0.0.1:${locked.port}`, prefix });
    await right.ready();
  });

  it('needs no more rights than the README says', async () => {
    const rights = ['>secret', `~${prefix}:*`, `&${prefix}:*`, '+@all', '-@dangerous', '+info'];
    await server.command('ACL', 'SETUSER', 'some', 'on', ...rights);
    await server.command('ACL', 'SETUSER', 'few', 'on', ...rights, '-@scripting');
    const urlOf = (user: string): string => `redis://${user}:secret@127.0.0.1:${server.port}`;
    const store = openStore({ url: urlOf('some'), prefix });
    store.turns.watch(() => {});
    const first = await store.lock('ada');
    const second = store.lock('ada');
    await store.turns.add(turnOf('1'), OPTIONS);
    await store.turns.commit(first, { remove: ['1'] });
    first.release();
    (await second).release();
    for await (const entry of store.values.entries('a')) expect(entry).toBeUndefined();
    let hasHeard = false;
    store.signals.listen('topic', () => (hasHeard = true));
    store.signals.send('topic', 1);
    await until('news', () => hasHeard);
    const other = openStore({ url: urlOf('few'), prefix });
    await expect(other.ready()).rejects.toMatchObject({ code: 'not_allowed' });
  });

  it('may forget its scripts', async () => {
    const store = openStore({ url: server.url, prefix });
    await store.turns.add(turnOf('1'), OPTIONS);
    await server.command('SCRIPT', 'FLUSH');
    await store.turns.add(turnOf('2'), OPTIONS);
    expect(await idsIn(store)).toEqual(['1', '2']);
  });

  it('warns, once a store, where Redis may evict keys', async () => {
    const warned: string[] = [];
    const store = openStore({ url: server.url, prefix, warn: (message) => warned.push(message) });
    await store.ready();
    // Without a limit, nothing is evicted.
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await openStore({ url: server.url, prefix, warn: (text) => warned.push(text) }).ready();
    expect(warned).toEqual([]);
    await server.command('CONFIG', 'SET', 'maxmemory', '100mb');
    try {
      const told: string[] = [];
      const other = openStore({ url: server.url, prefix, warn: (message) => told.push(message) });
      await other.ready();
      await server.command('CLIENT', 'KILL', 'TYPE', 'normal');
      await until('it to be there again', () => isReady(other));
      expect(told).toEqual([
        expect.stringMatching(
          /^\[redis\] Redis at 127\.0\.0\.1:\d+ evicts keys when its memory is full \(allkeys-lru\), turns that were accepted among them: set maxmemory-policy to noeviction$/,
        ),
      ]);
    } finally {
      await server.command('CONFIG', 'SET', 'maxmemory', '0');
      await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    }
  });

  it('says that too few replicas are there', async () => {
    const store = openStore({ url: server.url, prefix });
    await store.ready();
    await server.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
    try {
      await expect(store.turns.add(turnOf('1'), OPTIONS)).rejects.toThrow(
        /has fewer replicas than its min-replicas-to-write asks for, and takes nothing more/,
      );
    } finally {
      await server.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
    }
    expect(await store.turns.add(turnOf('1'), OPTIONS)).toBe('added');
  });

  it('says that Redis is full', async () => {
    const store = openStore({ url: server.url, prefix });
    await store.turns.add(turnOf('1'), OPTIONS);
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    try {
      await expect(store.turns.add(turnOf('2'), OPTIONS)).rejects.toThrow(
        /has reached its maxmemory, and nothing more can be stored/,
      );
    } finally {
      await server.command('CONFIG', 'SET', 'maxmemory', '0');
    }
    expect(await idsIn(store)).toEqual(['1']);
    expect(await store.turns.add(turnOf('2'), OPTIONS)).toBe('added');
  });
});

async function expectUnreachable(call: () => unknown): Promise<void> {
  const error = await inTime(2_000, call()).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: 'unreachable' });
  expect(String(error)).toMatch(
    /127\.0\.0\.1:\d+ does not answer: check that it runs, .* wants TLS/,
  );
  expect(everything(error)).not.toContain('secret');
}

/** All that a log could show of an error. */
function everything(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  return `${String(error)} ${JSON.stringify(error)} ${everything(error.cause)}`;
}

async function isReady(store: RedisStore): Promise<boolean> {
  return await store.ready().then(
    () => true,
    () => false,
  );
}
