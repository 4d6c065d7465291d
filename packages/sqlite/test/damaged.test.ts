import type { KeyedValues } from '@trunkline/core';
import { setImmediate } from 'node:timers/promises';
import Database from 'libsql';
import { expect, it, onTestFinished } from 'vitest';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { SqliteStore } from '../src/index.ts';
import { newFile } from './support/files.ts';

expectNoUnhandledRejections();

const LIST = { maxItems: 9, ttlMs: 60_000 };
const TURN = { markTtlMs: 60_000, maxTurns: 9, stampOf: 'menu' };

/** A store, a tool that writes into its file, and what is warned of. */
function setUp() {
  const file = newFile();
  const store = new SqliteStore({ file });
  const tool = new Database(file);
  const warnings: string[] = [];
  const listener = ({ message }: Error): void => void warnings.push(message.replace(file, 'FILE'));
  process.on('warning', listener);
  onTestFinished(async () => {
    process.off('warning', listener);
    tool.close();
    await store.close();
  });
  return { store, tool, warnings };
}

async function keysOf(values: KeyedValues): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of values.entries('state')) keys.push(key);
  return keys;
}

// The story: one cell that could not be read made every look at its conversation fail, and the conversation
// stood still for good.
it('a value that is damaged is as if it were not there, and can be written again', async () => {
  const { store, tool, warnings } = setUp();
  const { values } = store;
  await values.set('state', 'ada', { a: 1 });
  await values.set('state', 'bob', { b: 1 });
  tool.exec(`UPDATE stored_values SET json = '{"a":' WHERE key = 'ada'`);
  expect(await values.get('state', 'ada')).toBeNull();
  expect(await values.get('state', 'ada')).toBeNull();
  expect(await keysOf(values)).toEqual(['bob']);
  expect(await values.compareAndSet('state', 'bob', null, 2)).toBeNull();
  expect(await values.compareAndSet('state', 'ada', 'other', 2)).toBeNull();
  expect(await values.compareAndSet('state', 'ada', null, 2)).not.toBeNull();
  expect(await values.get('state', 'ada')).toMatchObject({ value: 2 });
  // Node tells of them a little later.
  await setImmediate();
  expect(warnings).toEqual([
    'FILE: the value "ada" of "state" is damaged in part: that is as if it were not there',
  ]);
});

it.each([
  ['text', `'{"a":'`],
  ['of another type', `x'00ff'`],
])('a list without its damaged item, %s, has the others', async (_, damaged) => {
  const { store, tool, warnings } = setUp();
  const { lists } = store;
  await lists.append('history', 'ada', [{ i: 1 }, { i: 2 }, { i: 3 }], LIST);
  tool.exec(`UPDATE list_items SET json = ${damaged} WHERE seq = 1`);
  expect(await lists.last('history', 'ada', 9)).toEqual([{ i: 1 }, { i: 3 }]);
  expect(await lists.last('history', 'ada', 2)).toEqual([{ i: 3 }]);
  expect(await lists.after('history', 'ada', 0, 9)).toEqual([
    { number: 1, value: { i: 1 } },
    { number: 3, value: { i: 3 } },
  ]);
  tool.exec(`UPDATE list_items SET json = ${damaged} WHERE seq = 2`);
  // What others write is seen in the next round.
  await setImmediate();
  expect(await lists.last('history', 'ada', 1)).toEqual([]);
  expect(await lists.append('history', 'ada', [{ i: 4 }], LIST)).toBe(4);
  // Node tells of them a little later.
  await setImmediate();
  expect(warnings).toEqual([
    'FILE: the list "ada" of "history" is damaged in part: that is as if it were not there',
  ]);
});

it('a turn whose stamp is damaged has none', async () => {
  const { store, tool, warnings } = setUp();
  await store.values.set('menu', 'ada', { id: 'menu' });
  for (const id of ['1', '2']) {
    await store.turns.add({ conversation: 'ada', id, message: 'hello' }, TURN);
  }
  tool.exec(`UPDATE turns SET stamp = '{"id":' WHERE id = '1'`);
  expect(await store.turns.waiting('ada', 1)).toMatchObject([{ id: '1', stamp: null }]);
  expect(await store.turns.waiting('ada', 9)).toMatchObject([
    { id: '1', message: 'hello', stamp: null },
    { id: '2', stamp: { id: 'menu' } },
  ]);
  // Node tells of them a little later.
  await setImmediate();
  expect(warnings).toEqual([
    'FILE: a turn of "ada" is damaged in part: that is as if it were not there',
  ]);
});
