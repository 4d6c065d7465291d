import { MemoryStore } from '@trunkline/core';
import { expect, it } from 'vitest';
import { outcomeOf } from '../../../../scripts/test-support/deferred.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { FakeClock } from '../support/fake-clock.ts';

it('a store that fails otherwise than by a StoreError holds up no live message', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const { turns } = store;
  const waiting = turns.waiting.bind(turns);
  let isDamaged = true;
  let recover = (_conversation: string): void => {};
  turns.watch = (onStranded) => {
    recover = onStranded;
    return () => {};
  };
  turns.waiting = (conversation, limit) => {
    if (isDamaged) throw new TypeError('no time helps against this');
    return waiting(conversation, limit);
  };
  const all = setUpEngine((_message, reply) => reply.text('hello'), { store, clock });
  all.engine.start();
  recover('test::ada');
  await clock.advance(0);
  expect(all.errors).toHaveLength(1);
  const lock = await store.lock('test::ada');
  expect(await outcomeOf(lock)).toBe('done');
  lock.release();
  // What is deferred stays, and nobody who is live waits for it.
  expect(await all.turns.accept(post('hello', { messageId: '1' }))).toBe('accepted');
  await all.turns.run(say('hello', { senderId: 'ada' }));
  await clock.advance(0);
  expect(all.turnReports.map(({ outcome }) => outcome)).toEqual(['answered']);
  isDamaged = false;
  expect(await all.turns.accept(post('hi'))).toBe('accepted');
  await clock.advance(0);
  expect(all.turnReports).toHaveLength(3);
});
