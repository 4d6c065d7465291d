import assert from 'node:assert/strict';
import type { Added, NewTurn, Store, StoredTurn, MaybePromise } from '@trunkline/core';
import type { AddCheck } from './checks.ts';
import { KEYS } from './store-lock-checks.ts';
import { PLACES, type StoreScene } from './store-scene.ts';

/** How turns are added where it does not matter. */
export const LONG = { markTtlMs: 3_600_000, maxTurns: 1_000 };

/** Texts that come back as they were. */
export const TEXTS: readonly string[] = [
  '',
  ' ',
  '{"text":"hi"}',
  'a\u0000b\u0000',
  'two\r\nlines\n',
  'Grüße 早上好 👋🏽 e\u0301 \u2028 \ufeff',
  '\u0001\u007f"\\\'`${}%s',
  'null',
  '0012',
  'x'.repeat(100_000),
];

/** A turn of a conversation. */
export function turnOf(conversation: string, id: string): NewTurn {
  return { conversation, id, message: `${conversation} says ${id}` };
}

/** Finishes turns. */
export async function finish(store: Store, conversation: string, ids: string[]): Promise<void> {
  const lock = await store.lock(conversation);
  await store.turns.commit(lock, { remove: ids });
  lock.release();
}

/** The ids of turns. */
export function idsOf(turns: readonly StoredTurn[]): string[] {
  return turns.map(({ id }) => id);
}

