import { systemClock } from '@trunkline/core';
import fc from 'fast-check';
import { beforeEach, describe, it } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import { compareStores, storePlans } from '../../core/test/support/store-model.ts';
import { RedisStore } from '../src/index.ts';
import { anyRedis, newPrefix, redisUrl } from './support/redis.ts';

/** `STORE_MODEL_RUNS=500 npx vitest run --project redis store-model` for more of them. */
const numRuns = Number(process.env['STORE_MODEL_RUNS'] ?? 40);

beforeEach(needs(anyRedis));

describe('RedisStore', () => {
  it('says what the memory store says of the same story', async () => {
    const url = await redisUrl();
    await fc.assert(
      fc.asyncProperty(storePlans({ expires: false }), async (plan) => {
        const prefix = newPrefix();
        let store = new RedisStore({ url, prefix });
        try {
          await compareStores(plan, {
            clock: systemClock,
            store: () => store,
            reopen: async () => {
              await store.close();
              store = new RedisStore({ url, prefix });
            },
          });
        } finally {
          await store.close();
        }
      }),
      { numRuns },
    );
  }, 1_000_000);
});
