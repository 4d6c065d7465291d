import { expect, it } from 'vitest';
import { Memory } from '../src/memory.ts';
import { Outbox, type Outgoing } from '../src/outbox.ts';
import { TestClock } from './support/clock.ts';
import { FakeStorage } from './support/sockets.ts';

const HOUR_MS = 60 * 60 * 1_000;
const said = (id: string): Outgoing => ({ type: 'message', message: id, id });
const openOutbox = (memory: Memory, clock: TestClock): Outbox => {
  const outbox = new Outbox(memory, clock, true);
  outbox.belongTo({ session: 's', token: 't', user: 'u' });
  return outbox;
};
const ids = (outbox: Outbox): string[] => outbox.all.map(({ id }) => id);

it('keeps what was said in its order, also for the next page', () => {
  const clock = new TestClock();
  const storage = new FakeStorage();
  const memory = new Memory(storage, 'ws://localhost/ws');
  const outbox = openOutbox(memory, clock);
  // In one millisecond, and in no order of their names.
  for (const id of ['c', 'a', 'b']) outbox.add(said(id));
  expect(outbox.first?.id).toBe('c');
  expect(ids(openOutbox(memory, clock))).toEqual(['c', 'a', 'b']);
  expect(outbox.remove('a')).toMatchObject({ message: 'a' });
  expect(outbox.remove('a')).toBeNull();
  expect(ids(openOutbox(memory, clock))).toEqual(['c', 'b']);
});

it('forgets what is a day old: the server may have forgotten its name', async () => {
  const clock = new TestClock();
  const storage = new FakeStorage();
  const memory = new Memory(storage, 'ws://localhost/ws');
  openOutbox(memory, clock).add(said('a'));
  await clock.pass(23 * HOUR_MS);
  expect(ids(openOutbox(memory, clock))).toEqual(['a']);
  await clock.pass(HOUR_MS);
  expect(ids(openOutbox(memory, clock))).toEqual([]);
  expect(storage.length).toBe(0);
});

it('throws away what it has not written', () => {
  const storage = new FakeStorage();
  const memory = new Memory(storage, 'ws://localhost/ws');
  memory.set('unsent:a', { at: 'now' });
  memory.set('unsent:b', { at: Number.MAX_SAFE_INTEGER, frame: { id: 1 } });
  expect(ids(openOutbox(memory, new TestClock()))).toEqual([]);
  expect(storage.length).toBe(0);
});
