import { MemoryStore, StoreError } from '@trunkline/core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { SharedMemory } from '../support/shared-memory.ts';
import { plans, runTurnModel, type CreateStore } from '../support/turn-model.ts';

expectNoUnhandledRejections();

/** `TURN_MODEL_RUNS=20000 npx vitest run --project core turns/model` for more of them. */
const numRuns = Number(process.env['TURN_MODEL_RUNS'] ?? 3_000);

const createStore: CreateStore = async () => {
  const clock = new FakeClock();
  const shared = new SharedMemory(clock);
  return {
    clock,
    advance: (ms) => clock.advance(ms),
    maxProcesses: 2,
    survives: true,
    open: async (weather) => {
      const store = shared.open(weather);
      return { store, kill: () => store.kill(), loseLocks: () => store.loseLocks() };
    },
    close: () => shared.memory.close(),
  };
};

const createMemory: CreateStore = async () => {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  return {
    clock,
    advance: (ms) => clock.advance(ms),
    maxProcesses: 1,
    survives: false,
    open: async () => ({ store, kill: () => {} }),
    close: () => store.close(),
  };
};

const outage = (): StoreError => new StoreError('the store is away');

const options = { timeout: 1_000_000 };
const stores = { 'a store that several processes share': createStore, memory: createMemory };

describe.each(Object.entries(stores))('the turns over %s', (_name, create) => {
  it('lose nothing, run nothing twice and keep the order, whatever fails', options, async () => {
    await fc.assert(
      fc.asyncProperty(plans, (plan) => runTurnModel(plan, create, outage)),
      { numRuns: create === createMemory ? Math.ceil(numRuns / 3) : numRuns },
    );
  });
});
