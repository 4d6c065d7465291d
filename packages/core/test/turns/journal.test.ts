import { OutputChannel, RetryableError, StoreError, type Reply } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { away, failing, PlatformOutput, refused, unanswered } from '../support/platform.ts';
import { Processes, type ProcessSetup } from '../support/processes.ts';

expectNoUnhandledRejections();

const never = new Promise<never>(() => {});
const one = { messageId: '1' };

const three = async (_message: unknown, reply: Reply): Promise<void> => {
  for (const text of ['1', '2', '3']) await reply.text(text);
};

/** Begins a turn in a process that dies when the platform says so, and ends it in another one. */
async function crash(
  onDeath: (all: Processes, kill: () => void) => void,
  setUp: ProcessSetup | ((all: Processes) => ProcessSetup) = {},
  [first, second]: Parameters<Processes['start']>[0][] = [three, three],
): Promise<Processes> {
  const all = new Processes();
  const setup = typeof setUp === 'function' ? setUp(all) : setUp;
  const dying = all.start(first ?? three, setup);
  onDeath(all, dying.kill);
  await dying.turns.accept(post('Hi', one));
  await all.clock.advance(0);
  all.platform.onRequest = () => {};
  all.platform.onArrived = () => {};
  all.start(second ?? three, setup);
  await all.clock.advance(20_000);
  return all;
}

const before =
  (text: string) =>
  (all: Processes, kill: () => void): void => {
    all.platform.onRequest = (request) => request.text === text && kill();
  };
const after =
  (text: string) =>
  (all: Processes, kill: () => void): void => {
    all.platform.onArrived = (request) => request.text === text && kill();
  };

