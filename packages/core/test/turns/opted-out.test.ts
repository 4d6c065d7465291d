import { DeliveryError, isOptedOut, type Assistant, type LogMethod } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post, say } from '../support/engine.ts';
import { failing, PlatformOutput, away } from '../support/platform.ts';
import { Processes, type ProcessSetup } from '../support/processes.ts';
import type { Weather } from '../support/shared-memory.ts';

expectNoUnhandledRejections();

const refusal = (): DeliveryError =>
  new DeliveryError('the user has opted out', { channel: 'test', code: 'opted_out' });

const echo: Assistant = {
  handle: async (message, reply) => void (await reply.text(`You said ${message.text}`)),
  triggerIntent: async ({ name }, reply) => void (await reply.text(name)),
};

/** A platform whose only user has opted out, and a log that is written down. */
function setUp(assistant: Assistant = echo, setup: ProcessSetup = {}) {
  const all = new Processes();
  const lines: string[] = [];
  const at = (level: string): LogMethod => {
    return (_fields, message) => void lines.push(`${level}: ${message}`);
  };
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  all.platform.onRequest = failing(refusal);
  return { all, lines, ...all.start(assistant, { logger, ...setup }) };
}

const told = 'info: [test] the user has opted out';

// The story: users who had opted out of text messages went on writing. Each of their messages became a dead letter
// and two errors in the log, and nobody could do anything about it.
describe('an answer to whoever has opted out', () => {
  it('is a line in the log and a failed turn, and no dead letter', async () => {
    const { turns, engine, clock, lines, errors, turnReports, sendReports } = setUp();
    await turns.accept(post('1', { messageId: '1' }));
    await turns.accept(post('2', { messageId: '2' }));
    await clock.advance(0);
    expect(await engine.deadLetters.list()).toEqual([]);
    expect(lines).toEqual([told, told]);
    expect(errors).toEqual([]);
    expect(turnReports).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }]);
    expect(sendReports).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }]);
  });

  it('keeps what the user has said for when they are back', async () => {
    const seen: unknown[] = [];
    const { all, turns, clock } = setUp(async (_, reply) => {
      seen.push((await reply.history(9)).map(({ text }) => text));
      await reply.text('Hello');
    });
    await turns.accept(post('Where is my pizza?', { messageId: '1' }));
    await clock.advance(0);
    all.platform.onRequest = () => {};
    await turns.accept(post('Hi', { messageId: '2' }));
    await clock.advance(0);
    expect([seen, all.platform.texts]).toEqual([[[], ['Where is my pizza?']], ['Hello']]);
  });

  it('is no dead letter where an apology would be said, or where it had to wait', async () => {
    const { all, turns, engine, clock, errors, turnReports } = setUp(echo, { apology: 'Sorry' });
    await turns.accept(post('1', { messageId: '1' }));
    await clock.advance(0);
    // It waits, and they opt out meanwhile.
    all.platform.onRequest = failing(away);
    await turns.accept(post('2', { messageId: '2' }));
    await clock.advance(11_000);
    all.platform.onRequest = failing(refusal);
    await clock.advance(3_600_000);
    expect(await engine.deadLetters.list()).toEqual([]);
    expect([all.platform.texts, errors]).toEqual([[], []]);
    expect(turnReports).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }]);
  });

  it('of somebody else drops nothing that waits to be said', async () => {
    const { all, turns, engine, clock } = setUp(async (_, reply) => {
      await reply.text('Hello');
      throw refusal();
    });
    all.platform.onRequest = failing(away);
    await turns.accept(post('1'));
    await clock.advance(11_000);
    expect(await engine.deadLetters.list()).toMatchObject([
      { progress: { pending: [{ response: { text: 'Hello' } }] } },
    ]);
  });

  it('of somebody else keeps no apology from whoever has written', async () => {
    const failed: Assistant = async () => {
      throw refusal();
    };
    const { all, turns, clock } = setUp(failed, { apology: 'Sorry' });
    all.platform.onRequest = () => {};
    await turns.accept(post('1'));
    await clock.advance(0);
    expect(all.platform.texts).toEqual(['Sorry']);
  });

  // The story: the process died after the refusal. In its second run the turn knew of a refusal, and not of which:
  // it became a dead letter all the same.
  it.each([
    ['still', false, [], 'failed'],
    ['no more', true, ['Hello'], 'answered'],
  ])('is asked for again in a second run: they are out %s', async (_, isBack, texts, outcome) => {
    let runs = 0;
    const assistant: Assistant = async (_message, reply) => {
      const isFirst = ++runs === 1;
      await reply.text('Hello').catch((error: unknown) => {
        if (!isFirst) throw error;
      });
      if (isFirst) await new Promise(() => {});
    };
    const { all, turns, clock, kill } = setUp(assistant);
    await turns.accept(post('1'));
    await clock.advance(0);
    kill();
    if (isBack) all.platform.onRequest = () => {};
    const { engine, turnReports } = all.start(assistant);
    await clock.advance(60_000);
    expect([runs, all.platform.texts]).toEqual([2, texts]);
    expect(await engine.deadLetters.list()).toEqual([]);
    expect(turnReports).toMatchObject([{ outcome }]);
  });

  it('is the assistant’s to know of', async () => {
    const { turns, engine, clock, lines, turnReports } = setUp(async (_, reply) => {
      await reply.text('Hello').catch((error: unknown) => {
        if (!isOptedOut(error)) throw error;
      });
    });
    await turns.accept(post('1'));
    await clock.advance(0);
    expect([await engine.deadLetters.list(), lines]).toEqual([[], [told]]);
    expect(turnReports).toMatchObject([{ outcome: 'answered' }]);
  });

  it.each([
    ['in its run', false],
    ['when what has waited is said', true],
  ])(
    'is no dead letter where the process dies right behind the refusal, %s',
    async (_, isParked) => {
      let isRefused = false;
      const weather: Weather = {
        after: (call) => {
          if (isRefused && call === 'commit') kill();
        },
      };
      const { all, turns, clock, kill } = setUp(echo, { weather });
      if (isParked) {
        all.platform.onRequest = failing(away);
        await turns.accept(post('1'));
        await clock.advance(11_000);
      }
      all.platform.onRequest = () => {
        isRefused = true;
        throw refusal();
      };
      if (!isParked) void turns.accept(post('1'));
      await clock.advance(3_600_000);
      expect(isRefused).toBe(true);
      const { engine, errors, turnReports } = all.start(echo);
      await clock.advance(3_600_000);
      expect(await engine.deadLetters.list()).toEqual([]);
      expect(errors).toEqual([]);
      expect(turnReports).toMatchObject([{ outcome: 'failed' }]);
    },
  );

  it('fails a live turn, and is a line in the log', async () => {
    const { all, turns, lines, errors } = setUp();
    const message = say('1', { outputChannel: new PlatformOutput(all.platform) });
    await expect(turns.run(message)).rejects.toMatchObject({ code: 'opted_out' });
    expect([lines, errors]).toEqual([[told], []]);
  });
});

it('a proactive message to whoever has opted out is no dead letter either', async () => {
  const { turns, engine, clock, lines, errors, turnReports } = setUp();
  await turns.accept(post('1', { messageId: '1' }));
  await clock.advance(0);
  await engine.proactive.send('ada', { text: 'News' }, { channel: 'test' });
  await engine.proactive.trigger('ada', { name: 'remind' }, { channel: 'test' });
  await clock.advance(0);
  expect(await engine.deadLetters.list()).toEqual([]);
  expect([lines, errors]).toEqual([[told, told, told], []]);
  expect(turnReports.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed']);
});

it('only a refusal of that code is one of an opt-out', () => {
  expect(isOptedOut(refusal())).toBe(true);
  expect(isOptedOut(new DeliveryError('refused'))).toBe(false);
  expect(isOptedOut(Object.assign(new Error('other'), { code: 'opted_out' }))).toBe(false);
});
