import { FakeClock, storeContract } from '@trunkline/testing';
import { describe, it } from 'vitest';
import { SqliteStore } from '../src/index.ts';
import { killed, newFile } from './support/files.ts';

describe('SqliteStore', () => {
  const clock = new FakeClock();
  const files = new Map<unknown, string>();
  const open = (file: string): SqliteStore => {
    const store = new SqliteStore({ file, clock });
    files.set(store, file);
    return store;
  };
  storeContract({
    it,
    create: () => open(newFile()),
    advance: (ms) => clock.advance(ms),
    reopen: async (store) => open(killed(files.get(store) ?? '')),
  });
});

describe('SqliteStore, by the machine’s clock', () => {
  storeContract({ it, create: () => new SqliteStore({ file: newFile() }) });
});
