import { ConfigurationError, OverloadedError, type Handle, type Middleware } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { toAssistant } from '../../src/turns/assistant.ts';
import { say, setUpEngine } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { TextOutput } from '../support/outputs.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

describe('the assistant', () => {
  it('is a function or an object with handle', () => {
    const handle = (): void => {};
    expect(toAssistant(handle).handle).toBe(handle);
    const assistant = { handle, onEvent: () => {} };
    expect(toAssistant(assistant)).toBe(assistant);
  });

  it.each([undefined, null, 'echo', {}, { handle: 'echo' }, 5])('is not %j', (assistant) => {
    expect(() => toAssistant(assistant)).toThrow(ConfigurationError);
  });

  it('keeps its own this', async () => {
    class Counting {
      count = 0;
      handle(): void {
        this.count++;
      }
      trackerState(): { count: number } {
        return { count: this.count };
      }
    }
    const assistant = new Counting();
    const { turns } = setUpEngine(assistant);
    await turns.run(say('Hi'));
    expect(assistant.count).toBe(1);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('oops');
      },
    ],
  ])('fails its turn where it %s, and no other', async (_how, handle) => {
    const { turns, errors, turnReports } = setUpEngine(handle);
    await expect(turns.run(say('1'))).rejects.toThrow('oops');
    await expect(turns.run(say('2'))).rejects.toThrow('oops');
    expect(errors).toHaveLength(2);
    expect(turnReports.map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);
  });

  it('may throw what is no error', async () => {
    for (const thrown of ['a text', undefined, null, 7, Object.create(null)]) {
      const { turns, errors } = setUpEngine(() => {
        throw thrown;
      });
      const outcome = await turns.run(say('Hi')).then(
        () => 'answered',
        (reason: unknown) => ({ reason }),
      );
      expect(outcome).toEqual({ reason: thrown });
      expect(errors).toMatchObject([{ error: expect.any(Error) as Error }]);
    }
  });
});

describe('an assistant that is overloaded itself', () => {
  it('has failed, which is reported: nothing was refused here', async () => {
    const { turns, errors, turnReports } = setUpEngine(() => {
      throw new OverloadedError('the model is busy', { code: 'queue_full', retryAfterMs: 1 });
    });
    await expect(turns.run(say('Hi'))).rejects.toThrow('the model is busy');
    expect(errors).toHaveLength(1);
    expect(turnReports).toMatchObject([{ outcome: 'failed' }]);
  });
});

describe('middleware', () => {
  const noting =
    (name: string, order: string[]): Middleware =>
    async (_message, _reply, next) => {
      order.push(`${name} in`);
      await next();
      order.push(`${name} out`);
    };

  it('wraps the turn, the first one outermost', async () => {
    const order: string[] = [];
    const { turns } = setUpEngine(() => void order.push('assistant'), {
      middleware: [noting('a', order), noting('b', order)],
    });
    await turns.run(say('Hi'));
    expect(order).toEqual(['a in', 'b in', 'assistant', 'b out', 'a out']);
  });

  it('may answer itself', async () => {
    const output = new TextOutput();
    const { turns } = setUpEngine(() => expect.unreachable(), {
      middleware: [async (_message, reply) => void (await reply.text('closed'))],
    });
    await turns.run(say('Hi', { outputChannel: output }));
    expect(output.texts).toEqual(['closed']);
  });

  it('sees the failure of the assistant and may cure it', async () => {
    const { turns } = setUpEngine(
      () => {
        throw new Error('oops');
      },
      {
        middleware: [
          async (_message, reply, next) => {
            await next().catch(async () => reply.text('sorry'));
          },
        ],
      },
    );
    const output = new TextOutput();
    await turns.run(say('Hi', { outputChannel: output }));
    expect(output.texts).toEqual(['sorry']);
  });

  // The story: a middleware in Express's manner called next() and did not wait. Where the assistant failed then,
  // and where it spoke after the end, Node ended the process.
  it.each<[how: string, middleware: Middleware]>([
    ['returns at once', (_message, _reply, next) => void next()],
    ['does something else', async (_message, _reply, next) => (void next(), await settle())],
  ])('that does not wait for the assistant ends no process: it %s', async (_how, middleware) => {
    const handles: Handle[] = [
      () => {
        throw new Error('at once');
      },
      async () => {
        await settle();
        await settle();
        throw new Error('later');
      },
      async (_message, reply) => {
        await settle();
        await settle();
        await reply.text('late');
      },
    ];
    const told: string[] = [];
    for (const handle of handles) {
      const { turns, errors } = setUpEngine(handle, { middleware: [middleware] });
      await turns.run(say('Hi'));
      await expect.poll(() => errors.length).toBe(1);
      told.push(...errors.map(({ error }) => error.message));
    }
    expect(told).toEqual(['at once', 'later', expect.stringContaining('the turn is over')]);
  });

  it('that throws fails the turn', async () => {
    const { turns } = setUpEngine(() => {}, {
      middleware: [
        () => {
          throw new Error('no entry');
        },
      ],
    });
    await expect(turns.run(say('Hi'))).rejects.toThrow('no entry');
  });
});
