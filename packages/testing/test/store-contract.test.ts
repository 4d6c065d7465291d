import { MemoryStore, systemClock } from '@trunkline/core';
import { FakeClock, storeContract, type It } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { FaultyStore, STORE_FAULTS } from './support/faulty-store.ts';
import { outcomeOf } from './support/outcome.ts';

describe('MemoryStore', () => {
  let clock = new FakeClock();
  storeContract({
    it,
    create() {
      clock = new FakeClock();
      return new MemoryStore({ clock });
    },
    advance: (ms) => clock.advance(ms),
  });
});

describe('MemoryStore, by the machine’s clock', () => {
  storeContract({ it, create: () => new MemoryStore() });
});

describe('a store without a fault', () => {
  storeContract({ it, create: async () => new FaultyStore(systemClock) });
});

describe('the contract of stores', () => {
  type Fault = keyof typeof STORE_FAULTS;
  const faults = Object.keys(STORE_FAULTS) as Fault[];
  const contractOf =
    (fault: Fault, timeoutMs: number) =>
    (runner: It): void => {
      let clock = new FakeClock();
      storeContract({
        it: runner,
        create() {
          clock = new FakeClock();
          return new FaultyStore(clock, fault);
        },
        advance: (ms) => clock.advance(ms),
        timeoutMs,
      });
    };

  it.concurrent.each(faults)('finds a store that %s', async (fault) => {
    const { failures } = await outcomeOf(contractOf(fault, 200));
    expect(Object.keys(failures)).toEqual(STORE_FAULTS[fault]);
  });

  it('finds a store that keeps everything also by the machine’s clock', async () => {
    const { failures } = await outcomeOf((runner) =>
      storeContract({
        it: runner,
        create: () => new FaultyStore(systemClock, 'keeps everything'),
        timeoutMs: 400,
      }),
    );
    expect(failures['forgets a value when its time is over']).toContain(
      'waited 400 ms for values to expire',
    );
  });

  it('has no check that cannot fail', async () => {
    const found = new Set<string>(Object.values(STORE_FAULTS).flat());
    const { names } = await outcomeOf(contractOf('is not ready', 200));
    expect(names.filter((name) => !found.has(name))).toEqual([]);
  });
});
