import { MemoryStore, type Lock } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { TextOutput } from '../support/outputs.ts';
import { Processes } from '../support/processes.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

describe('accept', () => {
  it('takes a message over and answers on its address', async () => {
    const addresses: unknown[] = [];
    const output = new TextOutput();
    const { turns } = setUpEngine(async (_message, reply) => void (await reply.text('Hi')), {
      outputFor: (channel, address) => {
        addresses.push([channel, address]);
        return output;
      },
    });
    expect(await turns.accept(post('Hi'))).toBe('accepted');
    await settle();
    expect(output.texts).toEqual(['Hi']);
    // Once to see that it can be reached, and once to answer.
    expect(addresses).toEqual([
      ['test', { to: 'ada' }],
      ['test', { to: 'ada' }],
    ]);
  });

  it('says once that a crash loses what it takes over, where it does', async () => {
    const warnings: unknown[] = [];
    const quiet = (): void => {};
    const logger = {
      debug: quiet,
      info: quiet,
      error: quiet,
      warn: (_fields: unknown, text: string) => void warnings.push(text),
    };
    const { engine } = setUpEngine(() => {}, { logger });
    await engine.for('test').run(say('live'));
    expect(warnings).toEqual([]);
    for (const channel of ['one', 'two', 'one']) await engine.for(channel).accept(post('Hi'));
    expect(warnings).toEqual([expect.stringContaining('are lost when this process ends')]);
    const durable = new Processes().start(() => {}, { logger });
    await durable.turns.accept(post('Hi'));
    expect(warnings).toHaveLength(1);
  });

  it('starts one turn for a message that is delivered twice', async () => {
    const handled: string[] = [];
    const { turns, engine, clock } = setUpEngine((m) => void handled.push(m.text ?? ''));
    const results = await Promise.all([
      turns.accept(post('once', { messageId: 'm1' })),
      turns.accept(post('once', { messageId: 'm1' })),
    ]);
    expect(results).toEqual(['accepted', 'duplicate']);
    expect(await turns.accept(post('once', { messageId: 'm1' }))).toBe('duplicate');
    await clock.advance(47 * 60 * 60 * 1000);
    expect(await turns.accept(post('once', { messageId: 'm1' }))).toBe('duplicate');
    expect(await engine.for('other').accept(post('other', { messageId: 'm1' }))).toBe('accepted');
    await settle();
    expect(handled).toEqual(['once', 'other']);
  });

  it('gives a place back that a duplicate took', async () => {
    const { turns } = setUpEngine(() => {}, { limits: { maxQueued: 1, maxWaiting: 3 } });
    for (let i = 0; i < 20; i++) {
      const expected = i === 0 ? 'accepted' : 'duplicate';
      expect(await turns.accept(post('again', { messageId: 'm1' }))).toBe(expected);
      await settle();
    }
    await turns.run(say('still going'));
  });

  it('refuses where a limit is reached', async () => {
    const gate = deferred();
    const { turns } = setUpEngine(async () => gate.promise, { limits: { maxQueued: 1 } });
    expect(await turns.accept(post('1'))).toBe('accepted');
    expect(await turns.accept(post('2'))).toBe('accepted');
    expect(await turns.accept(post('3'))).toBe('refused');
    gate.resolve();
    await settle();
    expect(await turns.accept(post('4'))).toBe('accepted');
  });

  it('keeps the order of arrival among deferred and live messages', async () => {
    const store = new MemoryStore();
    const gates = new Map([
      ['1', deferred()],
      ['3', deferred()],
    ]);
    const add = store.turns.add.bind(store.turns);
    store.turns.add = async (turn, options) => {
      const added = await add(turn, options);
      await gates.get(turn.id.replace('test:', ''))?.promise;
      return added;
    };
    const handled: string[] = [];
    const { turns } = setUpEngine((message) => void handled.push(message.text ?? ''), { store });
    const all = [
      turns.accept(post('1', { messageId: '1' })),
      turns.run(say('2')),
      turns.accept(post('3', { messageId: '3' })),
      turns.run(say('4')),
    ];
    await settle();
    gates.get('3')?.resolve();
    await settle();
    expect(handled).toEqual([]);
    gates.get('1')?.resolve();
    await Promise.all(all);
    expect(handled).toEqual(['1', '2', '3', '4']);
  });

  it('rejects where the store fails, and the conversation goes on', async () => {
    const store = new MemoryStore();
    const add = store.turns.add.bind(store.turns);
    let isBroken = true;
    store.turns.add = async (...args) => {
      if (isBroken) throw new Error('disk full');
      return await add(...args);
    };
    const handled: string[] = [];
    const { turns } = setUpEngine((message) => void handled.push(message.text ?? ''), { store });
    await expect(turns.accept(post('1', { messageId: '1' }))).rejects.toThrow('disk full');
    isBroken = false;
    expect(await turns.accept(post('1', { messageId: '1' }))).toBe('accepted');
    await turns.run(say('2'));
    expect(handled).toEqual(['1', '2']);
  });

  it('leaves no rejection behind where locks fail before marks are set', async () => {
    const gate = deferred();
    class Broken extends MemoryStore {
      override async lock(): Promise<Lock> {
        throw new Error('no locks');
      }
    }
    const store = new Broken();
    const add = store.turns.add.bind(store.turns);
    store.turns.add = async (...args) => {
      await gate.promise;
      return await add(...args);
    };
    const { turns, errors } = setUpEngine(() => {}, { store });
    const accepted = turns.accept(post('1'));
    for (let i = 0; i < 3; i++) await settle();
    gate.resolve();
    await accepted;
    await settle();
    expect(errors).toMatchObject([{ error: { message: 'no locks' } }]);
    await expect(turns.run(say('2'))).rejects.toThrow('no locks');
  });

  it('reports what fails, since nobody waits', async () => {
    const { turns, errors, turnReports } = setUpEngine(() => {
      throw new Error('oops');
    });
    expect(await turns.accept(post('Hi'))).toBe('accepted');
    await settle();
    expect(errors).toMatchObject([{ error: { message: 'oops' }, context: { stage: 'assistant' } }]);
    expect(turnReports).toMatchObject([{ outcome: 'dead' }]);
  });

  it('needs an address', async () => {
    const { turns } = setUpEngine(() => {});
    await expect(turns.accept(say('Hi'))).rejects.toThrow(
      '[test] turns.accept() needs a message with an address',
    );
  });
});