describe('a step', () => {
  const begun = { state: 'begun', kind: 'request' };
  const done = (ts: string): object => ({ state: 'done', kind: 'request', receipts: [{ ts }] });

  /** The steps that are stored. */
  async function stepsIn(all: Processes): Promise<unknown> {
    const [turn] = await all.shared.memory.turns.waiting('test::ada', 1);
    return (JSON.parse(turn?.progress ?? '{}') as { steps?: unknown }).steps;
  }

  it('is stored before it is made, and its receipt with the step after it', async () => {
    const all = new Processes();
    const seen: unknown[] = [];
    const { turns } = all.start(async (_message, reply) => {
      seen.push(await reply.text('1'), await stepsIn(all));
      await reply.text('2');
    });
    all.platform.onRequest = async () => seen.push(await stepsIn(all));
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    expect(seen).toEqual([
      [begun],
      { status: 'sent', receipts: [{ ts: '1' }] },
      [begun],
      [done('1'), begun],
    ]);
  });

  it('has its receipt stored in a moment where no step comes after it', async () => {
    const all = new Processes();
    const gate = deferred();
    const { turns } = all.start(async (_message, reply) => {
      await reply.text('1');
      await gate.promise;
    });
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    await settle();
    await settle();
    expect(await stepsIn(all)).toEqual([done('1')]);
    gate.resolve();
    await all.clock.advance(0);
    expect(all.shared.memory.turns.waiting('test::ada', 1)).toEqual([]);
  });

  it('has its receipt stored before the reply goes on where the turn was begun before', async () => {
    // What dies right after it has said something would say it again each time.
    const all = new Processes();
    const seen: unknown[] = [];
    const say = async (_message: unknown, reply: Reply): Promise<void> => {
      await reply.text('1');
      seen.push(await stepsIn(all));
      await reply.text('2');
    };
    for (let deaths = 0; deaths < 4; deaths++) {
      const dying = all.start(async (_message, reply) => {
        await reply.text('1');
        dying.kill();
        await reply.text('2');
      });
      await dying.turns.accept(post('Hi', one));
      await all.clock.advance(20_000);
    }
    expect(all.platform.texts).toEqual(['1', '1']);
    all.start(say);
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual(['1', '1', '2']);
    expect(seen).toEqual([[done('2')]]);
  });

  it('has its receipt stored where it is answered while the process shuts down', async () => {
    // The job was over before the receipt was to be stored, and the next process said it again.
    const all = new Processes();
    const gate = deferred();
    const say = (_message: unknown, reply: Reply): Promise<unknown> => reply.text('a');
    const first = all.start(say);
    all.platform.onArrived = () => gate.promise;
    await first.turns.accept(post('Hi', one));
    await all.clock.advance(0);
    const closed = first.engine.close(1_000);
    await all.clock.advance(1_000);
    gate.resolve();
    await all.clock.advance(500);
    await closed;
    first.kill();
    all.platform.onArrived = () => {};
    all.start(say);
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual(['a']);
  });

  it('has its receipt stored for good, also where an earlier one is stored again', async () => {
    // Of two requests at the same time, the second was stored beside the first, whose end was then taken
    // for that of both: the next step was stored first, and undone.
    const all = new Processes();
    const gates = { first: deferred(), answer: deferred(), retry: deferred() };
    // That the run begins, each of two steps, and their receipts.
    let commits = 0;
    let isLost = false;
    const weather = {
      before: (call: string) => {
        if (call === 'commit') commits++;
        return call === 'commit' && commits === 4 ? gates.first.promise : undefined;
      },
      after: (call: string) => {
        if (call !== 'commit' || commits !== 5 || isLost) return undefined;
        isLost = true;
        return gates.retry.promise.then(() => {
          throw new StoreError('away', { code: 'away' });
        });
      },
    };
    const makeOutput = (isDead: () => boolean): OutputChannel =>
      new AtOnceOutput(all.platform, true, isDead);
    const say = async (_message: unknown, reply: Reply): Promise<void> => {
      await reply.text('a\nb');
      await rounds(3);
      await reply.text('c');
    };
    const dying = all.start(say, { weather, makeOutput });
    all.platform.onArrived = ({ text }) => {
      if (text === 'b') return gates.answer.promise;
      return text === 'c' ? never : undefined;
    };
    await dying.turns.accept(post('Hi', one));
    await all.clock.advance(0);
    await rounds(4);
    gates.answer.resolve();
    await rounds(2);
    gates.first.resolve();
    await rounds(10);
    gates.retry.resolve();
    await rounds(1);
    await all.clock.advance(60);
    dying.kill();
    all.platform.onArrived = () => {};
    all.start(say, { makeOutput });
    await all.clock.advance(20_000);
    await rounds(10);
    expect(all.platform.texts).toEqual(['a', 'b', 'c']);
  });

  it('is written down with those before it where it is not noted first', async () => {
    // Of several methods that a process had never called, a crash left each in doubt.
    const say = (_message: unknown, reply: Reply): Promise<unknown> =>
      reply.response({ text: 'a', elements: [{ title: 'b' }] });
    const all = await crash(after('cards'), plain, [say, say]);
    expect(all.platform.texts).toEqual(['a', 'cards', 'cards']);
  });

  it('has a key that no other has, which is the same in every try', async () => {
    const all = new Processes();
    const { turns } = all.start(three);
    all.platform.onRequest = failing(away, 2);
    await turns.accept(post('a'));
    await turns.accept(post('b', { senderId: 'bob' }));
    await all.clock.advance(20_000);
    expect(all.platform.tried).toHaveLength(8);
    expect(new Set(all.platform.tried).size).toBe(6);
    for (const key of all.platform.tried) expect(key).toMatch(/^[\w-]+:\d+$/);
  });

  it('that was answered is not made again by a second run, whatever is in it', async () => {
    const receipts: unknown[] = [];
    const other = async (_message: unknown, reply: Reply): Promise<void> => {
      for (const text of ['eins', 'zwei', 'drei']) receipts.push((await reply.text(text)).receipts);
    };
    const all = await crash(before('3'), { canBeAsked: true }, [three, other]);
    expect(all.platform.texts).toEqual(['1', '2', 'drei']);
    expect(receipts).toEqual([[{ ts: '1' }], [{ ts: '2' }], [{ ts: '3' }]]);
  });

  it('that refused for good is refused again in a second run, without a request', async () => {
    const all = new Processes();
    const errors: unknown[] = [];
    const { turns } = all.start(async (message, reply) => {
      await reply.text('1').catch((error: unknown) => errors.push(error));
      if (message.attempt === 1) throw new RetryableError('later');
      await reply.text('2');
    });
    all.platform.onRequest = failing(refused, 1);
    await turns.accept(post('Hi'));
    await all.clock.advance(20_000);
    expect(errors).toMatchObject([{ code: 'delivery' }, { code: 'failed_before' }]);
    expect(all.platform.tried).toHaveLength(2);
    expect(all.platform.texts).toEqual(['2']);
  });

  it('of a response with several requests is one each', async () => {
    const say = (_message: unknown, reply: Reply): Promise<unknown> => reply.text('a\nb\nc');
    const all = await crash(after('b'), { canBeAsked: true }, [say, say]);
    expect(all.platform.texts).toEqual(['a', 'b', 'c']);
    expect(all.platform.asked).toHaveLength(1);
  });
});

