import { OverloadedError, RetryableError, type Reply, type UserMessage } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { deferred, outcomeOf } from '../../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post, say } from '../support/engine.ts';
import { settle } from '../support/fake-clock.ts';
import { away, failing, refused } from '../support/platform.ts';
import { Processes } from '../support/processes.ts';
import type { TransformEntry } from '../../src/turns/reply.ts';

expectNoUnhandledRejections();

/* The cells of the table in docs/delivery.md: by state, and within it by event. */

const never = new Promise<never>(() => {});
const HOUR_MS = 60 * 60 * 1000;
const one = { messageId: '1' };

/** Says the message back. */
const echo = async (message: { text: string | null }, reply: Reply): Promise<void> =>
  void (await reply.text(message.text ?? ''));

/** A turn that is *running*, and what lets it go on. */
async function running(setup: Parameters<Processes['start']>[1] = {}) {
  const all = new Processes();
  const gates = [deferred(), deferred(), deferred()];
  const attempts: number[] = [];
  const aborts: unknown[] = [];
  const process = all.start(async (message, reply) => {
    attempts.push(message.attempt);
    reply.signal.addEventListener('abort', () => aborts.push(reply.signal.reason));
    await Promise.race([gates[attempts.length - 1]?.promise, aborted(reply.signal)]);
    await echo(message, reply);
  }, setup);
  await process.turns.accept(post('first', one));
  await all.clock.advance(0);
  return { ...process, all, gates, attempts, aborts };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error)),
  );
}

/** A turn that is *answered*: the platform is away. */
async function answered(setup: Parameters<Processes['start']>[1] = {}) {
  const all = new Processes();
  const handled: string[] = [];
  const process = all.start(async (message, reply) => {
    handled.push(message.text ?? '');
    await echo(message, reply);
  }, setup);
  all.platform.onRequest = failing(away);
  await process.turns.accept(post('first', one));
  // The tries within `await`, and a little of the wait.
  await all.clock.advance(12_000);
  expect(handled).toEqual(['first']);
  return { ...process, all, handled };
}

const stored = async (all: Processes): Promise<string[]> =>
  (await all.shared.memory.turns.waiting('test::ada', 100)).map(({ id }) => id);

