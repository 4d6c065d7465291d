import { OutputChannel, StoreError, type UserMessage } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post } from '../support/engine.ts';
import { Processes, type EngineProcess } from '../support/processes.ts';

expectNoUnhandledRejections();

const one = { messageId: '1' };
const never = new Promise<never>(() => {});

/** Shuts a process down that may not finish what it has. */
async function shutDown(all: Processes, { engine, kill }: EngineProcess): Promise<void> {
  const closed = engine.close(1_000);
  await all.clock.advance(2_000);
  await closed;
  kill();
}

describe('a turn that was to start at once', () => {
  it('counts as begun where its process died, and as no death', async () => {
    const all = new Processes();
    const delivery = { attempts: 1 };
    const first = all.start(() => never, { delivery });
    await first.turns.accept(post('Hi', one));
    first.kill();
    const attempts: number[] = [];
    const { turnReports } = all.start((message) => void attempts.push(message.attempt), {
      delivery,
    });
    await all.clock.advance(20_000);
    expect(attempts).toEqual([2]);
    expect(turnReports).toMatchObject([{ outcome: 'answered' }]);
  });

  it('is run where its process shut down before it began', async () => {
    // It counted as one that its process had died of: the only one that may be, here.
    const all = new Processes();
    const delivery = { attempts: 1 };
    const first = all.start(() => {}, { delivery });
    const accepted = first.turns.accept(post('Hi', one));
    await shutDown(all, first);
    expect(await accepted).toBe('accepted');
    const { turnReports } = all.start(() => {}, { delivery });
    await all.clock.advance(20_000);
    expect(turnReports).toMatchObject([{ outcome: 'answered' }]);
  });

  it('was not begun where it waited for a slot', async () => {
    const all = new Processes();
    const first = all.start(() => never, { limits: { maxRunning: 1 } });
    await first.turns.accept(post('busy', { messageId: '0', senderId: 'bob' }));
    await all.clock.advance(0);
    await first.turns.accept(post('Hi', one));
    await all.clock.advance(0);
    await shutDown(all, first);
    const attempts: [string | null, number][] = [];
    all.start(({ text, attempt }) => void attempts.push([text, attempt]));
    await all.clock.advance(20_000);
    expect(new Map(attempts)).toEqual(
      new Map([
        ['busy', 2],
        ['Hi', 1],
      ]),
    );
  });

  it('is not run where it waited for a slot, and somebody else has got it meanwhile', async () => {
    const all = new Processes();
    const gate = deferred();
    const handled: (string | null)[] = [];
    const assistant = async ({ text }: UserMessage): Promise<void> => {
      handled.push(text);
      if (text === 'busy') await gate.promise;
    };
    const first = all.start(assistant, { limits: { maxRunning: 1 } });
    await first.turns.accept(post('busy', { messageId: '0', senderId: 'bob' }));
    await all.clock.advance(0);
    await first.turns.accept(post('Hi', one));
    await all.clock.advance(0);
    all.start(({ text }) => void handled.push(`${text} elsewhere`));
    first.store.loseLocks();
    await all.clock.advance(1_000);
    gate.resolve();
    await all.clock.advance(1_000);
    expect(handled).not.toContain('Hi');
    expect(handled).toContain('Hi elsewhere');
  });

  it('is run where it was added, and only the answer was lost', async () => {
    const all = new Processes();
    let left = 1;
    const after = (call: string): void => {
      if (call === 'add' && left-- > 0) throw new StoreError('away', { code: 'away' });
    };
    const handled: (string | null)[] = [];
    const setup = { weather: { after }, delivery: { attempts: 1 } };
    const { turns } = all.start(({ text }) => void handled.push(text), setup);
    await expect(turns.accept(post('Hi', one))).rejects.toThrow('away');
    await all.clock.advance(10);
    expect(await turns.accept(post('Hi', one))).toBe('duplicate');
    await all.clock.advance(1_000);
    expect(handled).toEqual(['Hi']);
  });

  it.each(['that waited for a slot', 'that was not noted first'])(
    'says nothing that somebody else has said: one %s',
    async (which) => {
      const all = new Processes();
      const gate = deferred();
      const isSlow = which === 'that waited for a slot';
      // A class of its own for each process, which does not know of it whether it delivers.
      const makeOutput = (): OutputChannel => {
        class Plain extends OutputChannel {
          readonly name = 'plain';
          // Else a session would begin, which is noted first.
          override readsTrackerState = false;
          async sendTextMessage(to: string, text: string): Promise<void> {
            await all.platform.post({ key: '', to, text });
          }
        }
        return new Plain();
      };
      const first = all.start(
        async ({ text }, reply) => {
          if (text === 'busy' || !isSlow) await gate.promise;
          if (text !== 'busy') await reply.text('x');
        },
        { makeOutput, limits: { maxRunning: isSlow ? 1 : 2 } },
      );
      await first.turns.accept(post('busy', { messageId: '0', senderId: 'bob' }));
      await all.clock.advance(0);
      await first.turns.accept(post('Hi', one));
      await all.clock.advance(0);
      first.store.loseLocks();
      const say = { makeOutput };
      all.start(({ text }, reply) => (text === 'busy' ? undefined : reply.text('x')), say);
      await all.clock.advance(20_000);
      gate.resolve();
      await all.clock.advance(20_000);
      expect(all.platform.texts).toEqual(['x']);
    },
  );
});