describe('a request that was under way at a crash', () => {
  const cases = [
    // Where, whether it can be asked, what is assumed, what the user gets.
    ['before it arrived', before, true, 'resend', ['1', '2', '3']],
    ['after it arrived', after, true, 'resend', ['1', '2', '3']],
    ['before it arrived', before, true, 'assume-sent', ['1', '2', '3']],
    ['after it arrived', after, true, 'assume-sent', ['1', '2', '3']],
    ['before it arrived', before, false, 'resend', ['1', '2', '3']],
    ['after it arrived', after, false, 'resend', ['1', '2', '2', '3']],
    ['before it arrived', before, false, 'assume-sent', ['1', '3']],
    ['after it arrived', after, false, 'assume-sent', ['1', '2', '3']],
  ] as const;
  it.each(cases)('%s', async (_when, at, canBeAsked, whenUnknown, expected) => {
    const all = await crash(at('2'), { canBeAsked, delivery: { whenUnknown } });
    expect(all.platform.texts).toEqual(expected);
    const keys = all.platform.arrived.filter(({ text }) => text === '2').map(({ key }) => key);
    expect(new Set(keys).size).toBe(Math.min(1, keys.length));
  });

  it('is asked for again where the platform cannot be asked at once', async () => {
    const all = new Processes();
    const dying = all.start(three, { canBeAsked: true });
    after('2')(all, dying.kill);
    const acceptedAt = all.clock.now();
    await dying.turns.accept(post('Hi', one));
    await all.clock.advance(0);
    all.platform.onArrived = () => {};
    all.platform.onAsked = failing(away, 12);
    all.start(three, { canBeAsked: true });
    await all.clock.advance(1_000_000);
    expect(all.platform.texts).toEqual(['1', '2', '3']);
    expect(all.platform.asked.length).toBeGreaterThan(12);
    expect(new Set(all.platform.askedSince)).toEqual(new Set([acceptedAt]));
  });
});

describe('a platform that will not say what has arrived', () => {
  it.each([
    ['resend', ['1', '2', '2', '3']],
    ['assume-sent', ['1', '2', '3']],
  ] as const)('cannot be asked (%s), which is reported', async (whenUnknown, expected) => {
    // The step had failed for good: neither was it said again, nor taken for said.
    const all = new Processes();
    const options = { canBeAsked: true, delivery: { whenUnknown } };
    const dying = all.start(three, options);
    after('2')(all, dying.kill);
    await dying.turns.accept(post('Hi', one));
    await all.clock.advance(0);
    all.platform.onArrived = () => {};
    all.platform.onAsked = failing(refused);
    const { errors, engine } = all.start(three, options);
    await all.clock.advance(20);
    expect(all.platform.texts).toEqual(expected);
    expect(errors.map(({ error, context }) => [error.message, context.stage])).toEqual([
      [refused().message, 'send'],
    ]);
    expect(await engine.deadLetters.list()).toEqual([]);
  });
});

