import { MemoryStore, systemClock } from '@trunkline/core';
import { FakeClock, storeContract, type It } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { FaultyStore, STORE_FAULTS } from './support/faulty-store.ts';
import { PART_FAULTS } from './support/part-faults.ts';
import { faultyStore } from './support/faulty-parts.ts';
import { outcomeOf } from './support/outcome.ts';

/** What hangs is found by waiting; what does not must get there, on a busy machine too. */
const PATIENCE_MS = 2_000;

/** Leaves out the checks of what a `FaultyStore` does not have. */
function onlyPlain(runner: It): It {
  const names = new Set<string>(Object.values(STORE_FAULTS).flat());
  return (name, check) => (names.has(name) ? runner(name, check) : undefined);
}

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
  storeContract({ it: onlyPlain(it), create: async () => new FaultyStore(systemClock) });
});

describe('a store of parts without a fault', () => {
  storeContract({ it, create: () => faultyStore(systemClock) });
});

describe('the contract of stores', () => {
  type Fault = keyof typeof STORE_FAULTS;
  const faults = Object.keys(STORE_FAULTS) as Fault[];
  const contractOf =
    (fault: Fault) =>
    (runner: It): void => {
      let clock = new FakeClock();
      storeContract({
        it: onlyPlain(runner),
        create() {
          clock = new FakeClock();
          return new FaultyStore(clock, fault);
        },
        advance: (ms) => clock.advance(ms),
        timeoutMs: PATIENCE_MS,
      });
    };

  it.concurrent.each(faults)('finds a store that %s', async (fault) => {
    const { failures } = await outcomeOf(contractOf(fault));
    expect(Object.keys(failures)).toEqual(STORE_FAULTS[fault]);
  });

  const contractOfParts =
    (fault: string) =>
    (runner: It): void => {
      let clock = new FakeClock();
      storeContract({
        it: runner,
        create() {
          clock = new FakeClock();
          return faultyStore(clock, fault);
        },
        advance: (ms) => clock.advance(ms),
        // As a store that has lost everything with its process.
        reopen: async () => new MemoryStore({ clock }),
        timeoutMs: PATIENCE_MS,
      });
    };
  const survival = [
    'has everything when its process was killed',
    'names the conversations that a killed process has left',
  ];

  it.concurrent.each(Object.keys(PART_FAULTS))('finds a store that %s', async (fault) => {
    const { failures } = await outcomeOf(contractOfParts(fault));
    const names = Object.keys(failures);
    expect(names.filter((name) => !survival.includes(name))).toEqual(PART_FAULTS[fault]);
    expect(names).toEqual(expect.arrayContaining(survival));
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
      'waited 400 ms for what was stored to expire',
    );
  });

  it('has no check that cannot fail', async () => {
    const found = new Set<string>([
      ...Object.values(STORE_FAULTS).flat(),
      ...Object.values(PART_FAULTS).flat(),
      ...survival,
    ]);
    const { names } = await outcomeOf(contractOfParts('overtakes'));
    expect(names).toEqual(expect.arrayContaining([...found]));
    expect(names.filter((name) => !found.has(name))).toEqual([]);
  });
});
