import { RetryableError, StoreError, type Assistant, type Reply } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { encodeMessage } from '../../src/turns/stored-message.ts';
import { post } from '../support/engine.ts';
import {
  away,
  failing,
  PlatformOutput,
  refused,
  unanswered,
  type Arrived,
} from '../support/platform.ts';
import { Processes, type ProcessSetup } from '../support/processes.ts';
import { StreamOutput } from '../support/stream-output.ts';
import { chunksOf } from '../support/turn-on.ts';

expectNoUnhandledRejections();

const one = { messageId: '1' };

const never = new Promise<never>(() => {});

function setUp(): { all: Processes; setup: ProcessSetup } {
  const all = new Processes();
  const makeOutput = (isDead: () => boolean): StreamOutput =>
    new StreamOutput(all.platform, false, isDead);
  return { all, setup: { makeOutput } };
}

/** A stream of these pieces, whose producer fails then. */
async function* failingChunks(error: Error, ...chunks: string[]): AsyncGenerator<string> {
  yield* chunks;
  throw error;
}

/** The platform is away for this request. */
const awayAt =
  (request: string) =>
  ({ text }: Arrived): void => {
    if (text === request) throw away();
  };

const modelAway = new Error('the model is away');
const retryLater = new RetryableError('the model is away', { retryAfterMs: 60_000 });
const retrySoon = new RetryableError('the model is away');

/** Begins a turn in a process that dies where the platform is to show `text`; the platform stays. */
async function dieAt(
  { all, setup, runsMs = 100 }: { all: Processes; setup: ProcessSetup; runsMs?: number },
  text: string,
  assistant: Assistant,
): Promise<void> {
  const dying = all.start(assistant, setup);
  all.platform.onRequest = (request) => request.text === text && dying.kill();
  await dying.turns.accept(post('Hi', one));
  await all.clock.advance(runsMs);
  all.platform.onRequest = () => {};
}

const say = async (_message: unknown, reply: Reply): Promise<void> => {
  await reply.text('first');
  await reply.stream(chunksOf('a', 'b', 'c'));
  await reply.text('last');
};