describe('a request whose answer never came', () => {
  it.each([
    [true, 'resend', ['1', '2', '3']],
    [false, 'resend', ['1', '1', '2', '3']],
    [false, 'assume-sent', ['1', '2', '3']],
  ] as const)('is unknown (asked: %s, %s)', async (canBeAsked, whenUnknown, expected) => {
    const all = new Processes();
    const { turns } = all.start(three, { canBeAsked, delivery: { whenUnknown } });
    all.platform.onArrived = failing(unanswered, 1);
    await turns.accept(post('Hi'));
    await all.clock.advance(10_000);
    expect(all.platform.texts).toEqual(expected);
  });

  it('is unknown also where the connection broke, and not where there was none', async () => {
    for (const [code, expected] of [
      ['ECONNRESET', []],
      ['ECONNREFUSED', ['1']],
    ] as const) {
      const all = new Processes();
      const { turns } = all.start((_message, reply) => reply.text('1'), {
        delivery: { whenUnknown: 'assume-sent' },
      });
      const cause = Object.assign(new Error('socket'), { code });
      all.platform.onRequest = failing(() => new TypeError('fetch failed', { cause }), 1);
      await turns.accept(post('Hi'));
      await all.clock.advance(10_000);
      expect(all.platform.texts).toEqual(expected);
    }
  });

  it('stays unknown when it is parked', async () => {
    const all = new Processes();
    const { turns } = all.start(three, { canBeAsked: true });
    all.platform.onArrived = failing(unanswered);
    all.platform.onAsked = failing(away);
    await turns.accept(post('Hi'));
    await all.clock.advance(11_000);
    all.platform.onArrived = () => {};
    all.platform.onAsked = () => {};
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual(['1', '2', '3']);
  });

  it('is not unknown once it is known never to have left', async () => {
    // A crash while we wait for the platform must not make a riddle of it.
    const all = new Processes();
    const dying = all.start(three, { delivery: { whenUnknown: 'assume-sent' } });
    all.platform.onRequest = failing(away);
    await dying.turns.accept(post('Hi', one));
    await all.clock.advance(1_000);
    dying.kill();
    all.platform.onRequest = () => {};
    all.start(three, { delivery: { whenUnknown: 'assume-sent' } });
    await all.clock.advance(1_000);
    expect(all.platform.texts).toEqual(['1', '2', '3']);
  });
});

/** Rounds of the event loop. */
async function rounds(count: number): Promise<void> {
  for (let round = 0; round < count; round++) await settle();
}

/** Makes a request of each line, all at the same time. */
class AtOnceOutput extends PlatformOutput {
  override async sendTextMessage(to: string, text: string): Promise<void> {
    await Promise.all(text.split('\n').map((line) => this.post(to, line)));
  }
}

/** Makes its requests itself, without `deliver`. */
class PlainOutput extends OutputChannel {
  readonly name = 'plain';
  readonly all: Processes;
  readonly isDead: () => boolean;

  constructor(all: Processes, isDead: () => boolean) {
    super();
    this.all = all;
    this.isDead = isDead;
  }

  async sendTextMessage(to: string, text: string): Promise<void> {
    if (this.isDead()) await never;
    await this.all.platform.post({ key: '', to, text }, this.isDead);
    if (this.isDead()) await never;
  }

  override async sendElements(to: string): Promise<void> {
    await this.sendTextMessage(to, 'cards');
  }
}

/** A channel that makes its requests itself. */
function plain(all: Processes): ProcessSetup {
  return { makeOutput: (isDead) => new PlainOutput(all, isDead) };
}

