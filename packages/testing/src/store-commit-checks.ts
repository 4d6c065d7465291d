import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  StoreError,
  type JsonValue,
  type Lock,
  type Store,
  type TurnChanges,
  type MaybePromise,
} from '@trunkline/core';
import type { AddCheck } from './checks.ts';
import type { StoreScene } from './store-scene.ts';
import { finish, idsOf, LONG, TEXTS, turnOf } from './store-turn-checks.ts';

/** What there is of a conversation. */
interface Contents {
  turns: [id: string, progress: string | null][];
  state: JsonValue | undefined;
  history: JsonValue[];
}

async function contentsOf(store: Store, conversation: string): Promise<Contents> {
  const waiting = await store.turns.waiting(conversation, 100);
  return {
    turns: waiting.map(({ id, progress }) => [id, progress]),
    state: (await store.values.get('state', conversation))?.value,
    history: await store.lists.last('history', conversation, 100),
  };
}

/** A commit of everything that there is to commit. */
function everything(save: string, remove: string[], expected: string | null): TurnChanges {
  return {
    save: { id: save, progress: 'half' },
    remove,
    write: { namespace: 'state', value: { visits: 2 }, expected },
    append: { namespace: 'history', items: ['hi', 'hello'], maxItems: 3, ttlMs: 3_600_000 },
  };
}

async function isLost(commit: () => MaybePromise<boolean>): Promise<void> {
  await assert.rejects(
    async () => await commit(),
    (error) => {
      assert.ok(error instanceof StoreError, `it rejects with ${String(error)}`);
      assert.equal(error.code, 'lost_lock');
      return true;
    },
  );
}

