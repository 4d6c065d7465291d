import assert from 'node:assert/strict';
import type { AddCheck } from './checks.ts';
import type { StoreScene } from './store-scene.ts';
import { finish, idsOf, LONG, TEXTS, turnOf } from './store-turn-checks.ts';

/** The checks of what survives a process that is killed; none where a store cannot be opened again. */
export function addReopenChecks(check: AddCheck, scene: StoreScene): void {
  const { reopen } = scene;
  if (reopen === undefined) return;

  check('has everything when its process was killed', async (during) => {
    const store = await scene.open(during);
    const version = await store.values.set('menus', 'anna', { items: ['soup'] });
    await store.lists.append('history', 'anna', [1, 2], { maxItems: 9, ttlMs: 3_600_000 });
    for (const [index, message] of TEXTS.entries()) {
      const turn = { conversation: 'anna', id: String(index), message };
      await store.turns.add(turn, { ...LONG, stampOf: 'menus' });
    }
    await finish(store, 'anna', ['1']);
    const lock = await store.lock('anna');
    await store.turns.commit(lock, { save: { id: '2', progress: 'a\u0000b' } });
    const before = await store.turns.waiting('anna', 100);
    const again = scene.closing(during, await during.waitFor('reopen()', reopen(store)));
    assert.deepEqual(await again.turns.waiting('anna', 100), before);
    assert.equal(await again.turns.add(turnOf('anna', '1'), LONG), 'finished');
    assert.equal(await again.turns.add(turnOf('anna', '2'), LONG), 'unfinished');
    const menu = { value: { items: ['soup'] }, version };
    assert.deepEqual(await again.values.get('menus', 'anna'), menu);
    assert.deepEqual(await again.lists.last('history', 'anna', 9), [1, 2]);
    // Whoever held a lock is gone, and holds it no more.
    const next = await during.waitFor('the lock of a dead process', again.lock('anna'));
    assert.ok(next.fence > lock.fence, 'the next holder’s fence is not greater');
    await again.turns.add(turnOf('anna', 'last'), LONG);
    await again.turns.commit(next, { remove: ['0'] });
    const ids = [...idsOf(before).slice(1), 'last'];
    assert.deepEqual(idsOf(await again.turns.waiting('anna', 100)), ids);
    next.release();
  });

  check('names the conversations that a killed process has left', async (during) => {
    const store = await scene.open(during);
    const left = Array.from({ length: 30 }, (_, i) => `user ${i}`).concat('', 'a\u0000b', 'ä');
    for (const conversation of left) {
      for (const id of ['1', '2']) await store.turns.add(turnOf(conversation, id), LONG);
    }
    await finish(store, 'user 3', ['1']);
    const again = scene.closing(during, await during.waitFor('reopen()', reopen(store)));
    const named = new Set<string>();
    const stop = again.turns.watch((conversation) => named.add(conversation));
    during.afterwards(stop);
    const areNamed = (): boolean => left.every((conversation) => named.has(conversation));
    await during.waitFor('the conversations to be named', scene.until(during, areNamed));
  });
}
