import { StoreError } from '@trunkline/core';
import fc from 'fast-check';
import Database from 'libsql';
import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { FakeClock } from '../../core/test/support/fake-clock.ts';
import { mortal, type MortalStore } from '../../core/test/support/mortal-store.ts';
import { plans, runTurnModel, type CreateStore } from '../../core/test/support/turn-model.ts';
import { SqliteStore } from '../src/index.ts';
import { newFile } from './support/files.ts';

/** `TURN_MODEL_RUNS=2000 npx vitest run --project sqlite model` for more of them. */
const numRuns = Number(process.env['TURN_MODEL_RUNS'] ?? 300);

/** One process at a time; the next one takes the file over from one that says nothing any more. */
const createStore: CreateStore = async () => {
  const clock = new FakeClock();
  const file = newFile();
  const opened: MortalStore[] = [];
  const settle = async (): Promise<void> => {
    // The disk takes its time, and what was told of one commit begins the next.
    for (let quiet = 0; quiet < 4; quiet++) {
      await setImmediate();
      if (opened.some(({ underWay }) => underWay() > 0)) quiet = 0;
    }
  };
  return {
    clock,
    async advance(ms) {
      for (let left = ms; left > 0; left -= 5) {
        await settle();
        await clock.advance(Math.min(5, left));
      }
      await settle();
    },
    maxProcesses: 1,
    survives: true,
    open: async () => {
      const made = mortal(new SqliteStore({ file, clock }));
      opened.push(made);
      const die = (): void => {
        made.kill();
        disown(file);
      };
      return { store: made.store, kill: die };
    },
    close: async () => {},
  };
};

/** Makes the owner of a file a process that is gone: it writes nothing more. */
function disown(file: string): void {
  // What was under way when it was killed may still be on its way to the disk.
  const db = new Database(file, { timeout: 1_500 });
  try {
    db.exec(`UPDATE owner SET pid = 0, token = 'dead'`);
  } finally {
    db.close();
  }
}

describe('the turns over SQLite', () => {
  it('lose nothing, run nothing twice and keep the order, whatever fails', async () => {
    const outage = (): StoreError => new StoreError('the store is away');
    await fc.assert(
      fc.asyncProperty(plans, (plan) => runTurnModel(plan, createStore, outage)),
      { numRuns },
    );
  }, 1_000_000);
});
