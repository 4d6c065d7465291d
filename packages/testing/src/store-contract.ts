import assert from 'node:assert/strict';
import type { Store } from '@trunkline/core';
import { checksOver, DEFAULT_TIMEOUT_MS, type During, type It } from './checks.ts';
import { addLockChecks } from './store-lock-checks.ts';
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
  const open = async (during: During): Promise<Store> => {
    const store = await during.waitFor('create()', Promise.resolve(options.create()));
    // Whether a store closes well is one check's business.
    during.afterwards(() => store.close().catch(() => {}));
    return store;
  };

  check('says what it is, and that it is ready', async (during) => {
    const store = await open(during);
    assert.ok(typeof store.name === 'string' && store.name !== '', 'name is not a text, or empty');
    assert.equal(typeof store.durable, 'boolean', 'durable');
    await during.waitFor('ready()', store.ready());
  });

  check('closes, also when it holds something', async (during) => {
    const store = await during.waitFor('create()', Promise.resolve(options.create()));
    await store.values.set('marks', 'a', true, { ttlMs: 60_000 });
    (await store.lock('key')).release();
    await during.waitFor('close()', store.close());
  });

  addLockChecks(check, open);
  addValueChecks(check, open, options.advance);
}