describe('an accepted turn', () => {
  it('the same message again: is a duplicate, which takes a ticket', async () => {
    const all = new Processes();
    const handled: string[] = [];
    const first = all.start(() => never);
    await first.turns.accept(post('0'));
    await first.turns.accept(post('1', one));
    first.kill();
    // Nobody has named the conversation yet: the duplicate wakes what was left.
    const second = all.start((message) => void handled.push(message.text ?? ''));
    expect(await second.turns.accept(post('1', one))).toBe('duplicate');
    await settle();
    expect(all.clock.now()).toBe(1_700_000_000_000);
    expect(handled).toEqual(['0', '1']);
  });

  it('its turn comes: unless it starts at once, the run is stored, then the assistant is run', async () => {
    const all = new Processes();
    const calls: (string | null)[] = [];
    const { turns } = all.start(({ text }) => void calls.push(text), {
      weather: { after: (call) => void (call === 'commit' && calls.push(call)) },
    });
    await turns.accept(post('first'));
    await all.clock.advance(0);
    calls.length = 0;
    for (const text of ['1', '2']) await turns.accept(post(text, { messageId: text }));
    await all.clock.advance(0);
    // Each one's end is stored, and of the second one that it begins.
    expect(calls).toEqual(['1', 'commit', 'commit', '2', 'commit']);
  });

  it('a newer message with overlap latest: is superseded and never run', async () => {
    const all = new Processes();
    const gate = deferred();
    const handled: string[] = [];
    const { turns, turnReports } = all.start(
      async (message) => {
        handled.push(message.text ?? '');
        if (message.text === 'live') await gate.promise;
      },
      { overlap: { channels: { test: 'latest' } } },
    );
    const live = turns.run(say('live')).catch(() => {});
    await settle();
    for (const text of ['1', '2', '3']) await turns.accept(post(text, { messageId: text }));
    gate.resolve();
    await live;
    await all.clock.advance(10_000);
    expect(handled).toEqual(['live', '3']);
    expect(turnReports.map(({ messageId, outcome }) => [messageId, outcome]).slice(-3)).toEqual([
      ['1', 'superseded'],
      ['2', 'superseded'],
      ['3', 'answered'],
    ]);
    expect(await stored(all)).toEqual([]);
  });

  it('the process dies: is handled by another process, as one that may have begun', async () => {
    const all = new Processes();
    const first = all.start(() => never);
    await first.turns.accept(post('1', one));
    await first.turns.accept(post('2', { messageId: '2' }));
    first.kill();
    const handled: [string | null, number][] = [];
    all.start((message) => void handled.push([message.text, message.attempt]));
    await all.clock.advance(15_000);
    expect(handled).toEqual([
      // Nothing was under way before it: it was to start at once.
      ['1', 2],
      ['2', 1],
    ]);
  });

  it('the process dies: goes ahead of what comes after it', async () => {
    // A ticket of what was left handled all that was there when its time came, and so a message that
    // had arrived after a live one before it.
    const all = new Processes();
    const dead = all.start(() => never);
    await dead.turns.accept(post('left', one));
    dead.kill();
    const handled: (string | null)[] = [];
    const gate = deferred();
    const { turns } = all.start(async (message) => {
      handled.push(message.text);
      if (message.text === 'left') await gate.promise;
    });
    await all.clock.advance(10);
    const live = turns.run(say('live'));
    await turns.accept(post('deferred'));
    gate.resolve();
    await live;
    await all.clock.advance(10);
    expect(handled).toEqual(['left', 'live', 'deferred']);
  });

  it('the process dies: does not take along what came while its ticket waited', async () => {
    const all = new Processes();
    const dead = all.start(() => never);
    await dead.turns.accept(post('left', one));
    const handled: (string | null)[] = [];
    const gate = deferred();
    dead.kill();
    const { turns } = all.start(async (message) => {
      handled.push(message.text);
      if (message.text === '1') await gate.promise;
    });
    const first = turns.run(say('1'));
    await all.clock.advance(10);
    const second = turns.run(say('2'));
    await turns.accept(post('3'));
    gate.resolve();
    await Promise.all([first, second]);
    await all.clock.advance(10);
    expect(handled).toEqual(['1', 'left', '2', '3']);
  });

  it('shutdown: stays in the store', async () => {
    const { engine, turns, gates, all, clock, attempts } = await running();
    await turns.accept(post('second', { messageId: '2' }));
    const closed = engine.close(10_000);
    gates[0]?.resolve();
    await closed;
    await clock.advance(0);
    expect(attempts).toEqual([1]);
    expect(await stored(all)).toEqual(['test:2']);
    expect(all.platform.texts).toEqual(['first']);
  });

  it('shutdown: stays in the store where it waits for a slot', async () => {
    const { engine, turns, gates, all, attempts } = await running({ limits: { maxRunning: 1 } });
    await turns.accept(post('second', { messageId: '2', senderId: 'bob' }));
    await settle();
    const closed = engine.close(10_000);
    gates[0]?.resolve();
    await closed;
    expect(attempts).toEqual([1]);
    const left = await all.shared.memory.turns.waiting('test::bob', 10);
    expect(left).toMatchObject([{ id: 'test:2' }]);
    expect(JSON.parse(left[0]?.progress ?? '')).toMatchObject({ runs: 0, deaths: 0 });
  });

  it('shutdown: what comes then is refused', async () => {
    const { engine, turns, gates } = await running();
    const closed = engine.close(10_000);
    expect(await turns.accept(post('late'))).toBe('refused');
    await expect(turns.run(say('late'))).rejects.toBeInstanceOf(OverloadedError);
    gates[0]?.resolve();
    await closed;
  });
});

