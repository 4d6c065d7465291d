import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { TextOutput } from '../support/outputs.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

describe('the order of turns', () => {
  it('is that of arrival in each conversation, one at a time, whatever the timing', async () => {
    const arrival = fc.record({
      sender: fc.constantFrom('a', 'b', 'c'),
      afterMs: fc.integer({ min: 0, max: 20 }),
      takesMs: fc.integer({ min: 0, max: 50 }),
      fails: fc.boolean(),
    });
    const maxRunning = fc.integer({ min: 1, max: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { maxLength: 15 }), maxRunning, async (arrivals, most) => {
        const clock = new FakeClock();
        const handled: Record<string, number[]> = { a: [], b: [], c: [] };
        const running = new Set<string>();
        const { turns } = setUpEngine(
          async (message) => {
            const index = Number(message.text);
            expect(running.has(message.senderId)).toBe(false);
            running.add(message.senderId);
            expect(running.size).toBeLessThanOrEqual(most);
            handled[message.senderId]?.push(index);
            await clock.sleep(arrivals[index]?.takesMs ?? 0);
            running.delete(message.senderId);
            if (arrivals[index]?.fails) throw new Error(`turn ${index}`);
          },
          { clock, limits: { maxRunning: most } },
        );
        const results: Promise<unknown>[] = [];
        for (const [index, { sender, afterMs }] of arrivals.entries()) {
          if (afterMs > 0) await clock.advance(afterMs);
          results.push(turns.run(say(String(index), { senderId: sender })).catch((error) => error));
        }
        await clock.advance(2000);
        const outcomes = await Promise.all(results);
        for (const [index, { fails }] of arrivals.entries()) {
          expect(outcomes[index] instanceof Error).toBe(fails);
        }
        for (const [sender, order] of Object.entries(handled)) {
          const arrived = arrivals.flatMap((one, index) => (one.sender === sender ? [index] : []));
          expect(order).toEqual(arrived);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('takes the ticket before the first await', async () => {
    const order: string[] = [];
    const { turns } = setUpEngine((message) => void order.push(message.text ?? ''));
    const first = turns.run(say('1'));
    const second = turns.run(say('2'));
    const third = turns.run(say('3'));
    await Promise.all([third, second, first]);
    expect(order).toEqual(['1', '2', '3']);
  });

  it('lets conversations run side by side', async () => {
    const gate = deferred();
    const { turns } = setUpEngine(async (message) => {
      if (message.senderId === 'slow') await gate.promise;
    });
    const slow = turns.run(say('1', { senderId: 'slow' }));
    await turns.run(say('2', { senderId: 'quick' }));
    gate.resolve();
    await slow;
  });

  it('tells equal sender ids on two channels and two accounts apart', async () => {
    const gate = deferred();
    const { engine } = setUpEngine(async (message) => {
      if (message.text === 'wait') await gate.promise;
    });
    const held = engine.for('rest').run(say('wait'));
    await engine.for('slack').run(say('go'));
    await engine.for('rest').run(say('go', { account: 'T1' }));
    gate.resolve();
    await held;
  });

  it('links conversations where it is told to', async () => {
    const gate = deferred();
    const order: string[] = [];
    const { engine } = setUpEngine(
      async (message) => {
        if (message.text === '1') await gate.promise;
        order.push(message.text ?? '');
      },
      { conversationKey: (message) => `person:${message.senderId}` },
    );
    const runs = [engine.for('rest').run(say('1')), engine.for('slack').run(say('2'))];
    await settle();
    expect(order).toEqual([]);
    gate.resolve();
    await Promise.all(runs);
    expect(order).toEqual(['1', '2']);
  });

  it('lets nobody wait who came without a sender id, and gives them nothing in common', async () => {
    const gate = deferred();
    const seen: unknown[] = [];
    const { turns } = setUpEngine(async (message, reply) => {
      seen.push([message.senderId, { ...reply.state }, await reply.history(10)]);
      reply.state['secret'] = message.text;
      if (message.text === 'first') await gate.promise;
    });
    const anonymous = { senderId: null };
    const first = turns.run(say('first', anonymous));
    await turns.run(say('second', anonymous));
    gate.resolve();
    await first;
    await turns.run(say('third', anonymous));
    await turns.run(say('fourth', { senderId: 'default' }));
    expect(seen).toEqual(Array.from({ length: 4 }, () => ['default', {}, []]));
  });

  it('sends responses in the order of the calls, also where none was awaited', async () => {
    class Slow extends TextOutput {
      readonly clock = new FakeClock();
      override async sendTextMessage(recipientId: string, text: string): Promise<void> {
        await this.clock.sleep(100 - Number(text) * 10);
        await super.sendTextMessage(recipientId, text);
      }
    }
    const output = new Slow();
    const { turns } = setUpEngine((_message, reply) => {
      for (let i = 0; i < 5; i++) void reply.text(String(i));
    });
    const turn = turns.run(say('Hi', { outputChannel: output }));
    await output.clock.advance(1000);
    await turn;
    expect(output.texts).toEqual(['0', '1', '2', '3', '4']);
  });

  it('counts what a background job of the assistant says as part of the turn', async () => {
    const output = new TextOutput();
    const { turns } = setUpEngine((_message, reply) => {
      const job = async (): Promise<void> => {
        for (let i = 0; i < 5; i++) await reply.text(String(i));
      };
      void job();
    });
    await turns.run(say('Hi', { outputChannel: output }));
    expect(output.texts).toEqual(['0', '1', '2', '3', '4']);
  });

  it('says what a failing assistant had not awaited within the turn', async () => {
    const gates: Record<string, ReturnType<typeof deferred>> = { 1: deferred(), 2: deferred() };
    const texts: string[] = [];
    class Slow extends TextOutput {
      override async sendTextMessage(_recipientId: string, text: string): Promise<void> {
        await gates[text]?.promise;
        texts.push(text);
      }
    }
    const { turns } = setUpEngine((message, reply) => {
      void reply.text(message.text ?? '');
      if (message.text === '1') throw new Error('oops');
    });
    const first = turns.run(say('1', { outputChannel: new Slow() }));
    const second = turns.run(say('2', { outputChannel: new Slow() }));
    await settle();
    gates['1']?.resolve(undefined);
    await expect(first).rejects.toThrow('oops');
    expect(texts).toEqual(['1']);
    gates['2']?.resolve(undefined);
    await second;
    expect(texts).toEqual(['1', '2']);
  });

  it('reports a key that could not be made, and goes on', async () => {
    const { turns, errors } = setUpEngine(() => {}, {
      conversationKey: (message) => {
        if (message.text === 'bad') throw new Error('no key');
        return undefined;
      },
    });
    await expect(turns.run(say('bad'))).rejects.toThrow('no key');
    expect(errors.map(({ error, context }) => [error.message, context.stage])).toEqual([
      ['no key', 'request'],
    ]);
    await turns.run(say('good'));
  });

  // The story: what a user has not told was an empty text, and all who had not told it read one another's history.
  it.each([[''], [Promise.resolve('x')], [7]])(
    'takes no key that all may share: %j',
    async (key) => {
      const { turns } = setUpEngine(() => expect.unreachable(), {
        // As somebody may return it who has no compiler.
        conversationKey: () => key as string,
      });
      await expect(turns.run(say('Hi'))).rejects.toThrow(
        'conversationKey must return a text that is not empty, or undefined',
      );
    },
  );

  it('runs no message that only has an address', async () => {
    const { turns } = setUpEngine(() => {});
    await expect(turns.run(post('Hi'))).rejects.toThrow(
      '[test] turns.run() needs a message with an outputChannel',
    );
  });
});
