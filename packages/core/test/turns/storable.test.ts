import { OutputChannel, type JsonValue, type Receipt, type Reply } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post, setUpEngine } from '../support/engine.ts';
import { away, failing, Platform } from '../support/platform.ts';
import { Processes } from '../support/processes.ts';

expectNoUnhandledRejections();

const circular: Record<string, unknown> = { ts: '1' };
circular['self'] = circular;

/** A channel whose receipts are no JSON, which the compiler does not see of an SDK's objects. */
class OddOutput extends OutputChannel {
  readonly name = 'odd';
  readonly #platform: Platform;
  readonly #receipt: unknown;

  constructor(platform: Platform, receipt: unknown) {
    super();
    this.#platform = platform;
    this.#receipt = receipt;
  }

  async sendTextMessage(to: string, text: string): Promise<void> {
    await this.deliver(text, async (_text, key) => {
      await this.#platform.post({ key, to, text });
      return this.#receipt as Receipt;
    });
  }
}

// Each time the turn was to be stored, JSON threw. The turn had its conversation blocked then, and was
// said again with each message that came in.
describe('a receipt that is no JSON', () => {
  it.each([
    ['a number that is too big', { id: 12n }, { id: '12' }],
    ['a circle', circular, { ts: '1' }],
    ['nothing that can be written', { toJSON: () => expect.fail('no') }, {}],
  ])('%s: is kept as far as it can be', async (_what, receipt, kept) => {
    const all = new Processes();
    const process = all.start(
      async (message, reply) => {
        await reply.text(`${message.text} 1`);
        await reply.text(`${message.text} 2`);
        if (message.text === 'A') throw new Error('oops');
      },
      { makeOutput: () => new OddOutput(all.platform, receipt) },
    );
    await process.turns.accept(post('A', { messageId: '1' }));
    await all.clock.advance(0);
    await process.turns.accept(post('B', { messageId: '2' }));
    await all.clock.advance(60_000);
    expect(all.platform.texts).toEqual(['A 1', 'A 2', 'B 1', 'B 2']);
    const [letter, ...others] = await process.engine.deadLetters.list();
    expect(others).toEqual([]);
    expect(letter?.progress.steps).toMatchObject([{ receipts: [kept] }, { receipts: [kept] }]);
    const told = process.errors.map(({ error, context }) => [error.message, context.stage]);
    expect(told[0]).toEqual([
      '[test] the receipt of step 1 is no JSON, and is kept only as far as it is: deliver() must resolve to plain JSON',
      'send',
    ]);
    // The failure, and each step that was stored: the last one of B was over with its turn.
    expect(told).toHaveLength(4);
  });

  it('keeps no turn in memory from its burial', async () => {
    const platform = new Platform();
    const { turns, engine, clock } = setUpEngine(
      async (_message, reply) => {
        await reply.text('Hi');
        throw new Error('oops');
      },
      { output: new OddOutput(platform, { id: 12n }) },
    );
    await turns.accept(post('A', { messageId: '1' }));
    await clock.advance(0);
    await turns.accept(post('A', { messageId: '1' }));
    await clock.advance(0);
    expect(platform.texts).toEqual(['Hi']);
    expect(await engine.deadLetters.list()).toMatchObject([{ reason: 'oops' }]);
  });
});

describe('a response that is no JSON', () => {
  const button = { title: 'Yes', size: 12n as unknown as string };

  it.each(['durable', 'memory'])('waits for its platform as far as it is (%s)', async (kind) => {
    const all = new Processes();
    const makeOutput = (): OutputChannel => new OddOutput(all.platform, {});
    const assistant = async (message: { text: string | null }, reply: Reply): Promise<void> => {
      reply.trackerState = { slots: circular as unknown as JsonValue };
      await reply.buttons(`${message.text}?`, [button]);
    };
    const { clock } = all;
    const { turns, errors } =
      kind === 'memory'
        ? setUpEngine(assistant, { outputFor: makeOutput, clock })
        : all.start(assistant, { makeOutput });
    all.platform.onRequest = failing(away);
    await turns.accept(post('A', { messageId: '1' }));
    await clock.advance(60_000);
    all.platform.onRequest = () => {};
    await turns.accept(post('B', { messageId: '2' }));
    await clock.advance(600_000);
    const lines = ['1: Yes - {"size": "12"}', '1: Yes - {"size": 12}'];
    expect(all.platform.texts).toEqual(['A?', lines[0], 'B?', lines[1]]);
    expect(errors.map(({ error }) => error.message)).toEqual([
      '[test] a response that waits is no JSON, and is sent only as far as it is',
      '[test] the tracker state of a response that waits is no JSON, and is left out',
      'the platform is away',
    ]);
  });
});

// The story: of one object that was said twice while the platform was away, only the second text was sent, twice.
describe('a response that waits', () => {
  it('is what it was when it was said, whatever becomes of the object', async () => {
    const all = new Processes();
    const { turns } = all.start(async (_message, reply) => {
      const response = { text: '' };
      for (const text of ['1', '2', '3']) {
        response.text = text;
        await reply.response(response);
      }
    });
    all.platform.onRequest = failing(away);
    await turns.accept(post('Hi', { messageId: '1' }));
    await all.clock.advance(10_000);
    all.platform.onRequest = () => {};
    await all.clock.advance(60_000);
    expect(all.platform.texts).toEqual(['1', '2', '3']);
  });

  it('is so in its parts, too', async () => {
    const all = new Processes();
    const { turns } = all.start(async (_message, reply) => {
      const button = { title: 'Yes', payload: '/yes' };
      await reply.buttons('Sure?', [button]);
      button.title = 'No';
      await reply.text('It waits.');
    });
    all.platform.onRequest = failing(away);
    await turns.accept(post('Hi', { messageId: '1' }));
    await all.clock.advance(10_000);
    all.platform.onRequest = () => {};
    await all.clock.advance(60_000);
    expect(all.platform.texts).toEqual(['Sure?', '1: Yes (/yes)', 'It waits.']);
  });
});