/** The checks of how a store takes deferred turns. */
export function addTurnChecks(check: AddCheck, scene: StoreScene): void {
  const { ttlMs } = scene;

  check('has no turns where none were added', async (during) => {
    const { turns } = await scene.open(during);
    assert.deepEqual(await turns.waiting('anna', 10), []);
  });

  check('keeps turns in the order in which they were added', async (during) => {
    const { turns } = await scene.open(during);
    const ids = Array.from({ length: 200 }, (_, i) => String((i * 7) % 200));
    const adds = ids.map((id) => turns.add(turnOf('anna', id), LONG));
    const added = await during.waitFor('200 turns to be added', Promise.all(adds));
    assert.deepEqual(new Set(added), new Set(['added']));
    assert.deepEqual(idsOf(await turns.waiting('anna', 1_000)), ids);
  });

  check('has a turn as soon as it says so', async (during) => {
    const { turns } = await scene.open(during);
    const add = async (i: number): Promise<void> => {
      await turns.add(turnOf(`user ${i}`, '1'), LONG);
      assert.deepEqual(idsOf(await turns.waiting(`user ${i}`, 1)), ['1']);
    };
    const adds = Array.from({ length: 50 }, (_, i) => add(i));
    await during.waitFor('50 turns', Promise.all(adds));
  });

  check('gives the first turns of a conversation', async (during) => {
    const store = await scene.open(during);
    for (const id of ['c', 'b', 'a', 'd']) await store.turns.add(turnOf('anna', id), LONG);
    assert.deepEqual(idsOf(await store.turns.waiting('anna', 1)), ['c']);
    assert.deepEqual(idsOf(await store.turns.waiting('anna', 3)), ['c', 'b', 'a']);
    const all = await store.turns.waiting('anna', Number.POSITIVE_INFINITY);
    assert.deepEqual(idsOf(all), ['c', 'b', 'a', 'd'], 'all of them');
    await finish(store, 'anna', ['c', 'a']);
    assert.deepEqual(idsOf(await store.turns.waiting('anna', 3)), ['b', 'd']);
  });

  check('keeps a turn’s texts as they are', async (during) => {
    const { turns } = await scene.open(during);
    for (const [index, message] of TEXTS.entries()) {
      await turns.add({ conversation: 'anna', id: String(index), message }, LONG);
    }
    const waiting = await turns.waiting('anna', 1_000);
    for (const [index, message] of TEXTS.entries()) {
      assert.deepEqual(waiting[index], {
        conversation: 'anna',
        id: String(index),
        message,
        progress: null,
        stamp: null,
      });
    }
  });

  check('knows a turn that is added twice', async (during) => {
    const store = await scene.open(during);
    const add = (message: string): MaybePromise<Added> =>
      store.turns.add({ conversation: 'anna', id: '1', message }, LONG);
    assert.equal(await add('first'), 'added');
    assert.equal(await add('second'), 'unfinished');
    const [first, ...more] = await store.turns.waiting('anna', 10);
    assert.equal(first?.message, 'first');
    assert.equal(more.length, 0, 'the duplicate was added, too');
    await finish(store, 'anna', ['1']);
    assert.equal(await add('third'), 'finished');
    assert.deepEqual(await store.turns.waiting('anna', 10), []);
  });

  check('adds one of many turns with the same id', async (during) => {
    const { turns } = await scene.open(during);
    for (const id of ['1', '2', '3']) {
      const adds = Array.from({ length: 20 }, () => turns.add(turnOf('anna', id), LONG));
      const added = await during.waitFor('20 turns to be added', Promise.all(adds));
      assert.deepEqual(added.toSorted(), ['added', ...Array<Added>(19).fill('unfinished')]);
    }
    assert.deepEqual(idsOf(await turns.waiting('anna', 10)), ['1', '2', '3']);
  });

  check('takes as many turns as a conversation may have', async (during) => {
    const store = await scene.open(during);
    const add = (id: string): MaybePromise<Added> =>
      store.turns.add(turnOf('anna', id), { ...LONG, maxTurns: 2 });
    assert.deepEqual([await add('1'), await add('2'), await add('3')], ['added', 'added', 'full']);
    assert.equal(await store.turns.add(turnOf('bert', '3'), { ...LONG, maxTurns: 2 }), 'added');
    assert.equal(await add('3'), 'full', 'what was refused left a mark');
    await finish(store, 'anna', ['1']);
    assert.deepEqual([await add('3'), await add('4')], ['added', 'full']);
    assert.deepEqual(idsOf(await store.turns.waiting('anna', 10)), ['2', '3']);
  });

  check('takes as many turns as fit when more come at once', async (during) => {
    const { turns } = await scene.open(during);
    const adds = Array.from({ length: 20 }, (_, i) =>
      turns.add(turnOf('anna', String(i)), { ...LONG, maxTurns: 5 }),
    );
    const added = await during.waitFor('20 turns', Promise.all(adds));
    assert.equal(added.filter((what) => what === 'added').length, 5);
    assert.equal((await turns.waiting('anna', 100)).length, 5);
  });

  check('knows a duplicate also where the conversation is full', async (during) => {
    const store = await scene.open(during);
    const add = (id: string): MaybePromise<Added> =>
      store.turns.add(turnOf('anna', id), { ...LONG, maxTurns: 2 });
    for (const id of ['1', '2']) await add(id);
    await finish(store, 'anna', ['1']);
    await add('3');
    assert.deepEqual(
      [await add('4'), await add('1'), await add('2')],
      ['full', 'finished', 'unfinished'],
    );
  });

  check('confuses no conversation with another one', async (during) => {
    const store = await scene.open(during);
    const places = [...PLACES, ...KEYS.map((key) => [key, 'id'] as const)];
    const ids = new Map<string, string[]>();
    for (const [conversation, id] of places) {
      const added = await store.turns.add(turnOf(conversation, id), LONG);
      assert.equal(added, 'added', `conversation "${conversation}", id "${id}"`);
      ids.set(conversation, [...(ids.get(conversation) ?? []), id]);
    }
    for (const [conversation, own] of ids) {
      const waiting = await store.turns.waiting(conversation, 100);
      const expected = own.map((id) => ({
        ...turnOf(conversation, id),
        progress: null,
        stamp: null,
      }));
      assert.deepEqual(waiting, expected, `conversation "${conversation}"`);
    }
    await finish(store, 'a', ids.get('a') ?? []);
    ids.set('a', []);
    for (const [conversation, own] of ids) {
      const waiting = await store.turns.waiting(conversation, 100);
      assert.deepEqual(idsOf(waiting), own, `"${conversation}", when "a" was finished`);
    }
  });

  check('forgets a mark when its time is over', async (during) => {
    const store = await scene.open(during);
    await store.turns.add(turnOf('anna', 'short'), { ...LONG, markTtlMs: ttlMs });
    await store.turns.add(turnOf('anna', 'long'), LONG);
    await finish(store, 'anna', ['short', 'long']);
    await scene.expire(store, during);
    assert.equal(await store.turns.add(turnOf('anna', 'long'), LONG), 'finished');
    assert.equal(await store.turns.add(turnOf('anna', 'short'), LONG), 'added');
    assert.deepEqual(idsOf(await store.turns.waiting('anna', 10)), ['short']);
    await finish(store, 'anna', ['short']);
    assert.equal(await store.turns.add(turnOf('anna', 'short'), LONG), 'finished', 'marked anew');
  });

  check('keeps a mark until its time is over', async (during) => {
    const store = await scene.open(during);
    await store.turns.add(turnOf('anna', '1'), { ...LONG, markTtlMs: scene.longerMs });
    await finish(store, 'anna', ['1']);
    await scene.expire(store, during);
    assert.equal(await store.turns.add(turnOf('anna', '1'), LONG), 'finished');
  });

  check('keeps a turn longer than its mark', async (during) => {
    const store = await scene.open(during);
    await store.turns.add(turnOf('anna', '1'), { ...LONG, markTtlMs: ttlMs });
    await scene.expire(store, during);
    assert.deepEqual(idsOf(await store.turns.waiting('anna', 10)), ['1']);
  });

  check('stamps a turn with the value of the moment', async (during) => {
    const store = await scene.open(during);
    const { turns, values } = store;
    const stamped = { ...LONG, stampOf: 'menus' };
    await turns.add(turnOf('anna', 'before'), stamped);
    await values.set('menus', 'anna', { items: ['soup', 'ä\u0000'] });
    await values.set('menus', 'bert', 'of another conversation');
    await values.set('other', 'anna', 'of another namespace');
    await turns.add(turnOf('anna', 'during'), stamped);
    await turns.add(turnOf('anna', 'not asked for'), LONG);
    await values.set('menus', 'anna', 2, { ttlMs });
    await turns.add(turnOf('anna', 'during'), stamped);
    await scene.expire(store, during);
    await turns.add(turnOf('anna', 'after'), stamped);
    await values.set('menus', 'anna', null);
    const stamps = (await turns.waiting('anna', 10)).map(({ id, stamp }) => [id, stamp]);
    assert.deepEqual(stamps, [
      ['before', null],
      ['during', { items: ['soup', 'ä\u0000'] }],
      ['not asked for', null],
      ['after', null],
    ]);
  });
}