describe('a channel that never calls deliver', () => {
  it('has a step for each call of a method that its author has written', async () => {
    const say = async (_message: unknown, reply: Reply): Promise<void> => {
      await reply.text('first');
      await reply.response({ text: 'a', image: 'b', elements: [{ title: 'c' }] });
    };
    const all = await crash(after('cards'), plain, [say, say]);
    // The first call of a method in a process is not noted before it is made.
    expect(all.platform.texts).toEqual(['first', 'a', 'Image: b', 'cards', 'cards']);
  });

  it('has its steps stored before they are made, from the second call on', async () => {
    const delivery = { whenUnknown: 'assume-sent' } as const;
    const all = await crash(after('2'), (world) => ({ ...plain(world), delivery }));
    expect(all.platform.texts).toEqual(['1', '2', '3']);
  });

  it('has its calls tried again, and parked', async () => {
    const all = new Processes();
    const { turns } = all.start(three, plain(all));
    all.platform.onRequest = failing(away, 12);
    await turns.accept(post('Hi', one));
    await all.clock.advance(100_000);
    expect(all.platform.texts).toEqual(['1', '2', '3']);
  });
});

describe('parking', () => {
  it('honours what the platform asks for, within await', async () => {
    const all = new Processes();
    const { turns, clock } = all.start((_message, reply) => reply.text('1'));
    const moments: number[] = [];
    let tries = 0;
    all.platform.onRequest = () => {
      moments.push(clock.now());
      if (++tries === 1) throw away(7_000);
    };
    await turns.accept(post('Hi'));
    await clock.advance(20_000);
    expect(Number(moments[1]) - Number(moments[0])).toBe(7_000);
  });

  it('honours what the platform asks for, also above the longest wait of its own', async () => {
    const all = new Processes();
    const { turns, clock } = all.start((_message, reply) => reply.text('1'));
    const moments: number[] = [];
    let tries = 0;
    all.platform.onRequest = () => {
      moments.push(clock.now());
      if (++tries === 1) throw away(5 * 60 * 60 * 1000);
    };
    await turns.accept(post('Hi'));
    await clock.advance(6 * 60 * 60 * 1000);
    // It is parked at once, since waiting within `await` would be in vain.
    expect(Number(moments[1]) - Number(moments[0])).toBe(5 * 60 * 60 * 1000);
  });

  it('begins after retryMs also where the clock is set back', async () => {
    // It was tried until the deadline, and the turn was a dead letter: nothing was left to wait.
    const all = new Processes();
    const statuses: string[] = [];
    const { turns, clock } = all.start(
      async (_message, reply) => void statuses.push((await reply.text('1')).status),
    );
    all.platform.onRequest = failing(away);
    await turns.accept(post('Hi'));
    await clock.advance(1);
    const now = clock.now.bind(clock);
    clock.now = () => now() - 60 * 60 * 1000;
    await clock.advance(10_000);
    expect(statuses).toEqual(['pending']);
  });

  it('does not begin within retryMs of 0', async () => {
    const all = new Processes();
    const statuses: string[] = [];
    const { turns, clock } = all.start(
      async (_message, reply) => void statuses.push((await reply.text('1')).status),
      { delivery: { retryMs: 0 } },
    );
    all.platform.onRequest = failing(away, 1);
    await turns.accept(post('Hi'));
    await clock.advance(1);
    expect(statuses).toEqual(['pending']);
    await clock.advance(20_000);
    expect(all.platform.texts).toEqual(['1']);
  });

  it('keeps what was sent of a response, and goes on behind it', async () => {
    const all = new Processes();
    const { turns, clock } = all.start((_message, reply) => reply.text('a\nb\nc'));
    all.platform.onRequest = ({ text }) => {
      if (text === 'b') throw away();
    };
    await turns.accept(post('Hi'));
    await clock.advance(11_000);
    all.platform.onRequest = () => {};
    await clock.advance(20_000);
    expect(all.platform.texts).toEqual(['a', 'b', 'c']);
  });

  it('reports a response as pending, and as sent when it is', async () => {
    const all = new Processes();
    const gate = deferred();
    const { turns, clock, sendReports } = all.start(async (_message, reply) => {
      await reply.text('1');
      await gate.promise;
    });
    all.platform.onRequest = failing(away);
    await turns.accept(post('Hi'));
    await clock.advance(11_000);
    all.platform.onRequest = () => {};
    gate.resolve();
    await clock.advance(20_000);
    expect(sendReports.map(({ outcome }) => outcome)).toEqual(['pending', 'sent']);
  });
});
