import fc from 'fast-check';
import { describe, it } from 'vitest';
import { FakeClock } from '../../core/test/support/fake-clock.ts';
import { compareStores, storePlans } from '../../core/test/support/store-model.ts';
import { SqliteStore } from '../src/index.ts';
import { newFile } from './support/files.ts';

/** `STORE_MODEL_RUNS=2000 npx vitest run --project sqlite store-model` for more of them. */
const numRuns = Number(process.env['STORE_MODEL_RUNS'] ?? 100);

describe('SqliteStore', () => {
  it('says what the memory store says of the same story', async () => {
    await fc.assert(
      fc.asyncProperty(storePlans({ expires: true }), async (plan) => {
        const clock = new FakeClock();
        const file = newFile();
        let store = new SqliteStore({ file, clock });
        try {
          await compareStores(plan, {
            clock,
            store: () => store,
            advance: (ms) => clock.advance(ms),
            reopen: async () => {
              await store.close();
              store = new SqliteStore({ file, clock });
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