describe('a running turn', () => {
  it('the same message again: is a duplicate, and is not run again', async () => {
    const { turns, gates, all, attempts, clock } = await running();
    expect(await turns.accept(post('first', one))).toBe('duplicate');
    gates[0]?.resolve();
    await clock.advance(0);
    expect(await turns.accept(post('first', one))).toBe('duplicate');
    await clock.advance(0);
    expect(attempts).toEqual([1]);
    expect(all.platform.texts).toEqual(['first']);
  });

  it('the platform is away for a moment: is tried again within await', async () => {
    const { gates, all, clock, attempts } = await running();
    all.platform.onRequest = failing(away, 3);
    gates[0]?.resolve();
    await clock.advance(3_000);
    expect(all.platform.texts).toEqual(['first']);
    expect(new Set(all.platform.tried).size).toBe(1);
    expect(attempts).toEqual([1]);
    expect(await stored(all)).toEqual([]);
  });

  it('the platform stays away: the call is pending, and the assistant goes on', async () => {
    const all = new Processes();
    const statuses: string[] = [];
    const moments: number[] = [];
    const { turns } = all.start(async (_message, reply) => {
      for (const text of ['1', '2', '3']) {
        statuses.push((await reply.text(text)).status);
        moments.push(all.clock.now() - 1_700_000_000_000);
      }
      reply.state['said'] = 3;
    });
    all.platform.onRequest = failing(away);
    await turns.accept(post('Hi', one));
    await all.clock.advance(10_000);
    expect(statuses).toEqual(['pending', 'pending', 'pending']);
    expect(moments[0]).toBeGreaterThan(5_000);
    expect(moments[0]).toBeLessThanOrEqual(10_000);
    // What is said after it waits behind it, without a try of its own.
    expect(new Set(all.platform.tried).size).toBe(1);
    expect(moments[2]).toBe(moments[0]);
    expect((await all.shared.memory.values.get('state', 'test::ada'))?.value).toEqual({ said: 3 });
    all.platform.onRequest = () => {};
    await all.clock.advance(15_000);
    expect(all.platform.texts).toEqual(['1', '2', '3']);
    expect(await stored(all)).toEqual([]);
  });

  it('the platform refuses for good: the call rejects, and the assistant may catch it', async () => {
    const all = new Processes();
    const { turns, engine } = all.start(async (_message, reply) => {
      await reply.text('1').catch(() => {});
      await reply.text('2');
    });
    all.platform.onRequest = failing(refused, 1);
    await turns.accept(post('Hi', one));
    await all.clock.advance(1_000);
    expect(all.platform.texts).toEqual(['2']);
    expect(await engine.deadLetters.list()).toEqual([]);
  });

  it('the platform refuses for good: it has failed where nobody catches it', async () => {
    const { gates, all, clock, engine } = await running();
    all.platform.onRequest = failing(refused, 1);
    gates[0]?.resolve();
    await clock.advance(1_000);
    expect(await engine.deadLetters.list()).toMatchObject([{ reason: 'the user has blocked us' }]);
    expect(await stored(all)).toEqual([]);
  });

  it('the assistant is done: state, history and end are stored in one commit', async () => {
    const all = new Processes();
    const { turns, store } = all.start(async (_message, reply) => {
      reply.state['a'] = 1;
      await reply.text('there');
    });
    const commits: string[][] = [];
    const commit = store.turns.commit.bind(store.turns);
    store.turns.commit = async (lock, changes) => {
      commits.push(Object.entries(changes).flatMap(([name, value]) => (value ? [name] : [])));
      return await commit(lock, changes);
    };
    await turns.accept(post('Hi'));
    await all.clock.advance(0);
    expect(commits.at(-1)?.toSorted()).toEqual(['append', 'remove', 'write']);
  });

  it('throwing RetryableError: is run again, and the sixth time it has failed', async () => {
    const all = new Processes();
    const moments: number[] = [];
    const { turns, engine } = all.start(async (message, reply) => {
      moments.push(all.clock.now());
      await reply.text(`once ${message.text}`);
      throw new RetryableError('the model is away');
    });
    await turns.accept(post('Hi', one));
    await all.clock.advance(4 * HOUR_MS);
    expect(moments).toHaveLength(6);
    const waits = moments.slice(1).map((at, index) => at - Number(moments[index]));
    const expected = [10_000, 40_000, 160_000, 640_000, 2_560_000];
    for (const [index, wait] of waits.entries()) {
      expect(Math.abs(wait / Number(expected[index]) - 1)).toBeLessThanOrEqual(0.2);
    }
    // What it has said is not said again.
    expect(all.platform.texts).toEqual(['once Hi']);
    expect(await engine.deadLetters.list()).toMatchObject([{ reason: 'the model is away' }]);
  });

  it('the deadline passes: it has failed, and nothing more of that run is sent', async () => {
    const all = new Processes();
    const results: unknown[] = [];
    const { turns, engine } = all.start(
      async (_message, reply) => {
        await all.clock.sleep(1_200);
        results.push(await reply.text('late').catch((error: unknown) => error));
      },
      { limits: { deadlineMs: 1_000 } },
    );
    await turns.accept(post('Hi', one));
    await all.clock.advance(10_000);
    expect(results).toMatchObject([{ reason: 'deadline' }]);
    expect(all.platform.texts).toEqual([]);
    expect(await engine.deadLetters.list()).toHaveLength(1);
  });

  it('the deadline passes: the next one comes after abortGraceMs where the assistant does not end', async () => {
    const all = new Processes();
    const begun: unknown[] = [];
    const startedAt = all.clock.now();
    const assistant = async (message: UserMessage, reply: Reply): Promise<void> => {
      begun.push([message.text, all.clock.now() - startedAt]);
      if (message.text === 'second') return;
      await all.clock.sleep(100_000);
      reply.state['late'] = true;
      await echo(message, reply);
    };
    const limits = { deadlineMs: 1_000, abortGraceMs: 5_000 };
    const { turns } = all.start(assistant, { limits });
    for (const text of ['first', 'second']) await turns.accept(post(text, { messageId: text }));
    await all.clock.advance(200_000);
    expect(begun).toEqual([
      ['first', 0],
      ['second', 6_000],
    ]);
    expect(all.platform.texts).toEqual([]);
    expect(await all.shared.memory.values.get('state', 'test::ada')).toBeNull();
  });

  it('the deadline passes: the rest of a response in several requests is not sent either', async () => {
    const all = new Processes();
    const { turns } = all.start((_message, reply) => reply.text('1\n2\n3'), {
      limits: { deadlineMs: 1_000 },
    });
    all.platform.onRequest = ({ text }) => text === '2' && all.clock.sleep(2_000);
    await turns.accept(post('Hi', one));
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual(['1', '2']);
  });

  it('the deadline passes: what is said late is not sent either while the platform is away', async () => {
    // A transform had taken its time, and nobody looked again before the journal kept the response.
    const all = new Processes();
    all.platform.onRequest = failing(away);
    const slow: TransformEntry = {
      transform: async (response) => {
        if (response.text === 'late') await all.clock.sleep(55_000);
        return response;
      },
      passStreams: false,
    };
    const { turns } = all.start(
      async (_message, reply) => {
        await reply.text('one');
        await reply.text('late');
      },
      { apology: 'sorry', transforms: [slow] },
    );
    await turns.accept(post('Hi', one));
    await all.clock.advance(66_000);
    all.platform.onRequest = () => {};
    await all.clock.advance(60_000);
    expect(all.platform.texts).toEqual(['one', 'sorry']);
  });

  it('cancel: is finished, and what was pending is dropped', async () => {
    const all = new Processes();
    const { turns, turnReports } = all.start(async (_message, reply) => {
      await reply.text('1');
      await aborted(reply.signal);
    });
    all.platform.onRequest = failing(away);
    await turns.accept(post('Hi', one));
    await all.clock.advance(12_000);
    all.platform.onRequest = () => {};
    expect(await turns.cancel({ senderId: 'ada' })).toBe(true);
    await all.clock.advance(HOUR_MS);
    expect(turnReports).toMatchObject([{ outcome: 'aborted' }]);
    expect(all.platform.texts).toEqual([]);
    expect(await stored(all)).toEqual([]);
  });

  it('a newer message with overlap latest: is ended and superseded, in another process too', async () => {
    const { all, aborts, turnReports } = await running({ overlap: 'latest' });
    const other = all.start(echo, { overlap: 'latest' });
    expect(await other.turns.accept(post('newer'))).toBe('accepted');
    await all.clock.advance(0);
    expect(aborts).toMatchObject([{ reason: 'superseded' }]);
    expect(turnReports).toMatchObject([{ outcome: 'superseded' }]);
    expect(all.platform.texts).toEqual(['newer']);
  });

  it('the process dies: is run again, and message.attempt says so', async () => {
    const { all, kill } = await running();
    kill();
    const attempts: number[] = [];
    all.start(async (message, reply) => {
      attempts.push(message.attempt);
      await echo(message, reply);
    });
    await all.clock.advance(15_000);
    expect(attempts).toEqual([2]);
    expect(all.platform.texts).toEqual(['first']);
  });

  it('the process dies: after six deaths in a row it is dead', async () => {
    const all = new Processes();
    const attempts: number[] = [];
    let current = all.start(() => never);
    await current.turns.accept(post('Hi', one));
    for (let i = 0; i < 8; i++) {
      await all.clock.advance(20);
      current.kill();
      current = all.start((message) => {
        attempts.push(message.attempt);
        return never;
      });
    }
    await all.clock.advance(20);
    expect(attempts).toEqual([2, 3, 4, 5, 6]);
    expect(await current.engine.deadLetters.list()).toMatchObject([
      { reason: 'the process ended 6 times while the assistant ran' },
    ]);
    expect(await stored(all)).toEqual([]);
  });

  it('shutdown: finishes within the grace', async () => {
    const { engine, gates, all, clock } = await running();
    const closed = engine.close(10_000);
    await clock.advance(9_000);
    gates[0]?.resolve();
    await closed;
    expect(all.platform.texts).toEqual(['first']);
    expect(await stored(all)).toEqual([]);
  });

  it('shutdown: is ended and stays, and is run again', async () => {
    const { engine, all, clock, aborts, store } = await running();
    const closed = engine.close(1_000);
    await clock.advance(1_500);
    await closed;
    expect(aborts).toMatchObject([{ reason: 'shutdown' }]);
    await store.close();
    const attempts: number[] = [];
    all.start((message) => void attempts.push(message.attempt));
    await clock.advance(15_000);
    expect(attempts).toEqual([2]);
  });

  it('shutdown: does not count as a death', async () => {
    const all = new Processes();
    const attempts: number[] = [];
    for (let i = 0; i < 8; i++) {
      const { turns, engine, store } = all.start((message, reply) => {
        attempts.push(message.attempt);
        if (attempts.length === 8) return undefined;
        // Also where it does not heed its signal, and outlasts its process.
        return attempts.length % 2 === 0 ? aborted(reply.signal) : never;
      });
      if (i === 0) await turns.accept(post('Hi', one));
      await all.clock.advance(20);
      const closed = engine.close(100);
      await all.clock.advance(600);
      await closed;
      await store.close();
    }
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await stored(all)).toEqual([]);
  });

  it('shutdown: forgives no death that was one, where the turn has not begun again', async () => {
    const all = new Processes();
    const attempts: number[] = [];
    let current = all.start(() => never);
    await current.turns.accept(post('Hi', one));
    for (let i = 0; i < 6; i++) {
      await all.clock.advance(20);
      current.kill();
      // One in which it waits for a slot that is never free, and which is shut down.
      const busy = all.start(() => never, { limits: { maxRunning: 1 } });
      void busy.turns.run(say('busy', { senderId: 'bob' })).catch(() => {});
      await all.clock.advance(20);
      const closed = busy.engine.close(0);
      await all.clock.advance(600);
      await closed;
      await busy.store.close();
      current = all.start((message) => {
        attempts.push(message.attempt);
        return never;
      });
    }
    await all.clock.advance(20);
    expect(attempts).toEqual([2, 3, 4, 5, 6]);
    expect(await current.engine.deadLetters.list()).toHaveLength(1);
  });

  it('another process has the lock: is ended here, and goes on there', async () => {
    const { all, store, gates, aborts, turnReports } = await running();
    const attempts: number[] = [];
    const handOver = deferred();
    all.start(async (message, reply) => {
      attempts.push(message.attempt);
      await handOver.promise;
      await echo(message, reply);
    });
    store.loseLocks();
    await all.clock.advance(20);
    gates[0]?.resolve();
    await all.clock.advance(20);
    handOver.resolve();
    await all.clock.advance(20);
    expect(aborts).toMatchObject([{ reason: 'handed_over' }]);
    expect(all.platform.texts).toEqual(['first']);
    expect(attempts).toEqual([2]);
    expect(turnReports).toEqual([]);
    expect(await stored(all)).toEqual([]);
  });
});