/** The checks of how a store changes the turns of a conversation whose lock is held. */
export function addCommitChecks(check: AddCheck, scene: StoreScene): void {
  /** A conversation with three turns, in a state, and its lock. */
  const begin = async (store: Store, key: string): Promise<{ lock: Lock; version: string }> => {
    for (const id of ['1', '2', '3']) await store.turns.add(turnOf(key, id), LONG);
    const version = await store.values.set('state', key, { visits: 1 });
    return { lock: await store.lock(key), version };
  };
  const untouched: Contents = {
    turns: [
      ['1', null],
      ['2', null],
      ['3', null],
    ],
    state: { visits: 1 },
    history: [],
  };

  check('saves how far a turn has come', async (during) => {
    const store = await scene.open(during);
    const { lock } = await begin(store, 'anna');
    await begin(store, 'bert');
    for (const progress of TEXTS) {
      assert.equal(await store.turns.commit(lock, { save: { id: '2', progress } }), true);
      const waiting = await store.turns.waiting('anna', 10);
      assert.deepEqual(
        waiting.map((turn) => turn.progress),
        [null, progress, null],
      );
    }
    lock.release();
    assert.deepEqual(await contentsOf(store, 'bert'), untouched, 'another conversation');
  });

  check('removes turns that are finished, and no others', async (during) => {
    const store = await scene.open(during);
    const { lock } = await begin(store, 'anna');
    await begin(store, 'bert');
    assert.equal(await store.turns.commit(lock, { remove: ['1', '3'] }), true);
    assert.deepEqual(idsOf(await store.turns.waiting('anna', 10)), ['2']);
    assert.deepEqual(await contentsOf(store, 'bert'), untouched, 'another conversation');
    assert.equal(await store.turns.commit(lock, { remove: [] }), true);
    assert.equal(await store.turns.commit(lock, {}), true);
    lock.release();
  });

  check('makes all changes of a commit', async (during) => {
    const store = await scene.open(during);
    const { lock, version } = await begin(store, 'anna');
    await store.lists.append('history', 'anna', ['a', 'b'], { maxItems: 9, ttlMs: 3_600_000 });
    assert.equal(await store.turns.commit(lock, everything('2', ['1'], version)), true);
    assert.deepEqual(await contentsOf(store, 'anna'), {
      turns: [
        ['2', 'half'],
        ['3', null],
      ],
      state: { visits: 2 },
      history: ['b', 'hi', 'hello'],
    });
    assert.notEqual((await store.values.get('state', 'anna'))?.version, version);
    assert.equal(await store.turns.add(turnOf('anna', '1'), LONG), 'finished');
    const write = { namespace: 'nothing', value: null, expected: null };
    await store.turns.commit(lock, { write });
    assert.equal((await store.values.get('nothing', 'anna'))?.value, null, 'it wrote no null');
    lock.release();
  });

  check('shows all of a commit, or nothing of it', async (during) => {
    const store = await scene.open(during);
    const { lock, version } = await begin(store, 'anna');
    const done: Contents = {
      turns: [
        ['2', 'half'],
        ['3', null],
      ],
      state: { visits: 2 },
      history: ['hi', 'hello'],
    };
    let isOver = false;
    const look = async (): Promise<void> => {
      // What is read after something new has to be new as well.
      let isDone = false;
      while (!isOver) {
        // Twice in a row: what is done first may be what is read last.
        for (let i = 0; i < 2; i++) {
          for (const [name, part] of Object.entries(await contentsOf(store, 'anna'))) {
            // As `Contents` has them.
            const key = name as keyof Contents;
            const isNew = isDeepStrictEqual(part, done[key]);
            const isOld = isDeepStrictEqual(part, untouched[key]);
            assert.ok(isNew || (isOld && !isDone), `${name}: ${JSON.stringify(part)}, half-way`);
            isDone ||= isNew;
          }
        }
        await setImmediate();
      }
    };
    const looking = look();
    // What it rejects with is waited for after the commit.
    looking.catch(() => {});
    try {
      await store.turns.commit(lock, everything('2', ['1'], version));
    } finally {
      isOver = true;
      await during.waitFor('what was read', looking);
      lock.release();
    }
  });

  check('keeps what a commit wrote until its time is over', async (during) => {
    const store = await scene.open(during);
    const ttlMs = scene.longerMs;
    const { lock } = await begin(store, 'anna');
    const append = { namespace: 'history', items: [1], maxItems: 9, ttlMs };
    const write = { namespace: 'menus', value: 1, expected: null, ttlMs };
    assert.equal(await store.turns.commit(lock, { write, append }), true);
    lock.release();
    await scene.expire(store, during);
    assert.equal((await store.values.get('menus', 'anna'))?.value, 1, 'write');
    assert.deepEqual(await store.lists.last('history', 'anna', 9), [1], 'append');
  });

  check('writes for as long as a commit says', async (during) => {
    const store = await scene.open(during);
    const { ttlMs } = scene;
    const { lock } = await begin(store, 'anna');
    const append = { namespace: 'history', items: [1], maxItems: 9, ttlMs };
    const write = { namespace: 'menus', value: 1, expected: null, ttlMs };
    assert.equal(await store.turns.commit(lock, { write, append }), true);
    const kept = { namespace: 'kept', value: 1, expected: null };
    assert.equal(await store.turns.commit(lock, { write: kept }), true);
    lock.release();
    await scene.expire(store, during);
    assert.equal(await store.values.get('menus', 'anna'), null);
    assert.deepEqual(await store.lists.last('history', 'anna', 9), []);
    assert.equal((await store.values.get('kept', 'anna'))?.value, 1);
  });

  check('does the rest where a value has changed meanwhile', async (during) => {
    const store = await scene.open(during);
    const { lock, version } = await begin(store, 'anna');
    await store.values.set('state', 'anna', { visits: 7 });
    for (const [round, expected] of [version, null].entries()) {
      const done = await store.turns.commit(lock, everything('3', [String(round + 1)], expected));
      assert.equal(done, false, 'it says that the value was written');
    }
    assert.deepEqual(await contentsOf(store, 'anna'), {
      turns: [['3', 'half']],
      state: { visits: 7 },
      history: ['hello', 'hi', 'hello'],
    });
    lock.release();
  });

  check('changes nothing when the lock is lost', async (during) => {
    const store = await scene.open(during);
    const { lock, version } = await begin(store, 'anna');
    lock.release();
    await isLost(() => store.turns.commit(lock, everything('2', ['1'], version)));
    const next = await during.waitFor('the next lock', store.lock('anna'));
    for (const part of [everything('2', ['1'], version), { remove: ['1'] }, {}]) {
      await isLost(() => store.turns.commit(lock, part));
    }
    assert.deepEqual(await contentsOf(store, 'anna'), untouched);
    assert.equal(await store.turns.commit(next, { remove: ['1'] }), true, 'by who holds the lock');
    next.release();
  });

  check('changes nothing where the turn to save is not there', async (during) => {
    const store = await scene.open(during);
    const { lock, version } = await begin(store, 'anna');
    await isLost(() => store.turns.commit(lock, everything('4', ['1'], version)));
    assert.deepEqual(await contentsOf(store, 'anna'), untouched);
    lock.release();
    await finish(store, 'anna', ['2']);
    const next = await store.lock('anna');
    await isLost(() => store.turns.commit(next, { save: { id: '2', progress: 'late' } }));
    assert.deepEqual(idsOf(await store.turns.waiting('anna', 10)), ['1', '3']);
    next.release();
  });

  check('keeps a commit that fails from failing others', async (during) => {
    const store = await scene.open(during);
    const { lock } = await begin(store, 'anna');
    const lost = await store.lock('bert');
    lost.release();
    const [added, failed, done, set] = await during.waitFor(
      'what was asked for at once',
      Promise.allSettled([
        store.turns.add(turnOf('anna', '4'), LONG),
        store.turns.commit(lost, { remove: ['1'] }),
        store.turns.commit(lock, { remove: ['1'] }),
        store.values.set('state', 'carl', 1),
      ]),
    );
    assert.deepEqual(
      [added.status, failed.status, done.status, set.status],
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(idsOf(await store.turns.waiting('anna', 10)), ['2', '3', '4']);
    lock.release();
  });
}
