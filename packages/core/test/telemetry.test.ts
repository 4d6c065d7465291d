import { describe, expect, it } from 'vitest';
import { guardLogger, silentLogger } from '../src/logger.ts';
import { createTelemetry } from '../src/telemetry.ts';
import { say, setUpEngine } from './support/engine.ts';
import { settle } from './support/fake-clock.ts';
import { TextOutput } from './support/outputs.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

const throwing = (): never => {
  throw new Error('broken');
};
const context = { channel: 'test', stage: 'send' } as const;

describe('hooks and loggers', () => {
  it('that throw break nothing', async () => {
    const output = new TextOutput();
    const { turns } = setUpEngine(
      async (message, reply) => {
        await reply.text('Hi');
        if (message.text === 'fail') throw new Error('oops');
      },
      {
        hooks: { onError: throwing, onTurn: throwing, onSend: throwing },
        logger: { debug: throwing, info: throwing, warn: throwing, error: throwing },
      },
    );
    await turns.run(say('1', { outputChannel: output }));
    await expect(turns.run(say('fail', { outputChannel: output }))).rejects.toThrow('oops');
    await turns.run(say('3', { outputChannel: output }));
    expect(output.texts).toEqual(['Hi', 'Hi', 'Hi']);
  });

  it('that reject break nothing', async () => {
    // What TypeScript lets pass where a function that returns nothing is asked for.
    const rejecting = (async () => throwing()) as () => void;
    const errors: string[] = [];
    const logger = {
      ...silentLogger,
      error: (_fields: unknown, message: string) => void errors.push(message),
      debug: rejecting,
    };
    const { turns } = setUpEngine(async (_message, reply) => void (await reply.text('Hi')), {
      hooks: { onError: rejecting, onTurn: rejecting, onSend: rejecting },
      logger,
    });
    await turns.run(say('Hi'));
    await settle();
    expect(errors.toSorted()).toEqual(['the hook onSend threw', 'the hook onTurn threw']);
  });

  it('keep their own this', () => {
    class Counting {
      count = 0;
      debug(): void {
        this.count++;
      }
      info(): void {}
      warn(): void {}
      error(): void {}
    }
    const logger = new Counting();
    guardLogger(logger).debug({}, 'a');
    expect(logger.count).toBe(1);
  });
});

describe('errors', () => {
  it('are told to the log and to the hook, once on their way up', () => {
    const lines: unknown[] = [];
    const told: unknown[] = [];
    const telemetry = createTelemetry(
      { ...silentLogger, error: (...line) => void lines.push(line) },
      { onError: (...args) => void told.push(args) },
    );
    const error = new Error('oops');
    const turn = {};
    telemetry.error(error, context, turn);
    telemetry.error(error, { channel: 'test', stage: 'assistant' }, turn);
    telemetry.error(error, { channel: null, stage: 'request' });
    expect(lines).toEqual([[{ err: error, channel: 'test', stage: 'send' }, 'oops']]);
    expect(told).toEqual([[error, context]]);
  });

  /*
   * A client library that could not connect rejects every call with the error of the first. Errors
   * that had been reported were remembered for good, so the second turn failed without a word.
   */
  it('that are thrown again in another turn are told again', async () => {
    const cached = new Error('could not connect');
    const { turns, errors } = setUpEngine(() => {
      throw cached;
    });
    for (let i = 0; i < 3; i++) await expect(turns.run(say('Hi'))).rejects.toBe(cached);
    expect(errors).toHaveLength(3);
  });

  it('that are no errors are told as errors', () => {
    const told: Error[] = [];
    const telemetry = createTelemetry(silentLogger, { onError: (error) => void told.push(error) });
    for (const thrown of ['a text', null, Object.create(null), Symbol('s')]) {
      telemetry.error(thrown, context);
    }
    expect(told.every((error) => error instanceof Error)).toBe(true);
    expect(told[0]).toMatchObject({ message: 'a text', cause: 'a text' });
  });
});
