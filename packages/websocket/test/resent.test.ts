import { MemoryStore, type KeyedLists, type Store } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import type { Client } from './support/client.ts';
import { closeAfterEach, echo, resuming, startSocket } from './support/server.ts';

expectNoUnhandledRejections();
closeAfterEach();

/** A store that several processes use. */
function sharedStore(): Store {
  return Object.assign(new MemoryStore(), { shared: true });
}

/** Two processes. The first hangs when it has accepted a message and is about to log it. */
async function resend(): Promise<{
  tab: Client;
  back: Client;
  clock: FakeClock;
  goOn: () => void;
  looked: Promise<void>;
}> {
  const store = sharedStore();
  const clock = new FakeClock();
  const one = await startSocket(() => {}, { clock }, { store });
  const two = await startSocket(echo, { clock }, { store });
  const here = one.connect();
  const session = await here.session();
  const [hanging, gate, looked] = [deferred(), deferred(), deferred()];
  const { lists } = store;
  const append: KeyedLists['append'] = lists.append.bind(lists);
  const after: KeyedLists['after'] = lists.after.bind(lists);
  let isFirst = true;
  lists.append = async (...args) => {
    if (isFirst) {
      isFirst = false;
      hanging.resolve();
      await gate.promise;
    }
    return await append(...args);
  };
  here.send({ message: 'Hi', id: 'm' });
  await hanging.promise;
  here.cut();
  const [back, tab] = [two.connect(resuming(session)), two.connect(resuming(session))];
  for (const client of [back, tab]) {
    await client.session();
    await client.settled();
  }
  lists.after = async (...args) => {
    const items = await after(...args);
    looked.resolve();
    return items;
  };
  back.send({ message: 'Hi', id: 'm' });
  return { tab, back, clock, goOn: gate.resolve, looked: looked.promise };
}

describe('a message that is sent again, to another process', () => {
  it('is logged once where the first one is about to log it', async () => {
    // It was shown twice to the other tabs: each process found that it was not in the log.
    const { tab, back, clock, goOn, looked } = await resend();
    await looked;
    // As long as a store may take to read the log and to append. After a second, both had logged it.
    await clock.advance(3_900);
    goOn();
    await back.next('ack');
    await tab.next('user');
    await back.settled();
    await tab.settled();
    expect(tab.of('user').map(({ client_id }) => client_id)).toEqual(['m']);
  });

  it('is logged by the other one where the first is gone', async () => {
    const { tab, back, clock, looked } = await resend();
    await looked;
    await clock.advance(8_000);
    const { seq } = await back.next('ack');
    expect(await tab.next('user')).toMatchObject({ client_id: 'm', seq });
  });
});

describe('a message that is sent again when its entry is gone from the log', () => {
  it('has the log read twice', async () => {
    // It was read ten times a second, and once more, for whatever old name a client made up.
    const store = sharedStore();
    const clock = new FakeClock();
    const { connect } = await startSocket(() => {}, { clock, log: { maxMessages: 1 } }, { store });
    const client = connect();
    await client.session();
    for (const id of ['m', 'n']) {
      client.send({ message: 'Hi', id });
      await client.next('ack', (ack) => ack.id === id);
    }
    const after: KeyedLists['after'] = store.lists.after.bind(store.lists);
    const looked = deferred();
    let reads = 0;
    store.lists.after = async (...args) => {
      reads++;
      const items = await after(...args);
      looked.resolve();
      return items;
    };
    const from = client.frames.length;
    client.send({ message: 'Hi', id: 'm' });
    await looked.promise;
    await clock.advance(8_000);
    expect(await client.next('ack', () => true, from)).toMatchObject({ id: 'm' });
    expect(reads).toBe(2);
  });
});
