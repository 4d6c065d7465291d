import { MemoryStore } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { TextOutput } from '../support/outputs.ts';
import { Processes } from '../support/processes.ts';

describe('reply.state', () => {
  it('is kept from turn to turn', async () => {
    let count: unknown;
    const { turns } = setUpEngine((_message, reply) => {
      count = Number(reply.state['count'] ?? 0) + 1;
      reply.state['count'] = Number(count);
    });
    for (let i = 0; i < 3; i++) await turns.run(say('Hi'));
    expect(count).toBe(3);
  });

  it('can be replaced as a whole', async () => {
    const seen: unknown[] = [];
    const { turns } = setUpEngine((message, reply) => {
      seen.push(reply.state);
      reply.state = { last: message.text };
    });
    await turns.run(say('1'));
    await turns.run(say('2'));
    expect(seen).toEqual([{}, { last: '1' }]);
  });

  it('is saved only when the turn succeeded', async () => {
    const seen: unknown[] = [];
    const { turns } = setUpEngine((message, reply) => {
      seen.push({ ...reply.state });
      reply.state['said'] = message.text;
      if (message.text === 'fail') throw new Error('oops');
    });
    await turns.run(say('good'));
    await expect(turns.run(say('fail'))).rejects.toThrow('oops');
    await turns.run(say('next'));
    expect(seen).toEqual([{}, { said: 'good' }, { said: 'good' }]);
  });

  it('must be an object, and what was there is kept', async () => {
    const seen: unknown[] = [];
    const { turns, errors } = setUpEngine((message, reply) => {
      seen.push({ ...reply.state });
      reply.state = message.text === 'break' ? (undefined as never) : { said: message.text };
    });
    await turns.run(say('good'));
    await expect(turns.run(say('break'))).rejects.toThrow('reply.state must be a JSON object');
    await turns.run(say('next'));
    expect(seen).toEqual([{}, { said: 'good' }, { said: 'good' }]);
    expect(errors).toHaveLength(1);
  });

  // What JSON leaves out vanished unseen, and a date came back as a text.
  it.each<[what: string, value: unknown, path: string]>([
    ['a function', () => {}, '.order'],
    ['a function', { steps: [() => {}] }, '.order.steps[0]'],
    ['undefined', [undefined], '.order[0]'],
    ['an object of the class Date', { at: new Date(0) }, '.order.at'],
    ['an object of the class Map', new Map(), '.order'],
    ['a bigint', 1n, '.order'],
    ['NaN', Number.NaN, '.order'],
  ])('must be JSON, and what was there is kept: %s', async (what, value, path) => {
    const seen: unknown[] = [];
    const { turns, errors } = setUpEngine((message, reply) => {
      seen.push({ ...reply.state });
      if (message.text === 'break') reply.state['order'] = value as never;
      else reply.state['said'] = message.text;
    });
    await turns.run(say('good'));
    const sentence = `reply.state${path} is ${what}: the state must be JSON`;
    await expect(turns.run(say('break'))).rejects.toThrow(sentence);
    await turns.run(say('next'));
    expect(seen).toEqual([{}, { said: 'good' }, { said: 'good' }]);
    expect(errors).toMatchObject([
      { error: { name: 'TypeError' }, context: { stage: 'assistant' } },
    ]);
  });

  it('is written only when it changed', async () => {
    const store = new MemoryStore();
    const { turns } = setUpEngine(
      (message, reply) => {
        if (message.text === 'change') reply.state['a'] = 1;
      },
      { store },
    );
    await turns.run(say('change'));
    let writes = 0;
    const compareAndSet = store.values.compareAndSet.bind(store.values);
    store.values.compareAndSet = async (...args) => {
      writes++;
      return await compareAndSet(...args);
    };
    await turns.run(say('look'));
    await turns.run(say('change'));
    expect(writes).toBe(0);
  });

  it('belongs to one conversation', async () => {
    const seen: unknown[] = [];
    const { engine } = setUpEngine((message, reply) => {
      seen.push({ ...reply.state });
      reply.state['owner'] = message.senderId;
    });
    await engine.for('rest').run(say('Hi'));
    await engine.for('rest').run(say('Hi', { senderId: 'ben' }));
    await engine.for('rest').run(say('Hi', { account: 'T1' }));
    await engine.for('slack').run(say('Hi'));
    expect(seen).toEqual([{}, {}, {}, {}]);
  });

  // The story: the turn had failed, and its user was given an apology behind the answer.
  it('that somebody else changed during a live turn is not overwritten, and the turn is answered', async () => {
    const store = new MemoryStore();
    const outputChannel = new TextOutput();
    const { turns, errors, turnReports } = setUpEngine(
      async (_message, reply) => {
        reply.state['from'] = 'the turn';
        for (const key of keysRead) await store.values.set('state', key, { from: 'outside' });
        await reply.text('Hello');
      },
      { store, apology: 'Sorry' },
    );
    const keysRead: string[] = [];
    const get = store.values.get.bind(store.values);
    store.values.get = async (namespace, key) => {
      keysRead.push(key);
      return await get(namespace, key);
    };
    await turns.run(say('Hi', { outputChannel }));
    expect(outputChannel.texts).toEqual(['Hello']);
    expect(errors).toMatchObject([{ context: { stage: 'state' } }]);
    expect(turnReports).toMatchObject([{ outcome: 'answered' }]);
    expect((await get('state', keysRead[0] ?? ''))?.value).toEqual({ from: 'outside' });
  });

  it('is that of whoever comes first where turns run side by side, and all are answered', async () => {
    const outputChannel = new TextOutput();
    const begun = deferred();
    const { turns, errors } = setUpEngine(
      async ({ text }, reply) => {
        reply.state['by'] = text;
        if (text === '1') await begun.promise;
        await reply.text(`${text}!`);
      },
      { overlap: 'parallel', apology: 'Sorry' },
    );
    const first = turns.run(say('1', { outputChannel }));
    await turns.run(say('2', { outputChannel }));
    begun.resolve();
    await first;
    expect(outputChannel.texts).toEqual(['2!', '1!']);
    expect(errors).toMatchObject([{ context: { stage: 'state' } }]);
  });

  it('that somebody else changed during a deferred turn is not overwritten, and the turn is answered', async () => {
    const all = new Processes();
    const { turns, errors, turnReports } = all.start(async (_message, reply) => {
      reply.state['from'] = 'the turn';
      await all.shared.memory.values.set('state', 'test::ada', { from: 'outside' });
      await reply.text('Hello');
    });
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    const stored = await all.shared.memory.values.get('state', 'test::ada');
    expect(stored?.value).toEqual({ from: 'outside' });
    expect(errors).toMatchObject([{ context: { stage: 'state' } }]);
    expect(turnReports).toMatchObject([{ outcome: 'answered' }]);
  });

  it('is kept nowhere for who came without a sender id', async () => {
    const store = new MemoryStore();
    const touched: string[] = [];
    store.values.get = async (namespace) => {
      touched.push(namespace);
      return null;
    };
    store.values.compareAndSet = async (namespace) => {
      touched.push(namespace);
      return '1';
    };
    const { turns } = setUpEngine((_message, reply) => void (reply.state['a'] = 1), { store });
    await turns.run(say('Hi', { senderId: null }));
    expect(touched).toEqual([]);
  });

  it('fails the turn where it cannot be read, and the conversation goes on', async () => {
    const store = new MemoryStore();
    const { turns, errors } = setUpEngine(() => {}, { store });
    const get = store.values.get.bind(store.values);
    store.values.get = async () => {
      throw new Error('disk gone');
    };
    await expect(turns.run(say('1'))).rejects.toThrow('disk gone');
    expect(errors).toHaveLength(1);
    store.values.get = get;
    await turns.run(say('2'));
  });

  it('takes what is no object for nothing', async () => {
    const store = new MemoryStore();
    store.values.get = async () => ({ value: ['not', 'ours'], version: '1' });
    let state: unknown;
    const { turns } = setUpEngine((_message, reply) => void (state = reply.state), { store });
    await turns.run(say('Hi'));
    expect(state).toEqual({});
  });
});