/** A turn that is *waiting*: its assistant wants it run again. */
async function waiting(setup: Parameters<Processes['start']>[1] = {}) {
  const all = new Processes();
  const attempts: number[] = [];
  const assistant = async (message: UserMessage, reply: Reply): Promise<void> => {
    if (message.text === 'first') attempts.push(message.attempt);
    if (message.text === 'first' && message.attempt === 1) throw new RetryableError('later');
    await echo(message, reply);
  };
  const process = all.start(assistant, setup);
  await process.turns.accept(post('first', one));
  await all.clock.advance(1_000);
  expect(attempts).toEqual([1]);
  return { ...process, all, attempts, assistant };
}

/** Stores another time for the turn of `waiting` to go on. */
async function postpone(all: Processes, time: object): Promise<void> {
  const { turns } = all.shared.memory;
  const [turn] = await turns.waiting('test::ada', 1);
  const progress = { ...(JSON.parse(turn?.progress ?? '{}') as object), ...time };
  const lock = await all.shared.memory.lock('test::ada');
  await turns.commit(lock, { save: { id: 'test:1', progress: JSON.stringify(progress) } });
  lock.release();
}

describe('a waiting turn', () => {
  it('the same message again: is a duplicate, and does not end the wait', async () => {
    const { turns, clock, attempts } = await waiting();
    expect(await turns.accept(post('first', one))).toBe('duplicate');
    await clock.advance(5_000);
    expect(attempts).toEqual([1]);
    await clock.advance(10_000);
    expect(attempts).toEqual([1, 2]);
  });

  it('cancel: is finished', async () => {
    const { turns, clock, attempts, all, turnReports } = await waiting();
    expect(await turns.cancel({ senderId: 'ada' })).toBe(true);
    await clock.advance(HOUR_MS);
    expect(attempts).toEqual([1]);
    expect(turnReports).toMatchObject([{ outcome: 'aborted' }]);
    expect(await stored(all)).toEqual([]);
  });

  it('a newer message with overlap latest: is superseded', async () => {
    const { turns, clock, attempts, all, turnReports } = await waiting({ overlap: 'latest' });
    await turns.accept(post('newer'));
    await clock.advance(1);
    expect(attempts).toEqual([1]);
    expect(turnReports).toMatchObject([{ outcome: 'superseded' }, { outcome: 'answered' }]);
    expect(all.platform.texts).toEqual(['newer']);
  });

  it.each(['dies', 'shuts down', 'loses the lock'])(
    'the process %s: goes on waiting elsewhere, until the same time',
    async (how) => {
      const { engine, clock, attempts, all, assistant, store, kill } = await waiting();
      const [turn] = await all.shared.memory.turns.waiting('test::ada', 1);
      const { retryAt } = JSON.parse(turn?.progress ?? '{}') as { retryAt: number };
      if (how === 'dies') kill();
      if (how === 'shuts down') {
        await engine.close(10_000);
        await store.close();
      }
      all.start(assistant);
      if (how === 'loses the lock') store.loseLocks();
      await clock.advance(retryAt - clock.now() - 1);
      expect(attempts).toEqual([1]);
      await clock.advance(1);
      expect(attempts).toContain(2);
      expect(all.platform.texts).toEqual(['first']);
      expect(await stored(all)).toEqual([]);
    },
  );

  // It waited until the time that the wrong clock had shown, for years.
  it('waits no longer than it was to, where the clock was far ahead when that was stored', async () => {
    const { clock, all, attempts, assistant, kill } = await waiting();
    kill();
    await postpone(all, { retryAt: clock.now() + 10_000 * HOUR_MS });
    all.start(assistant);
    await clock.advance(7_000);
    expect(attempts).toEqual([1]);
    await clock.advance(6_000);
    expect(attempts).toEqual([1, 2]);
  });

  it('waits a day at most, whatever is stored', async () => {
    const { clock, all, attempts, assistant, kill } = await waiting();
    kill();
    const waitMs = 10_000 * HOUR_MS;
    await postpone(all, { waitMs, retryAt: clock.now() + waitMs });
    all.start(assistant);
    await clock.advance(24 * HOUR_MS - 10_000);
    expect(attempts).toEqual([1]);
    await clock.advance(70_000);
    expect(attempts).toEqual([1, 2]);
  });

  it('waits a day at most, whatever it is told', async () => {
    const all = new Processes();
    const { turns, clock } = all.start(echo);
    all.platform.onRequest = failing(() => away(10_000 * HOUR_MS), 1);
    await turns.accept(post('first', one));
    await clock.advance(0);
    await turns.accept(post('second'));
    await clock.advance(24 * HOUR_MS - 10_000);
    expect(all.platform.texts).toEqual([]);
    await clock.advance(20_000);
    expect(all.platform.texts).toEqual(['first', 'second']);
  });

  it('goes on within a minute of its time where the clock was wrong when its wait began', async () => {
    // A machine starts in 1970, and hears what time it is: the turn waited for half a century.
    const all = new Processes();
    let runs = 0;
    const assistant = (): void => {
      if (++runs === 1) throw new RetryableError('not now');
    };
    const dying = all.start(assistant);
    await dying.turns.accept(post('first', one));
    await all.clock.advance(100);
    dying.kill();
    const now = all.clock.now.bind(all.clock);
    all.clock.now = () => now() - 1_700_000_000_000;
    all.start(assistant);
    await all.clock.advance(1_000);
    all.clock.now = now;
    await all.clock.advance(61_000);
    expect(runs).toBe(2);
  });

  it('holds back its own conversation only', async () => {
    const { turns, clock, all } = await waiting({ limits: { maxRunning: 1 } });
    await turns.accept(post('second'));
    await turns.accept(post('of bob', { senderId: 'bob' }));
    await clock.advance(1);
    expect(all.platform.texts).toEqual(['of bob']);
    await clock.advance(20_000);
    expect(all.platform.texts).toEqual(['of bob', 'first', 'second']);
  });
});

