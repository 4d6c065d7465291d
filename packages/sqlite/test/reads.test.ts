import Database from 'libsql';
import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SqliteStore } from '../src/index.ts';
import { newFile } from './support/files.ts';

it('sees what it was told of, also where something was read while that was committed', async () => {
  const store = new SqliteStore({ file: newFile() });
  for (let i = 0; i < 50; i++) {
    const written = store.values.set('n', 'k', i);
    // By then the commit is under way, and what is read shares a transaction with what comes in this round.
    await setImmediate();
    await store.values.get('n', 'k');
    // Somebody computes until it is committed: that is told of in the same round.
    for (const until = performance.now() + 10; performance.now() < until;);
    await written;
    expect(await store.values.get('n', 'k')).toMatchObject({ value: i });
  }
  await store.close();
});

it('sees in the next round what a tool has written beside it', async () => {
  const file = newFile();
  const store = new SqliteStore({ file });
  const tool = new SqliteStore({ file, beside: true });
  for (let i = 0; i < 20; i++) {
    await store.values.get('n', 'k');
    await tool.values.set('n', 'k', i);
    await setImmediate();
    expect(await store.values.get('n', 'k')).toMatchObject({ value: i });
  }
  await tool.close();
  await store.close();
});

it('goes on after a query that fails', async () => {
  const file = newFile();
  const store = new SqliteStore({ file });
  await store.values.set('n', 'k', 1);
  const db = new Database(file);
  db.exec('ALTER TABLE stored_values RENAME TO elsewhere');
  const failed = store.values.get('n', 'k');
  const other = store.lists.last('l', 'k', 1);
  await expect(failed).rejects.toThrow(/stored_values/);
  expect(await other).toEqual([]);
  db.exec('ALTER TABLE elsewhere RENAME TO stored_values');
  db.close();
  await setImmediate();
  expect(await store.values.get('n', 'k')).toMatchObject({ value: 1 });
  await store.close();
});

it('leaves SQLite the moments in which it empties its log', async () => {
  // While somebody reads, the log grows: with reads that never end it would not end either.
  const file = newFile();
  const store = new SqliteStore({ file });
  let isOver = false;
  const reading = (async (): Promise<void> => {
    while (!isOver) {
      await store.values.get('n', 'k');
      await setImmediate();
    }
  })();
  const big = 'x'.repeat(200_000);
  for (let i = 0; i < 400; i++) await store.values.set('n', `k${i % 10}`, big);
  isOver = true;
  await reading;
  // 4,000 pages of 4 KB, after which it begins at its start; 80 MB were written.
  expect(statSync(`${file}-wal`).size).toBeLessThan(40e6);
  await store.close();
});
