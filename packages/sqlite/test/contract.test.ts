import { FakeClock, storeContract } from '@trunkline/testing';
import { describe, it } from 'vitest';
import { SqliteStore } from '../src/index.ts';
import { newFile } from './support/files.ts';

describe('SqliteStore', () => {
  const clock = new FakeClock();
  storeContract({
    it,
    create: () => new SqliteStore({ file: newFile(), clock }),
    advance: (ms) => clock.advance(ms),
  });
});

describe('SqliteStore, by the machine’s clock', () => {
  storeContract({ it, create: () => new SqliteStore({ file: newFile() }) });
});