describe('an answered turn', () => {
  it('the same message again: is a duplicate', async () => {
    const { turns, all, clock, handled } = await answered();
    expect(await turns.accept(post('first', one))).toBe('duplicate');
    all.platform.onRequest = () => {};
    await clock.advance(20_000);
    expect(all.platform.texts).toEqual(['first']);
    expect(handled).toEqual(['first']);
  });

  it('the platform stays away: waits 10 s, 40 s, 160 s, … six times, and is dead', async () => {
    const { all, clock, engine, handled } = await answered();
    const moments: number[] = [];
    let lastAt = 0;
    all.platform.onRequest = () => {
      if (clock.now() - lastAt > 7_000) moments.push(clock.now());
      lastAt = clock.now();
      throw away();
    };
    await clock.advance(4 * HOUR_MS);
    // The first try was the one within `await`.
    expect(moments).toHaveLength(5);
    const waits = moments.slice(1).map((at, index) => at - Number(moments[index]));
    for (const [index, expected] of [40_000, 160_000, 640_000, 2_560_000].entries()) {
      const wait = Number(waits[index]);
      expect(wait).toBeGreaterThan(0.8 * expected);
      expect(wait).toBeLessThan(1.2 * expected + 10_000);
    }
    const letters = await engine.deadLetters.list();
    expect(letters).toMatchObject([{ reason: 'the platform is away (tried 6 times)' }]);
    expect(letters[0]?.progress).toMatchObject({ answered: true });
    expect(handled).toEqual(['first']);
    expect(await stored(all)).toEqual([]);
  });

  it('the platform stays away: after runs that had to wait, it has all its tries', async () => {
    // The waits of the runs were counted with those of the delivery: it was given up at its first.
    const all = new Processes();
    const { turns, engine } = all.start(async (message, reply) => {
      if (message.attempt < 6) throw new RetryableError('not yet', { retryAfterMs: 1 });
      await reply.text('at last');
    });
    all.platform.onRequest = failing(away);
    await turns.accept(post('Hi', one));
    await all.clock.advance(4_200_000);
    expect(await engine.deadLetters.list()).toEqual([]);
    all.platform.onRequest = () => {};
    await all.clock.advance(HOUR_MS);
    expect(all.platform.texts).toEqual(['at last']);
  });

  it('the platform stays away: is dead at once where there is one try', async () => {
    const { all, engine } = await answered({ delivery: { attempts: 1 } });
    expect(await engine.deadLetters.list()).toMatchObject([
      { reason: expect.stringContaining('delivery.attempts'), progress: { answered: true } },
    ]);
    const tries = all.platform.tried.length;
    await all.clock.advance(HOUR_MS);
    expect(all.platform.tried).toHaveLength(tries);
    expect(await stored(all)).toEqual([]);
    all.platform.onRequest = () => {};
    const [letter] = await engine.deadLetters.list();
    await engine.replay(letter?.id ?? '');
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['first']);
  });

  it('the platform refuses for good: is dead', async () => {
    const { all, clock, engine } = await answered();
    all.platform.onRequest = failing(refused);
    await clock.advance(20_000);
    expect(await engine.deadLetters.list()).toMatchObject([{ reason: 'the user has blocked us' }]);
  });

  it('the deadline passes: the try has failed, and there is another one', async () => {
    const { all, clock, engine } = await answered({ limits: { deadlineMs: 15_000 } });
    all.platform.onRequest = failing(() => new Error('never thrown'), 0);
    let tries = 0;
    all.platform.onRequest = () => (++tries === 1 ? never : undefined);
    await clock.advance(HOUR_MS);
    expect(tries).toBe(2);
    expect(all.platform.texts).toEqual(['first']);
    expect(await engine.deadLetters.list()).toEqual([]);
  });

  it('the deadline passes: a try that comes back later takes nothing off the list', async () => {
    const all = new Processes();
    const { turns } = all.start(
      async (_message, reply) => {
        for (const text of ['1', '2', '3']) await reply.text(text);
      },
      { limits: { deadlineMs: 15_000 }, canBeAsked: true },
    );
    all.platform.onRequest = failing(away);
    await turns.accept(post('Hi', one));
    await all.clock.advance(12_000);
    const gates = [deferred(), deferred()];
    const tried: string[] = [];
    all.platform.onRequest = ({ text }) => gates[tried.push(text) - 1]?.promise;
    await all.clock.advance(31_000);
    expect(tried).toEqual(['1']);
    // The next try has begun, when chance has it, and the old one is answered at last.
    for (let i = 0; i < 60 && tried.length < 2; i++) await all.clock.advance(1_000);
    expect(tried).toEqual(['1', '1']);
    gates[0]?.resolve();
    await all.clock.advance(1_000);
    expect(tried).toEqual(['1', '1']);
    gates[1]?.resolve();
    await all.clock.advance(HOUR_MS);
    expect(tried).toEqual(['1', '1', '2', '3']);
    expect(await stored(all)).toEqual([]);
  });

  it('cancel: is finished, and what was pending is dropped', async () => {
    const { turns, all, clock, turnReports } = await answered();
    all.platform.onRequest = () => {};
    expect(await turns.cancel({ senderId: 'ada' })).toBe(true);
    await clock.advance(HOUR_MS);
    expect(turnReports).toMatchObject([{ outcome: 'aborted' }]);
    expect(all.platform.texts).toEqual([]);
    expect(await stored(all)).toEqual([]);
  });

  it('a newer message with overlap latest: what was pending is dropped', async () => {
    const { turns, all, clock, turnReports } = await answered({ overlap: 'latest' });
    all.platform.onRequest = () => {};
    await turns.accept(post('newer'));
    await clock.advance(HOUR_MS);
    expect(turnReports.map(({ outcome }) => outcome)).toEqual(['superseded', 'answered']);
    expect(all.platform.texts).toEqual(['newer']);
  });

  it('the process dies: only what is missing is delivered', async () => {
    const all = new Processes();
    const handled: number[] = [];
    const assistant = async (message: { attempt: number }, reply: Reply): Promise<void> => {
      handled.push(message.attempt);
      for (const text of ['1', '2', '3']) await reply.text(text);
    };
    const first = all.start(assistant);
    all.platform.onRequest = ({ text }) => {
      if (text === '2') throw away();
    };
    await first.turns.accept(post('Hi', one));
    await all.clock.advance(12_000);
    first.kill();
    all.platform.onRequest = () => {};
    all.start(assistant);
    await all.clock.advance(20_000);
    expect(handled).toEqual([1]);
    expect(all.platform.texts).toEqual(['1', '2', '3']);
  });

  it('the process dies: after six deaths in a row it is dead', async () => {
    // What waits behind a response that was pending is rendered for the first time when it is
    // delivered. Where that killed the process, it did so at every start.
    const { all, kill } = await answered();
    let lives = 0;
    let last = { kill };
    all.platform.onRequest = () => {
      lives++;
      last.kill();
      return never;
    };
    for (let i = 0; i < 10; i++) {
      await all.clock.advance(60_000);
      last.kill();
      last = all.start(echo);
    }
    const next = all.start(echo);
    await all.clock.advance(60_000);
    expect(lives).toBe(6);
    expect(await next.engine.deadLetters.list()).toMatchObject([
      { reason: 'the process ended 6 times while the answer was delivered' },
    ]);
    expect(await stored(all)).toEqual([]);
  });

  it('shutdown: does not count as a death', async () => {
    const { all, kill } = await answered();
    kill();
    all.platform.onRequest = () => never;
    for (let i = 0; i < 8; i++) {
      const { engine, store } = all.start(echo);
      await all.clock.advance(15_000);
      const closed = engine.close(100);
      await all.clock.advance(600);
      await closed;
      await store.close();
    }
    all.platform.onRequest = () => {};
    all.start(echo);
    await all.clock.advance(60_000);
    expect(all.platform.texts).toEqual(['first']);
  });

  it('the process dies: goes on waiting elsewhere, until the same time', async () => {
    const { all, clock, kill } = await answered();
    const [turn] = await all.shared.memory.turns.waiting('test::ada', 1);
    const { retryAt } = JSON.parse(turn?.progress ?? '{}') as { retryAt: number };
    expect(retryAt).toBeGreaterThan(clock.now());
    kill();
    const moments: number[] = [];
    all.platform.onRequest = () => void moments.push(clock.now());
    all.start(echo);
    await clock.advance(HOUR_MS);
    expect(moments).toEqual([retryAt]);
  });

  it('shutdown: stays', async () => {
    const { all, engine, clock, store } = await answered();
    all.platform.onRequest = () => {};
    const closed = engine.close(20_000);
    await settle();
    expect(await outcomeOf(closed)).toBe('done');
    expect(await stored(all)).toEqual(['test:1']);
    await store.close();
    const handled: unknown[] = [];
    all.start((message) => void handled.push(message));
    await clock.advance(15_000);
    expect(all.platform.texts).toEqual(['first']);
    expect(handled).toEqual([]);
  });

  it('holds back its own conversation only, and occupies no slot', async () => {
    const { turns, clock, handled, all } = await answered({ limits: { maxRunning: 1 } });
    await turns.accept(post('of ada'));
    await turns.accept(post('of bob', { senderId: 'bob' }));
    all.platform.onRequest = ({ to }) => {
      if (to === 'ada') throw away();
    };
    await clock.advance(1);
    expect(handled).toEqual(['first', 'of bob']);
    all.platform.onRequest = () => {};
    await clock.advance(HOUR_MS);
    expect(all.platform.texts).toEqual(['of bob', 'first', 'of ada']);
  });
});

