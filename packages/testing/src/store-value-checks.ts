import assert from 'node:assert/strict';
import type { JsonValue, MaybePromise } from '@trunkline/core';
import type { AddCheck } from './checks.ts';
import { PLACES, type StoreScene } from './store-scene.ts';

/** Any JSON. */
export const VALUES: readonly JsonValue[] = [
  null,
  false,
  0,
  -1.5e-7,
  '',
  'a "quoted" text\u0000 in 早上好 👋🏽',
  [],
  {},
  { a: [1, { b: null, c: ['d'] }], 'e f': '', '': 0 },
  'x'.repeat(100_000),
];

/** The checks of a store's keyed values. */
export function addValueChecks(check: AddCheck, scene: StoreScene): void {
  const { ttlMs } = scene;

  check('has no value where none was set', async (during) => {
    const { values } = await scene.open(during);
    assert.equal(await values.get('menus', 'anna'), null);
    assert.equal(await values.delete('menus', 'anna'), false);
  });

  check('keeps any JSON as it is', async (during) => {
    const { values } = await scene.open(during);
    for (const value of VALUES) {
      const version = await values.set('menus', 'anna', value);
      assert.deepEqual(await values.get('menus', 'anna'), { value, version });
    }
  });

  check('gives every writing of a key another version', async (during) => {
    const { values } = await scene.open(during);
    const versions = [await values.set('menus', 'anna', 1), await values.set('menus', 'anna', 1)];
    versions.push((await values.compareAndSet('menus', 'anna', versions[1] ?? null, 1)) ?? '');
    await values.delete('menus', 'anna');
    versions.push(await values.set('menus', 'anna', 1));
    assert.ok(versions.every((version) => typeof version === 'string' && version !== ''));
    assert.equal(
      new Set(versions).size,
      versions.length,
      `a version came twice: ${versions.join()}`,
    );
  });

  check('keeps a copy, and gives copies', async (during) => {
    const { values } = await scene.open(during);
    const menu = { items: ['soup'] };
    await values.set('menus', 'anna', menu);
    menu.items.push('changed by the writer');
    const read = await values.get('menus', 'anna');
    assert.deepEqual(read?.value, { items: ['soup'] });
    read.value.items.push('changed by a reader');
    assert.deepEqual((await values.get('menus', 'anna'))?.value, { items: ['soup'] });
  });

  check('deletes a value', async (during) => {
    const { values } = await scene.open(during);
    await values.set('menus', 'anna', 1);
    assert.equal(await values.delete('menus', 'anna'), true);
    assert.equal(await values.get('menus', 'anna'), null);
    assert.equal(await values.delete('menus', 'anna'), false);
  });

  check('confuses no namespace with another one', async (during) => {
    const { values } = await scene.open(during);
    for (const [namespace, key] of PLACES) await values.set(namespace, key, `${namespace} ${key}`);
    for (const [namespace, key] of PLACES) {
      const stored = await values.get(namespace, key);
      assert.equal(stored?.value, `${namespace} ${key}`, `namespace "${namespace}", key "${key}"`);
    }
    await values.delete('a', 'b*');
    assert.ok(await values.get('a', 'bc'), 'a key with a * in it deleted another one');
  });

  check('sets a value only where the expected version is there', async (during) => {
    const { values } = await scene.open(during);
    const set = (expected: string | null, value: JsonValue): MaybePromise<string | null> =>
      values.compareAndSet('menus', 'anna', expected, value);
    assert.equal(await set('no version', 0), null, 'a version was expected where nothing was');
    const first = await set(null, 1);
    assert.ok(first, 'nothing was expected, and nothing was there');
    assert.equal(await set(null, 2), null, 'nothing was expected where something was');
    const second = await set(first, 3);
    assert.ok(second, 'the right version was expected');
    assert.equal(await set(first, 4), null, 'an old version was expected');
    assert.deepEqual(await values.get('menus', 'anna'), { value: 3, version: second });
    await values.delete('menus', 'anna');
    assert.equal(await set(second, 5), null, 'a deleted version was expected');
    assert.equal(await values.get('menus', 'anna'), null, 'a refused value was set');
  });

  check('lets one of many win who set a value at the same time', async (during) => {
    const { values } = await scene.open(during);
    let expected: string | null = null;
    for (let round = 1; round <= 3; round++) {
      const tries = Array.from({ length: 20 }, (_, index) =>
        values.compareAndSet('menus', 'anna', expected, index),
      );
      const versions = await during.waitFor('20 writers', Promise.all(tries));
      const winners = versions.flatMap((version, index) => (version === null ? [] : [index]));
      assert.equal(winners.length, 1, `${winners.length} of 20 set the value`);
      expected = versions[winners[0] ?? 0] ?? null;
      assert.deepEqual(await values.get('menus', 'anna'), { value: winners[0], version: expected });
    }
  });

  check('forgets a value when its time is over', async (during) => {
    const store = await scene.open(during);
    const { values } = store;
    const version = await values.set('menus', 'anna', 1, { ttlMs });
    await values.compareAndSet('menus', 'bert', null, 1, { ttlMs });
    await values.set('menus', 'carl', 1, { ttlMs: 1_000 * ttlMs });
    await scene.expire(store, during);
    assert.equal(await values.get('menus', 'anna'), null, 'set() with ttlMs');
    assert.equal(await values.get('menus', 'bert'), null, 'compareAndSet() with ttlMs');
    assert.ok(await values.get('menus', 'carl'), 'a value was gone before its time');
    assert.equal(await values.compareAndSet('menus', 'anna', version, 2), null, 'its version');
    assert.equal(await values.delete('menus', 'anna'), false, 'delete() found it');
    assert.ok(await values.compareAndSet('menus', 'bert', null, 2), 'it was in the way');
  });

  check('keeps a value until its time is over', async (during) => {
    const store = await scene.open(during);
    const { values } = store;
    await values.set('menus', 'anna', 1, { ttlMs: scene.longerMs });
    await values.compareAndSet('menus', 'bert', null, 1, { ttlMs: scene.longerMs });
    await scene.expire(store, during);
    assert.equal((await values.get('menus', 'anna'))?.value, 1, 'set() with ttlMs');
    assert.equal((await values.get('menus', 'bert'))?.value, 1, 'compareAndSet() with ttlMs');
  });

  check('keeps a value as long as its last writing says', async (during) => {
    const store = await scene.open(during);
    const { values } = store;
    await values.set('menus', 'anna', 1, { ttlMs });
    await values.set('menus', 'anna', 2);
    await values.set('menus', 'bert', 1, { ttlMs });
    await values.set('menus', 'bert', 2, { ttlMs: 1_000 * ttlMs });
    const version = await values.set('menus', 'carl', 1, { ttlMs });
    // What has expired meanwhile, on a slow machine, is set anew.
    await values.compareAndSet('menus', 'carl', version, 2);
    await values.compareAndSet('menus', 'carl', null, 2);
    await values.set('menus', 'dora', 1);
    await values.set('menus', 'dora', 2, { ttlMs });
    await scene.expire(store, during);
    assert.equal((await values.get('menus', 'anna'))?.value, 2, 'set() again without ttlMs');
    assert.equal((await values.get('menus', 'bert'))?.value, 2, 'set() again with a longer ttlMs');
    assert.equal((await values.get('menus', 'carl'))?.value, 2, 'compareAndSet() without ttlMs');
    assert.equal(await values.get('menus', 'dora'), null, 'set() again with ttlMs');
  });

  check('gives every entry of a namespace, each once', async (during) => {
    const store = await scene.open(during);
    const { values } = store;
    const expected: Record<string, JsonValue> = { '': 'empty' };
    for (let i = 0; i < 250; i++) expected[`key ${i}`] = i;
    for (const [, key] of PLACES) expected[key] = `${key} of ours`;
    const writes = Object.entries(expected).map(([key, value]) => values.set('menus', key, value));
    await during.waitFor(`${writes.length} values`, Promise.all(writes));
    for (const namespace of ['menu', 'menus:', 'MENUS', '', 'menus*', 'm%']) {
      await values.set(namespace, 'anna', 'of another namespace');
    }
    await values.set('menus', 'expired', 1, { ttlMs });
    await values.set('menus', 'gone', 1);
    await values.delete('menus', 'gone');
    await scene.expire(store, during);
    const found: Record<string, JsonValue> = {};
    let count = 0;
    for await (const { key, value, version } of values.entries('menus')) {
      count++;
      found[key] = value;
      if (key === 'key 7') assert.equal((await values.get('menus', key))?.version, version);
    }
    assert.deepEqual(found, expected);
    assert.equal(count, Object.keys(expected).length, 'an entry came twice');
    for await (const { key } of values.entries('none')) assert.fail(`there is no "${key}"`);
  });

  check('gives entries while they change', async (during) => {
    const { values } = await scene.open(during);
    const keys = Array.from({ length: 300 }, (_, i) => `key ${i}`);
    await during.waitFor('300 values', Promise.all(keys.map((key) => values.set('a', key, 1))));
    const found: string[] = [];
    for await (const { key } of values.entries('a')) {
      found.push(key);
      // What is written or removed on the way is no reason to stop, or to come twice.
      if (found.length % 10 === 0) await values.set('a', key, 2);
      if (found.length === 20) await values.delete('a', key);
    }
    assert.deepEqual(found.toSorted(), keys.toSorted());
  });
}
