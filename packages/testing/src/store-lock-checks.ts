import assert from 'node:assert/strict';
import type { Lock, Store } from '@trunkline/core';
import type { AddCheck } from './checks.ts';
import type { StoreScene } from './store-scene.ts';

/** Keys as conversations may be called. */
export const KEYS: readonly string[] = [
  'a',
  'a:b',
  'a:b:c',
  'A',
  'ä',
  '',
  ' ',
  '*',
  '{a}',
  '__proto__',
  'long'.repeat(200),
];

/** The checks of a store's locks. */
export function addLockChecks(check: AddCheck, scene: StoreScene): void {
  check('gives a free lock at once, again and again', async (during) => {
    const store = await scene.open(during);
    for (let round = 1; round <= 3; round++) {
      const lock = await during.waitFor(`free lock ${round}`, store.lock('key'));
      lock.release();
    }
  });

  check('gives a lock to one at a time', async (during) => {
    const store = await scene.open(during);
    const inside = new Map<string, number>();
    const work = async (key: string): Promise<void> => {
      const lock = await store.lock(key);
      inside.set(key, (inside.get(key) ?? 0) + 1);
      await store.values.get('marks', key);
      const count = inside.get(key);
      inside.set(key, 0);
      lock.release();
      assert.equal(count, 1, `${count} held the lock of ${key} at the same time`);
    };
    const tasks = Array.from({ length: 30 }, (_, index) => work(`key${index % 3}`));
    await during.waitFor('30 locks of 3 keys', Promise.all(tasks));
  });

  check('gives a lock in the order of the calls', async (during) => {
    const store = await scene.open(during);
    const order: number[] = [];
    const { signal } = new AbortController();
    const tasks = Array.from({ length: 20 }, async (_, index) => {
      // Asked for within one tick. Those with a signal must not take longer to get into line.
      const lock = await (index % 3 === 0 ? store.lock('key', { signal }) : store.lock('key'));
      order.push(index);
      lock.release();
    });
    await during.waitFor('20 locks of one key', Promise.all(tasks));
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
  });

  check('gives the locks of different keys independently', async (during) => {
    const store = await scene.open(during);
    const locks: Lock[] = [];
    for (const key of KEYS) {
      const lock = store.lock(key);
      locks.push(await during.waitFor(`the free lock "${key}" while others are held`, lock));
    }
    assert.deepEqual(
      locks.map(({ key }) => key),
      KEYS,
      'a lock says what is locked',
    );
    for (const lock of locks) lock.release();
  });

  check('wakes the next when a lock is released, and nobody else', async (during) => {
    const store = await scene.open(during);
    const first = await store.lock('key');
    const [second, third] = [new Waiter(store, 'key'), new Waiter(store, 'key')];
    await settled(store);
    assert.deepEqual([second.hasLock, third.hasLock], [false, false], 'given before the release');
    first.release();
    await during.waitFor('the second in line to get the lock', second.lock);
    await settled(store);
    assert.equal(third.hasLock, false, 'the third in line got the lock beside the second');
    (await second.lock).release();
    (await during.waitFor('the third in line to get the lock', third.lock)).release();
  });

  check('takes a second release for none', async (during) => {
    const store = await scene.open(during);
    const first = await store.lock('key');
    const [second, third] = [new Waiter(store, 'key'), new Waiter(store, 'key')];
    first.release();
    await during.waitFor('the second in line to get the lock', second.lock);
    first.release();
    await settled(store);
    assert.equal(third.hasLock, false, 'the first released the lock that the second holds');
    (await second.lock).release();
    (await during.waitFor('the third in line to get the lock', third.lock)).release();
  });

  check('gives every holder of a key a greater fence', async (during) => {
    const store = await scene.open(during);
    let last = Number.NEGATIVE_INFINITY;
    const asked = Array.from({ length: 5 }, () => store.lock('key'));
    for (const lock of [...asked, ...asked.map(() => null)]) {
      const { fence, release } = grab(await (lock ?? store.lock('key')));
      assert.ok(fence > last, `the fence ${fence} came after ${last}`);
      last = fence;
      release();
    }
  });

  check('lets a waiter leave the line when its signal aborts', async (during) => {
    const store = await scene.open(during);
    const controller = new AbortController();
    const reason = new Error('had enough');
    const first = await store.lock('key');
    const second = new Waiter(store, 'key', controller.signal);
    const third = new Waiter(store, 'key');
    controller.abort(reason);
    await during.waitFor('the waiter to leave', rejectsWith(second.lock, reason));
    await settled(store);
    assert.equal(third.hasLock, false, 'the next got the lock while it was held');
    first.release();
    const lock = await during.waitFor('the next in line to get the lock', third.lock);
    lock.release();
  });

  check('gives no place to a waiter whose signal has aborted', async (during) => {
    const store = await scene.open(during);
    const reason = new Error('too late');
    const first = await during.waitFor('the lock that nobody holds', store.lock('key'));
    await rejectsWith(new Waiter(store, 'key', AbortSignal.abort(reason)).lock, reason);
    first.release();
    (await during.waitFor('the lock again', store.lock('key'))).release();
  });

  check('leaves a lock to its holder when the signal aborts later', async (during) => {
    const store = await scene.open(during);
    const controller = new AbortController();
    const [first, second] = [
      await store.lock('key', { signal: controller.signal }),
      new Waiter(store, 'key'),
    ];
    controller.abort(new Error('later'));
    await settled(store);
    assert.equal(second.hasLock, false, 'the signal of a holder released its lock');
    first.release();
    (await during.waitFor('the next in line to get the lock', second.lock)).release();
  });

  check('loses no lock when a release and an abort meet', async (during) => {
    const store = await scene.open(during);
    for (const isAbortFirst of [true, false]) {
      const controller = new AbortController();
      const first = await store.lock('key');
      const second = new Waiter(store, 'key', controller.signal).lock;
      const third = store.lock('key');
      if (isAbortFirst) controller.abort(new Error('had enough'));
      first.release();
      if (!isAbortFirst) controller.abort(new Error('had enough'));
      // Whether it left or got the lock, the line goes on.
      const passed = second.then((lock) => lock.release()).catch(() => {});
      await during.waitFor('the second in line to leave or to get the lock', passed);
      (await during.waitFor('the third in line to get the lock', third)).release();
    }
  });
}

/** Somebody in the line for a lock. */
class Waiter {
  readonly lock: Promise<Lock>;
  hasLock = false;

  constructor(store: Store, key: string, signal?: AbortSignal) {
    this.lock = (async () => await store.lock(key, { signal }))();
    this.lock.then(
      () => (this.hasLock = true),
      () => {},
    );
  }
}

/** Some round trips, after which the store has done whatever it was about to do. */
async function settled(store: Store): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await store.values.get('marks', 'round trip');
    (await store.lock('round trip')).release();
  }
}

/** A lock's parts, the function still bound. */
function grab(lock: Lock): { fence: number; release: () => void } {
  return { fence: lock.fence, release: () => lock.release() };
}

async function rejectsWith(promise: Promise<unknown>, reason: Error): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.equal(error, reason, 'must reject with the signal’s reason itself');
    return true;
  });
}