describe('a stream', () => {
  it('is shown as it grows', async () => {
    const { all, setup } = setUp();
    const { turns } = all.start(say, setup);
    await turns.accept(post('Hi', one));
    await all.clock.advance(0);
    expect(all.platform.texts).toEqual(['first', 'start', '+a', '+b', '+c', 'end', 'last']);
  });

  it('is one step: a second run reads it and shows nothing', async () => {
    const { all, setup } = setUp();
    await dieAt({ all, setup }, 'last', say);
    let said: unknown;
    all.start(async (message, reply) => {
      await say(message, reply);
      said = true;
    }, setup);
    await all.clock.advance(1_000);
    expect(said).toBe(true);
    expect(all.platform.texts).toEqual(['first', 'start', '+a', '+b', '+c', 'end', 'last']);
    const history = await all.shared.memory.lists.last('history', 'test::ada', 9);
    expect(history.map((entry) => (entry as { text: string }).text)).toEqual([
      'Hi',
      'first',
      'abc',
      'last',
    ]);
  });

  it('that a crash has cut is closed, and said anew', async () => {
    const { all, setup } = setUp();
    await dieAt({ all, setup, runsMs: 2_000 }, '+c', async (message, reply) => {
      await reply.text('first');
      await reply.stream(
        (async function* () {
          yield 'a';
          await all.clock.sleep(1_000);
          yield 'b';
          yield 'c';
        })(),
      );
    });
    all.start(say, setup);
    await all.clock.advance(1_000);
    expect(all.platform.texts).toEqual([
      'first',
      'start',
      '+a',
      '+b',
      'cut {"ts":"2"} ab',
      'start',
      '+a',
      '+b',
      '+c',
      'end',
      'last',
    ]);
  });

  it('is whole in the end, wherever its process dies', async () => {
    let moments = 0;
    for (let kill = 1; kill <= 200 && (kill === 1 || moments >= kill - 1); kill++) {
      const { all, setup } = setUp();
      moments = 0;
      const tick = (): void => {
        if (!dying.store.isDead && ++moments === kill) dying.kill();
      };
      all.platform.onRequest = tick;
      all.platform.onArrived = tick;
      const dying = all.start(say, { ...setup, weather: { before: tick, after: tick } });
      void dying.turns.accept(post('Hi', one));
      await all.clock.advance(100);
      const next = all.start(say, setup);
      void next.turns.accept(post('Hi', one));
      await all.clock.advance(10_000);
      const texts = all.platform.texts.join(' ');
      const last = texts.lastIndexOf('start');
      expect(texts.slice(last), `${kill}: ${texts}`).toMatch(/^start \+a \+b \+c end( last){1,2}$/);
      // One step is unknown after a crash: this one, or the one before it.
      const before = texts.slice(0, last).trim();
      const shown =
        /^first( start( \+a)?( \+b)?( \+c)?( end)?)?( cut (undefined|{"ts":"2"})( a?b?c?)?)?$/;
      expect(before, `${kill}: ${texts}`).toMatch(before === 'first first' ? /./ : shown);
      if (before.includes('+')) expect(before, `${kill}: ${texts}`).toContain('cut {"ts":"2"}');
    }
    expect(moments).toBeGreaterThan(40);
  });

  it('has its handle stored with the first request, and its text once a second', async () => {
    const { all, setup } = setUp();
    const { turns, store } = all.start(async (_message, reply) => {
      await reply.stream(
        (async function* () {
          for (let i = 0; i < 100; i++) {
            yield 'x';
            await all.clock.sleep(50);
          }
        })(),
      );
    }, setup);
    let commits = 0;
    const commit = store.turns.commit.bind(store.turns);
    store.turns.commit = async (...args) => {
      commits++;
      return await commit(...args);
    };
    await turns.accept(post('Hi', one));
    await all.clock.advance(10);
    const [turn] = await all.shared.memory.turns.waiting('test::ada', 1);
    expect(JSON.parse(turn?.progress ?? '{}')).toMatchObject({
      steps: [{ state: 'begun', kind: 'stream', receipts: [{ ts: '1' }] }],
    });
    await all.clock.advance(10_000);
    expect(all.platform.texts).toHaveLength(102);
    // Five seconds of it; its begin and its end; the begin and the end of the turn.
    expect(commits).toBeLessThanOrEqual(10);
    expect(commits).toBeGreaterThanOrEqual(8);
  });

  it('has its text stored also where the clock was set back', async () => {
    const { all, setup } = setUp();
    const { turns } = all.start(async (_message, reply) => {
      await reply.stream(
        (async function* () {
          yield 'a';
          const now = all.clock.now.bind(all.clock);
          all.clock.now = () => now() - 3_600_000;
          yield 'b';
          await all.clock.sleep(60_000);
        })(),
      );
    }, setup);
    await turns.accept(post('Hi', one));
    await all.clock.advance(10);
    const [turn] = await all.shared.memory.turns.waiting('test::ada', 1);
    expect(JSON.parse(turn?.progress ?? '{}')).toMatchObject({ steps: [{ text: 'ab' }] });
  });

  // It was made again though the platform could have been asked, and the user saw the piece twice.
  it.each([
    ['not made', true, 'resend'],
    ['made', false, 'resend'],
    // A stream without its handle, or with a hole in its text, is none.
    ['made', false, 'assume-sent'],
  ] as const)(
    'has a request whose answer was lost %s again (asked: %s, %s)',
    async (what, canBeAsked, whenUnknown) => {
      const { all } = setUp();
      const { turns } = all.start((_message, reply) => reply.stream(chunksOf('a', 'b')), {
        makeOutput: () => new StreamOutput(all.platform, canBeAsked),
        delivery: { whenUnknown },
      });
      const lose = failing(unanswered, 1);
      all.platform.onArrived = ({ text }) => text === '+a' && lose();
      await turns.accept(post('Hi', one));
      await all.clock.advance(20_000);
      const again = what === 'made' ? ['+a'] : [];
      expect(all.platform.texts).toEqual(['start', '+a', ...again, '+b', 'end']);
      expect(all.platform.asked.length).toBe(canBeAsked ? 1 : 0);
    },
  );

  // The request of the run before had the same key: the new stream went on in the message that was closed.
  it('has requests of its own in each run, and so have those that close it', async () => {
    const { all } = setUp();
    const setup: ProcessSetup = {
      makeOutput: (isDead) => new StreamOutput(all.platform, true, isDead),
    };
    for (let run = 1; run <= 3; run++) {
      const dying = all.start(say, setup);
      all.platform.onRequest = ({ text }) => text === '+b' && dying.kill();
      if (run === 1) void dying.turns.accept(post('Hi', one));
      await all.clock.advance(100);
    }
    const lost = failing(unanswered, 1);
    all.platform.onRequest = ({ text }) => text === 'start' && lost();
    all.start(say, setup);
    await all.clock.advance(10_000);
    const keys = all.platform.arrived.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(keys.map((key) => key.split(/[.:]/, 1)[0])).size).toBe(1);
    expect(all.platform.texts.slice(-7)).toEqual([
      'cut {"ts":"8"} ',
      'start',
      '+a',
      '+b',
      '+c',
      'end',
      'last',
    ]);
  });

  it('that the platform leaves is read to its end, and said whole when it is back', async () => {
    const { all, setup } = setUp();
    const statuses: string[] = [];
    let produced = 0;
    const { turns } = all.start(async (_message, reply) => {
      const sent = await reply.stream(
        (async function* () {
          for (const chunk of ['a', 'b', 'c']) {
            produced++;
            yield chunk;
          }
        })(),
      );
      statuses.push(sent.status, (await reply.text('last')).status);
    }, setup);
    all.platform.onRequest = awayAt('+b');
    await turns.accept(post('Hi', one));
    await all.clock.advance(11_000);
    expect(produced).toBe(3);
    expect(statuses).toEqual(['pending', 'pending']);
    all.platform.onRequest = () => {};
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual(['start', '+a', 'cut {"ts":"1"} a', 'abc', 'last']);
  });

  // What was shown of it stayed as it was, as if more of it were to come.
  it.each(['not caught', 'caught'])(
    'that the platform leaves, and whose producer fails then, is closed: %s',
    async (how) => {
      const { all, setup } = setUp();
      const { turns } = all.start(
        async (_message, reply) => {
          const stream = reply.stream(failingChunks(modelAway, 'a', 'b'));
          if (how === 'not caught') await stream;
          await stream.catch(() => reply.text('Sorry'));
          await reply.text('last');
        },
        { ...setup, apology: 'Sorry' },
      );
      all.platform.onRequest = awayAt('+b');
      await turns.accept(post('Hi', one));
      await all.clock.advance(11_000);
      all.platform.onRequest = () => {};
      await all.clock.advance(20_000);
      const after = how === 'caught' ? ['last'] : [];
      expect(all.platform.texts).toEqual(['start', '+a', 'cut {"ts":"1"} a', 'Sorry', ...after]);
    },
  );

  it.each([
    ['rejects', async () => Promise.reject(away())],
    [
      'throws',
      (): never => {
        throw away();
      },
    ],
  ])(
    'on a channel that never calls deliver and %s waits as well, with all that follows',
    async (_, fail) => {
      const all = new Processes();
      class PlainStream extends PlatformOutput {
        override sendResponseChunk(): Promise<void> {
          return fail();
        }
      }
      const { turns } = all.start(
        async (_message, reply) => {
          await reply.stream(chunksOf('a', 'b'));
          await reply.text('last');
        },
        { makeOutput: () => new PlainStream(all.platform) },
      );
      await turns.accept(post('Hi', one));
      await all.clock.advance(5_000);
      expect(all.platform.texts).toEqual([]);
      await all.clock.advance(20_000);
      expect(all.platform.texts).toEqual(['ab', 'last']);
    },
  );

  it('whose old message cannot be closed is said all the same', async () => {
    const { all, setup } = setUp();
    const { turns } = all.start((_message, reply) => reply.stream(chunksOf('a', 'b')), setup);
    all.platform.onRequest = awayAt('+b');
    await turns.accept(post('Hi', one));
    await all.clock.advance(11_000);
    all.platform.onRequest = ({ text }) => {
      if (text.startsWith('cut')) throw refused();
    };
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual(['start', '+a', 'ab']);
  });

  it('that begins while the platform is away is said whole', async () => {
    const { all, setup } = setUp();
    const { turns } = all.start(say, setup);
    all.platform.onRequest = failing(away);
    await turns.accept(post('Hi', one));
    await all.clock.advance(11_000);
    all.platform.onRequest = () => {};
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual(['first', 'abc', 'last']);
  });

  it('whose producer fails is closed, and said anew in the next run', async () => {
    const { all, setup } = setUp();
    const { turns } = all.start(async (message, reply) => {
      await reply.stream(
        (async function* () {
          yield 'a';
          if (message.attempt === 1) throw new RetryableError('the model is away');
          yield 'b';
        })(),
      );
    }, setup);
    await turns.accept(post('Hi', one));
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual([
      'start',
      '+a',
      'end',
      'cut {"ts":"1"} a',
      'start',
      '+a',
      '+b',
      'end',
    ]);
  });

  // It counted as answered, and what was said in its place was never sent.
  it.each(['deliver', 'no deliver'])(
    'whose producer fails gives its place to a text in the next run: %s',
    async (how) => {
      const { all, setup } = setUp();
      class PlainOutput extends StreamOutput {
        override async sendTextMessage(to: string, text: string): Promise<void> {
          await all.platform.post({ key: 'none', to, text });
        }
      }
      const { turns } = all.start(
        async (message, reply) => {
          if (message.attempt > 1) {
            await reply.text('the whole of it');
            if (message.attempt === 2) throw new RetryableError('once more');
            return;
          }
          await reply.stream(failingChunks(retrySoon, 'a'));
        },
        how === 'deliver' ? setup : { makeOutput: () => new PlainOutput(all.platform) },
      );
      await turns.accept(post('Hi', one));
      await all.clock.advance(100_000);
      expect(all.platform.texts).toEqual(['start', '+a', 'end', 'the whole of it']);
    },
  );

  describe('that a crash has cut', () => {
    /** What is at the platform when the process dies in its stream, and the next one has come to its end. */
    async function after(
      next: (reply: Reply) => Promise<unknown>,
      { all, setup }: ReturnType<typeof setUp>,
      onRequest: (request: Arrived) => unknown = () => {},
    ): Promise<string[]> {
      await dieAt({ all, setup }, '+b', async (_message, reply) => {
        await reply.text('first');
        await reply.stream(chunksOf('a', 'b'));
      });
      all.platform.onRequest = onRequest;
      all.start((_message, reply) => next(reply), setup);
      await all.clock.advance(100_000);
      return all.platform.texts;
    }

    const CUT = ['first', 'start', '+a', 'cut {"ts":"2"} '];

    // It stayed as it was, as if more of it were to come.
    it('is closed before the text that comes in its place', async () => {
      const said = await after(async (reply) => {
        await reply.text('first');
        await reply.text('whole');
        await reply.text('last');
      }, setUp());
      expect(said).toEqual([...CUT, 'whole', 'last']);
    });

    it('is closed on a channel whose texts do not go by deliver', async () => {
      const { all } = setUp();
      class PlainOutput extends StreamOutput {
        override async sendTextMessage(to: string, text: string): Promise<void> {
          await all.platform.post({ key: 'none', to, text });
        }
      }
      const setup = {
        makeOutput: (isDead: () => boolean) => new PlainOutput(all.platform, false, isDead),
      };
      const next = async (reply: Reply): Promise<void> => {
        await reply.text('first');
        await reply.text('whole');
      };
      expect(await after(next, { all, setup })).toEqual([...CUT, 'whole']);
    });

    // Its step was written over, and with it all that was known of it.
    it.each(['is there', 'dies once more'])(
      'is closed before the request of a longer response that comes in its place, and the process %s',
      async (fate) => {
        const { all, setup } = setUp();
        await dieAt({ all, setup }, '+b', async (_message, reply) => {
          await reply.text('first');
          await reply.stream(chunksOf('a', 'b'));
        });
        const sayWhole = (_message: unknown, reply: Reply): unknown => reply.text('first\nwhole');
        const second = all.start(sayWhole, setup);
        const dies = fate === 'dies once more';
        all.platform.onRequest = ({ text }) => dies && text === 'whole' && second.kill();
        await all.clock.advance(1_000);
        all.platform.onRequest = () => {};
        if (dies) all.start(sayWhole, setup);
        await all.clock.advance(1_000);
        expect(all.platform.texts).toEqual([...CUT, 'whole']);
      },
    );

    it('is closed where nothing comes in its place, by requests that are named after the turn', async () => {
      const world = setUp();
      expect(await after((reply) => reply.text('first'), world)).toEqual(CUT);
      const names = world.all.platform.arrived.map(({ key }) => key.split(/[.:]/, 1)[0]);
      expect(new Set(names).size).toBe(1);
    });

    it('is closed where the run ends before its place', async () => {
      expect(await after(async () => {}, setUp())).toEqual(CUT);
    });

    it('is closed before the apology', async () => {
      const { all, setup } = setUp();
      const fail = async (reply: Reply): Promise<void> => {
        await reply.text('first');
        throw new Error('oops');
      };
      const apologetic = { all, setup: { ...setup, apology: 'Sorry' } };
      expect(await after(fail, apologetic)).toEqual([...CUT, 'Sorry']);
    });

    it.each(['once', 'twice'])('is closed when the platform is back (away %s)', async (often) => {
      const world = setUp();
      const { clock } = world.all;
      const backAt = clock.now() + (often === 'once' ? 5_000 : 25_000);
      const onRequest = (): void => {
        if (clock.now() < backAt) throw away();
      };
      const next = async (reply: Reply): Promise<void> => {
        await reply.text('first');
        await reply.text('whole');
        await reply.text('last');
      };
      expect(await after(next, world, onRequest)).toEqual([...CUT, 'whole', 'last']);
    });

    // Nobody came back to it.
    it('is closed where a newer message takes the place of its turn', async () => {
      const { all, setup } = setUp();
      const latest = { ...setup, overlap: 'latest' } as const;
      await dieAt({ all, setup: latest }, '+b', (_message, reply) =>
        reply.stream(chunksOf('a', 'b')),
      );
      await all.shared.memory.turns.add(
        {
          conversation: 'test::ada',
          id: 'test:2',
          message: encodeMessage(
            { channel: 'test', key: 'test::ada', at: all.clock.now() },
            post('2', { messageId: '2' }),
          ),
        },
        { markTtlMs: 1_000, maxTurns: 9 },
      );
      all.start((message, reply) => reply.text(`to ${message.text}`), latest);
      await all.clock.advance(1_000);
      expect(all.platform.texts).toEqual(['start', '+a', 'cut {"ts":"1"} ', 'to 2']);
    });

    it.each(['with the platform there', 'with the platform away'])(
      'is closed where its turn is given up, %s',
      async (where) => {
        const { all, setup } = setUp();
        const patient = { ...setup, delivery: { attempts: 1 } };
        await dieAt({ all, setup: patient }, '+b', (_message, reply) =>
          reply.stream(chunksOf('a', 'b')),
        );
        const isAway = where === 'with the platform away';
        all.platform.onRequest = isAway ? failing(away) : () => {};
        const { engine } = all.start(() => expect.unreachable(), patient);
        await all.clock.advance(100);
        const closed = isAway ? [] : ['cut {"ts":"1"} '];
        expect(all.platform.texts).toEqual(['start', '+a', ...closed]);
        expect(await engine.deadLetters.list()).toHaveLength(1);
      },
    );

    it('is closed where its turn is cancelled', async () => {
      const { all, setup } = setUp();
      const { turns } = all.start(
        (_message, reply) => reply.stream(failingChunks(retryLater, 'a')),
        setup,
      );
      all.platform.onRequest = awayAt('end');
      await turns.accept(post('Hi', one));
      await all.clock.advance(30_000);
      expect(await turns.cancel({ senderId: 'ada' })).toBe(true);
      await all.clock.advance(1_000);
      expect(all.platform.texts).toEqual(['start', '+a', 'cut {"ts":"1"} a']);
    });

    // It was closed behind the text: the stream that had its step before had broken off.
    it('is closed before a text that comes ahead of its place', async () => {
      const { all, setup } = setUp();
      await dieAt({ all, setup }, '+b', async (_message, reply) => {
        await reply.stream(failingChunks(modelAway, '')).catch(() => {});
        await reply.stream(chunksOf('a', 'b'));
      });
      all.start(async (_message, reply) => {
        await reply.text('ahead');
        await reply.stream(chunksOf('c'));
      }, setup);
      await all.clock.advance(1_000);
      expect(all.platform.texts).toEqual([
        'start',
        'end',
        'start',
        '+a',
        'cut {"ts":"3"} ',
        'ahead',
        'start',
        '+c',
        'end',
      ]);
    });

    // It was taken for an assistant that takes too long, which apologised behind its own answer.
    it('and whose close hangs makes no failure of an answer that was said', async () => {
      const { all, setup } = setUp();
      await dieAt({ all, setup }, '+b', (_message, reply) => reply.stream(chunksOf('a', 'b')));
      const backAt = all.clock.now() + 70_000;
      all.platform.onRequest = () => (all.clock.now() < backAt ? never : undefined);
      const { errors, turnReports } = all.start(() => {}, { ...setup, apology: 'Sorry' });
      await all.clock.advance(1_000_000);
      expect(all.platform.texts).toEqual(['start', '+a', 'cut {"ts":"1"} ']);
      expect(errors.map(({ context }) => context.stage)).not.toContain('assistant');
      expect(turnReports).toMatchObject([{ outcome: 'answered' }]);
    });

    // The deadline of the turn ended it: what was said was lost.
    it.each(['text', 'stream'])(
      'and whose close hangs loses nothing that is said in its place: a %s',
      async (what) => {
        const { all, setup } = setUp();
        await dieAt({ all, setup }, '+b', (_message, reply) => reply.stream(chunksOf('a', 'b')));
        const backAt = all.clock.now() + 90_000;
        all.platform.onRequest = ({ text }) =>
          text.startsWith('cut') && all.clock.now() < backAt ? never : undefined;
        let runs = 0;
        const assistant = async (_message: unknown, reply: Reply): Promise<void> => {
          runs++;
          await (what === 'text' ? reply.text('whole') : reply.stream(chunksOf('wh', 'ole')));
          await reply.text('more');
        };
        const { errors, turnReports } = all.start(assistant, { ...setup, apology: 'Sorry' });
        await all.clock.advance(1_000_000);
        expect(all.platform.texts).toEqual(['start', '+a', 'cut {"ts":"1"} ', 'whole', 'more']);
        expect(errors.map(({ context }) => context.stage)).not.toContain('assistant');
        expect(turnReports).toMatchObject([{ outcome: 'answered' }]);
        expect(runs).toBe(1);
      },
    );

    it('and whose close comes late is no step of what is said in its place', async () => {
      const { all, setup } = setUp();
      class TwiceClosed extends StreamOutput {
        override async sendResponseChunkInterrupted(to: string): Promise<void> {
          await this.post(to, 'cut');
          await this.post(to, 'cut twice');
        }
      }
      const makeOutput = (): StreamOutput => new TwiceClosed(all.platform);
      await dieAt({ all, setup }, '+b', (_message, reply) => reply.stream(chunksOf('a', 'b')));
      let goOn = (): void => {};
      const late = new Promise<void>((resolve) => (goOn = resolve));
      let closes = 0;
      all.platform.onRequest = ({ text }) => (text === 'cut' && ++closes === 1 ? late : undefined);
      const assistant = async (_message: unknown, reply: Reply): Promise<void> => {
        await reply.text('whole');
        goOn();
        await all.clock.sleep(1_000);
        await reply.text('more');
      };
      all.start(assistant, { ...setup, makeOutput });
      await all.clock.advance(100_000);
      const closed = ['cut', 'cut twice'];
      expect(all.platform.texts).toEqual(['start', '+a', ...closed, ...closed, 'whole', 'more']);
    });

    it('and whose close hangs does not hold back for long what takes the place of its turn', async () => {
      const { all, setup } = setUp();
      const latest = { ...setup, overlap: 'latest' } as const;
      const { turns } = all.start(async (message, reply) => {
        if (message.text === '2') return await reply.text('to 2');
        return await reply.stream(failingChunks(retryLater, 'a'));
      }, latest);
      all.platform.onRequest = awayAt('end');
      await turns.accept(post('1', one));
      await all.clock.advance(30_000);
      all.platform.onRequest = ({ text }) => (text.startsWith('cut') ? never : undefined);
      await turns.accept(post('2', { messageId: '2' }));
      await all.clock.advance(6_000);
      expect(all.platform.texts).toEqual(['start', '+a', 'to 2']);
    });

    // The deadline of the close ended the turn, which then waited for no store any more.
    it('and whose close hangs while the store is away is no turn that is run again', async () => {
      const { all, setup } = setUp();
      let isAway = false;
      let runs = 0;
      const before = (): void => {
        if (isAway) throw new StoreError('the store is away');
      };
      const { turns, turnReports } = all.start(
        async (_message, reply) => {
          runs++;
          await reply.stream(failingChunks(retryLater, 'a'));
        },
        { ...setup, weather: { before } },
      );
      all.platform.onRequest = awayAt('end');
      await turns.accept(post('Hi', one));
      await all.clock.advance(30_000);
      all.platform.onRequest = () => never;
      isAway = true;
      expect(await turns.cancel({ senderId: 'ada' })).toBe(true);
      await all.clock.advance(70_000);
      isAway = false;
      await all.clock.advance(5_000);
      expect(turnReports).toMatchObject([{ outcome: 'aborted' }]);
      // What comes next would take up what was left.
      await turns.accept(post('Hi', one));
      await all.clock.advance(5_000);
      expect(runs).toBe(1);
    });

    it('and that cannot be closed keeps no text from being said', async () => {
      const onRequest = ({ text }: Arrived): void => {
        if (text.startsWith('cut')) throw refused();
      };
      const next = async (reply: Reply): Promise<void> => {
        await reply.text('first');
        await reply.text('whole');
      };
      expect(await after(next, setUp(), onRequest)).toEqual([...CUT.slice(0, 3), 'whole']);
    });
  });

  // Nothing was pending, and the turn was over with half a message on the screen.
  it('that the platform left is closed when it is back, also where nothing else is said', async () => {
    const { all, setup } = setUp();
    const { turns, turnReports } = all.start(async (_message, reply) => {
      await reply.stream(failingChunks(modelAway, 'a')).catch(() => {});
    }, setup);
    all.platform.onRequest = ({ text }) => {
      if (text !== 'start' && text !== '+a') throw away();
    };
    await turns.accept(post('Hi', one));
    await all.clock.advance(30_000);
    all.platform.onRequest = () => {};
    await all.clock.advance(100_000);
    expect(all.platform.texts).toEqual(['start', '+a', 'cut {"ts":"1"} a']);
    expect(turnReports).toMatchObject([{ outcome: 'answered' }]);
  });

  // It counted as ended, since its end was tried.
  it('that a shutdown ends while the platform is away is closed in the next run', async () => {
    const { all, setup } = setUp();
    const { turns, engine, kill } = all.start(async (_message, reply) => {
      await reply.stream(
        (async function* () {
          yield 'a';
          await all.clock.sleep(60_000);
        })(),
      );
    }, setup);
    await turns.accept(post('Hi', one));
    await all.clock.advance(10);
    all.platform.onRequest = failing(away);
    void engine.close(0);
    await all.clock.advance(1_000);
    kill();
    all.platform.onRequest = () => {};
    all.start((_message, reply) => reply.text('whole'), setup);
    await all.clock.advance(1_000);
    expect(all.platform.texts).toEqual(['start', '+a', 'cut {"ts":"1"} a', 'whole']);
  });

  it('that the platform left is closed before the text that the next run says in its place', async () => {
    const { all, setup } = setUp();
    const { turns } = all.start(async (message, reply) => {
      if (message.attempt > 1) {
        await reply.text('whole');
        return;
      }
      await reply.stream(failingChunks(retrySoon, 'a', 'b'));
    }, setup);
    all.platform.onRequest = awayAt('+b');
    await turns.accept(post('Hi', one));
    await all.clock.advance(60_000);
    expect(all.platform.texts).toEqual(['start', '+a', 'cut {"ts":"1"} a', 'whole']);
  });

  // It counted as ended: nobody had come as far as to end it.
  it('whose turn is cancelled while the store is away is closed', async () => {
    const { all, setup } = setUp();
    let isAway = false;
    const before = (): void => {
      if (isAway) throw new StoreError('the store is away');
    };
    const show = (_message: unknown, reply: Reply): unknown => reply.stream(chunksOf('a'));
    const { turns } = all.start(show, { ...setup, weather: { before } });
    all.platform.onArrived = ({ text }) => (isAway = text === 'start');
    await turns.accept(post('Hi', one));
    await all.clock.advance(1_000);
    expect(await turns.cancel({ senderId: 'ada' })).toBe(true);
    isAway = false;
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual(['start', 'cut {"ts":"1"} ']);
  });

  it('is ended on the channel when the deadline passes', async () => {
    const { all, setup } = setUp();
    const { turns } = all.start(
      (_message, reply) =>
        reply.stream(
          (async function* () {
            yield 'a';
            await all.clock.sleep(3_000);
            yield 'b';
          })(),
        ),
      { ...setup, limits: { deadlineMs: 1_000 } },
    );
    await turns.accept(post('Hi', one));
    await all.clock.advance(20_000);
    expect(all.platform.texts).toEqual(['start', '+a', 'end']);
  });

  it('lets through what its producer says meanwhile, as steps of their own', async () => {
    const { all, setup } = setUp();
    const chatty = async (_message: unknown, reply: Reply): Promise<void> => {
      await reply.stream(
        (async function* () {
          yield 'a';
          await reply.text('between');
          yield 'b';
        })(),
      );
      await reply.text('last');
    };
    await dieAt({ all, setup }, 'last', chatty);
    all.start(chatty, setup);
    await all.clock.advance(1_000);
    expect(all.platform.texts).toEqual(['start', '+a', 'between', '+b', 'end', 'last']);
  });
});
