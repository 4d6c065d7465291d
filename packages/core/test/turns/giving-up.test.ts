import { ConfigurationError, DeliveryError, RetryableError, type Handle } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post } from '../support/engine.ts';
import { Processes } from '../support/processes.ts';

expectNoUnhandledRejections();

const never = new Promise<never>(() => {});

describe('a message that takes its process with it', () => {
  it('takes no others along: only it is given up', async () => {
    const all = new Processes();
    const innocents = Array.from({ length: 20 }, (_, i) => `innocent ${i}`);
    let kill = (): void => {};
    const assistant: Handle = async (message, reply) => {
      // They take longer than the process lives while all of them run at once.
      await all.clock.sleep(message.text === 'poison' ? 200 : 600);
      if (message.text !== 'poison') return await reply.text(`about ${message.text}`);
      kill();
      return await never;
    };
    const first = all.start(assistant);
    kill = first.kill;
    for (const text of [...innocents, 'poison']) {
      await first.turns.accept(post(text, { senderId: text, messageId: text }));
    }
    let last = first;
    for (let life = 0; life < 30; life++) {
      await all.clock.advance(60_000);
      if (!last.store.isDead) break;
      last = all.start(assistant);
      kill = last.kill;
    }
    expect(last.store.isDead).toBe(false);
    const letters = await last.engine.deadLetters.list();
    expect(letters.map(({ message }) => message.text)).toEqual(['poison']);
    expect(letters[0]?.reason).toBe('the process ended 6 times while the assistant ran');
    const expected = innocents.map((text) => `about ${text}`);
    expect(all.platform.texts.toSorted()).toEqual(expected.toSorted());
  });
});

describe('turns that were tried again', () => {
  it.each(['assistant', 'platform'])(
    'are none that their processes died of, and go on side by side when the %s is back',
    async (who) => {
      const all = new Processes();
      const tries = new Map<string, number>();
      let [underWay, atOnce] = [0, 0];
      const meet = async (user: string, error: Error): Promise<void> => {
        const count = (tries.get(user) ?? 0) + 1;
        tries.set(user, count);
        if (count < 5) throw error;
        atOnce = Math.max(atOnce, ++underWay);
        await all.clock.sleep(1_000);
        underWay--;
      };
      if (who === 'platform') {
        const error = new DeliveryError('away', { retryable: true });
        all.platform.onRequest = ({ to }) => meet(to, error);
      }
      const assistant: Handle = async ({ senderId }, reply) => {
        if (who === 'assistant') await meet(senderId, new RetryableError('away'));
        await reply.text('Hello');
      };
      const { turns } = all.start(assistant, {
        delivery: { retryMs: 0, firstDelayMs: 1, maxDelayMs: 1 },
      });
      for (const id of ['ada', 'bob', 'eve']) await turns.accept(post('Hi', { senderId: id }));
      await all.clock.advance(60_000);
      expect(all.platform.texts).toHaveLength(3);
      expect(atOnce).toBe(3);
    },
  );
});

describe('a turn that is given up', () => {
  it('is not run again where the process dies between its letter and its end', async () => {
    const all = new Processes();
    let runs = 0;
    const assistant = (): void => {
      runs++;
      throw new Error('oops');
    };
    const dying = all.start(assistant);
    const { set } = dying.store.values;
    dying.store.values.set = async (...args) => {
      const version = await set(...args);
      if (args[0] === 'dead-letters') dying.kill();
      return version;
    };
    await dying.turns.accept(post('Hi'));
    await all.clock.advance(0);
    expect(dying.store.isDead).toBe(true);
    const next = all.start(assistant);
    await all.clock.advance(60_000);
    expect(runs).toBe(1);
    expect(await next.engine.deadLetters.list()).toHaveLength(1);
    expect(await all.shared.memory.turns.waiting('test::ada', 9)).toEqual([]);
  });

  it('since its channel is gone goes on when the channel is back, and it is replayed', async () => {
    const all = new Processes();
    const first = all.start(() => never);
    await first.turns.accept(post('Hi', { messageId: '1' }));
    first.kill();
    const handled: (string | null)[] = [];
    const makeOutput = (): never => {
      throw new ConfigurationError('no such channel', { channel: 'test' });
    };
    const assistant: Handle = async (message, reply) => {
      handled.push(message.text);
      await reply.text('Hello');
    };
    const second = all.start(assistant, { makeOutput, apology: 'Sorry' });
    await all.clock.advance(60_000);
    expect(handled).toEqual([]);
    expect(await all.shared.memory.turns.waiting('test::ada', 9)).toEqual([]);
    const [letter] = await second.engine.deadLetters.list();
    expect(letter?.reason).toContain('no such channel');
    second.kill();
    const third = all.start(assistant);
    expect(await third.engine.replay(letter?.id ?? '')).toBe(true);
    await all.clock.advance(0);
    expect({ handled, said: all.platform.texts }).toEqual({ handled: ['Hi'], said: ['Hello'] });
  });

  it('holds nothing back where it cannot even begin', async () => {
    const all = new Processes();
    const handled: (string | null)[] = [];
    const process = all.start((message) => void handled.push(message.text), {
      weather: {
        after: (call) => {
          if (call === 'get' && handled.length === 0 && !isOver) throw new TypeError('broken');
        },
      },
    });
    let isOver = false;
    await process.turns.accept(post('1'));
    await all.clock.advance(0);
    isOver = true;
    await process.turns.accept(post('2'));
    await all.clock.advance(0);
    expect(handled).toEqual(['2']);
    expect(await process.engine.deadLetters.list()).toMatchObject([{ reason: 'broken' }]);
  });
});
