import assert from 'node:assert/strict';
import type { Store } from '@trunkline/core';
import { checksOver, DEFAULT_TIMEOUT_MS, type It } from './checks.ts';
import { addCommitChecks } from './store-commit-checks.ts';
import { addListChecks } from './store-list-checks.ts';
import { addLockChecks } from './store-lock-checks.ts';
import { addReopenChecks } from './store-reopen-checks.ts';
import { StoreScene } from './store-scene.ts';
import { addSignalChecks } from './store-signal-checks.ts';
import { addTurnChecks } from './store-turn-checks.ts';
import { addValueChecks } from './store-value-checks.ts';

/** What {@link storeContract} needs to know. */
export interface StoreContractOptions {
  /** The test runner's `it`. */
  it: It;
  /** Makes a store with nothing in it. It is closed after the check. */
  create: () => Store | Promise<Store>;
  /**
   * Moves the time that the stores see. Where it is left out, the checks of how values expire use
   * short times and wait until they are over.
   */
  advance?: (ms: number) => Promise<void> | void;
  /**
   * Gives the store as a new process finds it after the one with this store was killed, without
   * `close` (which is called on both after the check). For durable stores.
   */
  reopen?: (store: Store) => Promise<Store>;
  /** How long a check may take, in milliseconds. @defaultValue 4,000 */
  timeoutMs?: number;
}

/**
 * The contract of a `Store`: registers one test for each MUST of the interface.
 *
 * ```ts
 * import { it } from 'node:test';
 * import { MemoryStore } from '@trunkline/core';
 * import { storeContract } from '@trunkline/testing';
 *
 * storeContract({ it, create: () => new MemoryStore() });
 * ```
 */
export function storeContract(options: StoreContractOptions): void {
  const check = checksOver(options.it, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const scene = new StoreScene(options);

  check('says what it is, and that it is ready', async (during) => {
    const store = await scene.open(during);
    assert.ok(typeof store.name === 'string' && store.name !== '', 'name is not a text, or empty');
    assert.equal(typeof store.durable, 'boolean', 'durable');
    assert.equal(typeof store.shared, 'boolean', 'shared');
    await during.waitFor('ready()', store.ready());
  });

  check('closes, also when it holds something', async (during) => {
    const store = await scene.create(during);
    await store.values.set('marks', 'a', true, { ttlMs: 60_000 });
    await store.lists.append('history', 'a', [1], { maxItems: 10, ttlMs: 60_000 });
    const turn = { conversation: 'a', id: '1', message: 'hi' };
    await store.turns.add(turn, { markTtlMs: 60_000, maxTurns: 10 });
    store.turns.watch(() => {});
    store.signals.listen('topic', () => {});
    (await store.lock('key')).release();
    await during.waitFor('close()', store.close());
  });

  addLockChecks(check, scene);
  addValueChecks(check, scene);
  addListChecks(check, scene);
  addTurnChecks(check, scene);
  addCommitChecks(check, scene);
  addSignalChecks(check, scene);
  addReopenChecks(check, scene);
}
