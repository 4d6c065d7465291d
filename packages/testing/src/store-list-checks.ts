import assert from 'node:assert/strict';
import type { AddCheck } from './checks.ts';
import { PLACES, type StoreScene } from './store-scene.ts';
import { VALUES } from './store-value-checks.ts';

/** The checks of a store's keyed lists. */
export function addListChecks(check: AddCheck, scene: StoreScene): void {
  const { ttlMs } = scene;
  const kept = { maxItems: 1_000, ttlMs: 1_000 * ttlMs };

  check('has no items where there is no list', async (during) => {
    const { lists } = await scene.open(during);
    assert.deepEqual(await lists.last('history', 'anna', 10), []);
  });

  check('keeps any JSON in a list, in its order', async (during) => {
    const { lists } = await scene.open(during);
    await lists.append('history', 'anna', VALUES.slice(0, 3), kept);
    await lists.append('history', 'anna', VALUES.slice(3), kept);
    assert.deepEqual(await lists.last('history', 'anna', 1_000), VALUES);
  });

  check('gives the last items of a list', async (during) => {
    const { lists } = await scene.open(during);
    await lists.append('history', 'anna', [1, 2, 3, 4, 5], kept);
    assert.deepEqual(await lists.last('history', 'anna', 2), [4, 5]);
    assert.deepEqual(await lists.last('history', 'anna', 5), [1, 2, 3, 4, 5]);
    assert.deepEqual(await lists.last('history', 'anna', 0), [], 'the last 0 items');
    const all = await lists.last('history', 'anna', Number.POSITIVE_INFINITY);
    assert.deepEqual(all, [1, 2, 3, 4, 5], 'all items');
  });

  check('keeps copies of items, and gives copies', async (during) => {
    const { lists } = await scene.open(during);
    const item = { texts: ['hi'] };
    await lists.append('history', 'anna', [item], kept);
    item.texts.push('changed by the writer');
    const [read] = await lists.last('history', 'anna', 1);
    assert.deepEqual(read, { texts: ['hi'] });
    read.texts.push('changed by a reader');
    assert.deepEqual(await lists.last('history', 'anna', 1), [{ texts: ['hi'] }]);
  });

  check('drops the oldest items of a list that is full', async (during) => {
    const { lists } = await scene.open(during);
    const few = { ...kept, maxItems: 3 };
    await lists.append('history', 'anna', [1, 2], few);
    await lists.append('history', 'anna', [3, 4], few);
    assert.deepEqual(await lists.last('history', 'anna', 10), [2, 3, 4]);
    await lists.append('history', 'anna', [5, 6, 7, 8], few);
    assert.deepEqual(await lists.last('history', 'anna', 10), [6, 7, 8], 'more than fit at once');
  });

  check('keeps apart lists that begin at once', async (during) => {
    const { lists } = await scene.open(during);
    const keys = Array.from({ length: 100 }, (_, i) => `anna ${i}`);
    const appends = keys.map((key) => lists.append('history', key, [key], kept));
    await during.waitFor('100 appends', Promise.all(appends));
    for (const key of keys) assert.deepEqual(await lists.last('history', key, 10), [key]);
  });

  check('keeps together what is appended together', async (during) => {
    const { lists } = await scene.open(during);
    const expected = Array.from({ length: 50 }, (_, i) => [i, `${i} again`]);
    const appends = expected.map((pair) => lists.append('history', 'anna', pair, kept));
    await during.waitFor('50 appends', Promise.all(appends));
    const items = await lists.last('history', 'anna', 1_000);
    const pairs = items.flatMap((item, i) => (i % 2 === 0 ? [[item, items[i + 1]]] : []));
    assert.deepEqual(
      pairs.toSorted((a, b) => Number(a[0]) - Number(b[0])),
      expected,
    );
  });

  check('numbers items from 1 on, whatever is dropped', async (during) => {
    const { lists } = await scene.open(during);
    const few = { ...kept, maxItems: 3 };
    assert.equal(await lists.append('history', 'anna', ['a', 'b'], few), 2);
    assert.equal(await lists.append('history', 'anna', ['c', 'd'], few), 4);
    assert.equal(await lists.append('history', 'anna', [], few), 0, 'nothing was added');
    assert.equal(await lists.append('history', 'bert', ['a'], few), 1, 'another list');
    assert.deepEqual(await lists.after('history', 'anna', 0, 10), [
      { number: 2, value: 'b' },
      { number: 3, value: 'c' },
      { number: 4, value: 'd' },
    ]);
    const many = Array.from({ length: 8 }, (_, i) => i);
    assert.equal(await lists.append('history', 'anna', many, few), 12, 'more than fit at once');
    assert.deepEqual(await lists.after('history', 'anna', 11, 10), [{ number: 12, value: 7 }]);
  });

  check('numbers what a commit appends', async (during) => {
    const store = await scene.open(during);
    const { lists, turns } = store;
    const lock = await store.lock('anna');
    await lists.append('history', 'anna', ['a'], kept);
    await turns.commit(lock, { append: { namespace: 'history', items: ['b', 'c'], ...kept } });
    assert.equal(await lists.append('history', 'anna', ['d'], kept), 4);
    const items = await lists.after('history', 'anna', 1, 10);
    assert.deepEqual(
      items.map(({ number, value }) => [number, value]),
      [
        [2, 'b'],
        [3, 'c'],
        [4, 'd'],
      ],
    );
    lock.release();
  });

  check('gives the items after a number', async (during) => {
    const { lists } = await scene.open(during);
    assert.deepEqual(await lists.after('history', 'anna', 0, 10), [], 'where there is no list');
    await lists.append('history', 'anna', VALUES, kept);
    const all = VALUES.map((value, i) => ({ number: i + 1, value }));
    assert.deepEqual(await lists.after('history', 'anna', 0, 1_000), all);
    assert.deepEqual(await lists.after('history', 'anna', 2, 2), all.slice(2, 4));
    assert.deepEqual(await lists.after('history', 'anna', 2, 0), [], '0 items');
    const rest = await lists.after('history', 'anna', 2, Number.POSITIVE_INFINITY);
    assert.deepEqual(rest, all.slice(2), 'all after a number');
    assert.deepEqual(await lists.after('history', 'anna', VALUES.length, 10), [], 'the last one');
    assert.deepEqual(await lists.after('history', 'anna', 1_000_000, 10), [], 'far beyond');
  });

  check('gives different numbers to what is appended at once', async (during) => {
    const { lists } = await scene.open(during);
    const appends = Array.from({ length: 50 }, (_, i) =>
      lists.append('history', 'anna', ['first', i], kept),
    );
    const numbers = await during.waitFor('50 appends', Promise.all(appends));
    const items = await lists.after('history', 'anna', 0, 1_000);
    assert.deepEqual(
      items.map(({ number }) => number),
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
    const found = numbers.map((number) => items[number - 1]?.value);
    assert.deepEqual(found, [...numbers.keys()], 'an append resolved to the number of another one');
  });

  check('begins a list with 1 when its time was over', async (during) => {
    const store = await scene.open(during);
    const { lists } = store;
    await lists.append('history', 'anna', [1, 2], { ...kept, ttlMs });
    await scene.expire(store, during);
    assert.deepEqual(await lists.after('history', 'anna', 0, 10), [], 'it is gone');
    assert.equal(await lists.append('history', 'anna', [3], kept), 1);
    assert.deepEqual(await lists.after('history', 'anna', 0, 10), [{ number: 1, value: 3 }]);
  });

  check('confuses no list with another one, or with a value', async (during) => {
    const { lists, values } = await scene.open(during);
    for (const [namespace, key] of PLACES) {
      await lists.append(namespace, key, [namespace, key], kept);
      await values.set(namespace, key, 'a value');
    }
    for (const [namespace, key] of PLACES) {
      const items = await lists.last(namespace, key, 10);
      assert.deepEqual(items, [namespace, key], `namespace "${namespace}", key "${key}"`);
    }
  });

  check('forgets a list as a whole when its time is over', async (during) => {
    const store = await scene.open(during);
    const { lists } = store;
    await lists.append('history', 'anna', [1], kept);
    await lists.append('history', 'anna', [2], { ...kept, ttlMs });
    await lists.append('history', 'bert', [1], { ...kept, ttlMs });
    await lists.append('history', 'carl', [1], kept);
    await lists.append('history', 'dora', [1], { ...kept, ttlMs });
    await scene.expire(store, during);
    assert.deepEqual(await lists.last('history', 'anna', 10), [], 'its last append counts');
    assert.deepEqual(await lists.last('history', 'bert', 10), []);
    assert.deepEqual(await lists.last('history', 'carl', 10), [1], 'it was gone before its time');
    await lists.append('history', 'dora', [2], kept);
    assert.deepEqual(await lists.last('history', 'dora', 10), [2], 'old items came back');
  });

  check('keeps a list until its time is over', async (during) => {
    const store = await scene.open(during);
    await store.lists.append('history', 'anna', [1], { ...kept, ttlMs: scene.longerMs });
    await scene.expire(store, during);
    assert.deepEqual(await store.lists.last('history', 'anna', 10), [1]);
  });

  check('keeps a list from its last append on', async (during) => {
    const store = await scene.open(during);
    const { lists } = store;
    // Both at once: the first cannot expire in between, on a slow machine say.
    await Promise.all([
      lists.append('history', 'anna', [1], { ...kept, ttlMs }),
      lists.append('history', 'anna', [2], kept),
    ]);
    await scene.expire(store, during);
    assert.deepEqual(await lists.last('history', 'anna', 10), [1, 2]);
  });
}