describe('a finished turn', () => {
  it('leaves nothing but its mark, for 48 hours', async () => {
    const all = new Processes();
    const handled: unknown[] = [];
    const { turns } = all.start((message) => void handled.push(message.text));
    await turns.accept(post('Hi', one));
    await all.clock.advance(48 * HOUR_MS - 10);
    expect(await stored(all)).toEqual([]);
    expect(await turns.accept(post('Hi', one))).toBe('duplicate');
    await all.clock.advance(20);
    expect(await turns.accept(post('Hi', one))).toBe('accepted');
    await all.clock.advance(0);
    expect(handled).toEqual(['Hi', 'Hi']);
  });
});

// The story: a channel whose platform counts its accounts, and has numbers for them. Its messages were refused
// by a TypeError, and where a `conversationKey` was given, they became dead letters.
it.each([undefined, () => 'linked'])(
  'a message of an account with a number for a name is handled',
  async (conversationKey) => {
    const all = new Processes();
    const handled: unknown[] = [];
    const options = conversationKey && { conversationKey };
    const { turns } = all.start(({ account }) => void handled.push(account), options);
    expect(await turns.accept(post('Hi', { ...one, account: 7 }))).toBe('accepted');
    await all.clock.advance(0);
    expect(handled).toEqual(['7']);
  },
);
