import { RetryableError, StoreError, type Reply } from '@trunkline/core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post } from '../support/engine.ts';
import { away, unanswered } from '../support/platform.ts';
import { Processes, type EngineProcess } from '../support/processes.ts';
import { StreamOutput } from '../support/stream-output.ts';
import { numbersFrom } from '../support/turn-model.ts';

expectNoUnhandledRejections();

/*
 * Streams, texts and apologies of turns whose processes die and are shut down, whose platform goes away and
 * whose store fails: nothing stays open on the platform, nothing is left out, and what is asked for is said once.
 */

/** `TURN_MODEL_RUNS=20000 npx vitest run --project core stream-model` for more of them. */
const numRuns = Math.ceil(Number(process.env['TURN_MODEL_RUNS'] ?? 3_000) / 6);

/** What an assistant does, one after the other. */
type Act =
  | { kind: 'text' }
  | { kind: 'stream'; pieces: number; tookMs: number; breaks: boolean }
  | { kind: 'pause'; ms: number };

interface Script {
  acts: Act[];
  /** How it ends. */
  ends: 'well' | 'fails' | 'later';
}

type Step =
  | { kind: 'message'; scripts: Script[] }
  | { kind: 'pause'; ms: number }
  | { kind: 'kill' }
  | { kind: 'cancel' }
  | { kind: 'replay' }
  | { kind: 'shutdown'; graceMs: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const) }),
  fc.record({
    kind: fc.constant('stream' as const),
    pieces: fc.nat({ max: 3 }),
    tookMs: fc.nat({ max: 20 }),
    breaks: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  }),
  fc.record({ kind: fc.constant('pause' as const), ms: fc.nat({ max: 20 }) }),
);
const script: fc.Arbitrary<Script> = fc.record({
  acts: fc.array(act, { maxLength: 4 }),
  ends: fc.oneof(
    { weight: 4, arbitrary: fc.constant('well' as const) },
    fc.constantFrom('fails' as const, 'later' as const),
  ),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('message' as const),
      scripts: fc.array(script, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('pause' as const), ms: fc.nat({ max: 60 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill' as const) }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'cancel' }, { kind: 'replay' }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('shutdown' as const), graceMs: fc.nat({ max: 30 }) }),
  },
);
const plans = fc.record({
  seed: fc.integer(),
  overlap: fc.constantFrom(
    'queue' as const,
    'queue' as const,
    'latest' as const,
    'debounce' as const,
    'parallel' as const,
  ),
  apologises: fc.boolean(),
  canBeAsked: fc.boolean(),
  whenUnknown: fc.constantFrom('resend' as const, 'assume-sent' as const),
  platformErrors: fc.constantFrom(0, 0, 0.1),
  storeErrors: fc.constantFrom(0, 0, 0.05),
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

/** Which stream is closed does not matter here. */
class ModelOutput extends StreamOutput {
  override async sendResponseChunkInterrupted(to: string): Promise<void> {
    await this.post(to, 'cut');
  }
}

class Run {
  readonly #plan: Plan;
  readonly #all = new Processes();
  readonly #random: () => number;
  readonly #scripts = new Map<string, Script[]>();
  /** How the last run of each turn has ended. */
  readonly #ends = new Map<string, Script['ends']>();
  #process: EngineProcess;
  #isCalm = false;
  /** How many processes have died or were shut down. */
  #ended = 0;
  #cancels = 0;
  readonly #outcomes = new Map<string, string[]>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = numbersFrom(plan.seed);
    const { platform } = this.#all;
    platform.onRequest = async () => {
      await this.#delay(6);
      if (!this.#happens(plan.platformErrors)) return;
      throw this.#random() < 0.5 ? away() : unanswered();
    };
    platform.onArrived = async () => {
      await this.#delay(6);
      if (this.#happens(plan.platformErrors / 2)) throw unanswered();
    };
    this.#process = this.#start();
  }

  async play(): Promise<void> {
    for (const one of this.#plan.steps) await this.#take(one);
    this.#isCalm = true;
    for (let round = 0; round < 60; round++) await this.#all.clock.advance(100);
    await this.#check();
    this.#process.kill();
  }

  async #take(one: Step): Promise<void> {
    const { clock } = this.#all;
    switch (one.kind) {
      case 'message': {
        const id = `m${this.#scripts.size}`;
        this.#scripts.set(id, one.scripts);
        return void this.#accept(id);
      }
      case 'pause':
        return await clock.advance(one.ms);
      case 'kill':
        this.#ended++;
        this.#process.kill();
        this.#process = this.#start();
        return;
      case 'cancel':
        this.#cancels++;
        void this.#process.turns.cancel({ senderId: 'ada' });
        return;
      case 'replay':
        return void this.#replay().catch(() => {});
      case 'shutdown': {
        let isClosed = false;
        void this.#process.engine.close(one.graceMs).then(() => (isClosed = true));
        for (let i = 0; i < 1_000 && !isClosed; i++) await clock.advance(5);
        this.#process.kill();
        this.#ended++;
        this.#process = this.#start();
      }
    }
  }

  async #accept(id: string): Promise<void> {
    for (;;) {
      const { turns, store } = this.#process;
      const taken = turns.accept(post(id, { messageId: id })).then(
        (acceptance) => acceptance !== 'refused',
        () => false,
      );
      const died = (async () => {
        while (!store.isDead) await this.#all.clock.sleep(10);
        return false;
      })();
      if (await Promise.race([taken, died])) return;
      await this.#all.clock.sleep(5);
    }
  }

  async #replay(): Promise<void> {
    const { engine } = this.#process;
    for (const { id } of await engine.deadLetters.list()) await engine.replay(id);
  }

  #start(): EngineProcess {
    const weather = async (call: string): Promise<void> => {
      if (this.#isCalm) return;
      await this.#delay(4);
      if (call === 'news' || call === 'lock') return;
      if (this.#random() < this.#plan.storeErrors) throw new StoreError('the store is away');
    };
    const { canBeAsked, whenUnknown } = this.#plan;
    const started: EngineProcess = this.#all.start(
      async ({ messageId, attempt }, reply) => {
        const scripts = this.#scripts.get(messageId) ?? [];
        const current = scripts[(attempt - 1) % scripts.length];
        if (current === undefined) throw new Error(`nobody said ${messageId}`);
        await this.#perform(started, messageId, current, reply);
        this.#ends.set(messageId, current.ends);
        if (current.ends === 'fails') throw new Error('oops');
        if (current.ends === 'later') throw new RetryableError('later', { retryAfterMs: 3 });
      },
      {
        weather: { before: weather, after: weather },
        makeOutput: (isDead) => new ModelOutput(this.#all.platform, canBeAsked, isDead),
        delivery: { attempts: 8, retryMs: 20, firstDelayMs: 5, maxDelayMs: 20, whenUnknown },
        ...(this.#plan.apologises ? { apology: ({ messageId }) => `${messageId}:sorry` } : {}),
        overlap: { mode: this.#plan.overlap, debounceMs: 10 },
        hooks: {
          onTurn: ({ messageId, outcome }) => {
            this.#outcomes.set(messageId, [...this.#outcomesOf(messageId), outcome]);
          },
        },
        limits: { deadlineMs: 1_000_000 },
      },
    );
    return started;
  }

  async #perform(by: EngineProcess, id: string, { acts }: Script, reply: Reply): Promise<void> {
    const { clock } = this.#all;
    const alive = async (): Promise<void> => {
      if (by.store.isDead) await new Promise<never>(() => {});
    };
    for (const [index, one] of acts.entries()) {
      await alive();
      if (one.kind === 'pause') await clock.sleep(one.ms);
      else if (one.kind === 'text') await reply.text(`${id}:${index}`);
      else {
        const pieces = async function* (): AsyncGenerator<string> {
          for (let i = 0; i < one.pieces; i++) {
            if (one.tookMs > 0) await clock.sleep(one.tookMs);
            await alive();
            yield `${id}.${index}.${i}`;
          }
          if (one.breaks) throw new Error('the model is away');
        };
        await reply.stream(pieces()).catch((error: unknown) => {
          if (!one.breaks) throw error;
        });
      }
    }
    await alive();
  }

  async #check(): Promise<void> {
    const problems = [
      ...(await this.#leftBehind()),
      ...this.#wrongEnds(),
      ...this.#wrongApologies(),
    ];
    if (this.#plan.overlap !== 'parallel') problems.push(...this.#openStreams());
    if (problems.length === 0) return;
    const outcomes = JSON.stringify([...this.#outcomes]);
    throw new Error([...problems, this.#all.platform.texts.join(' '), outcomes].join('\n'));
  }

  /** Replays what has died, and looks for what is neither finished nor a dead letter that was reported. */
  async #leftBehind(): Promise<string[]> {
    const { shared, clock } = this.#all;
    const { engine } = this.#process;
    await this.#replay();
    for (let i = 0; i < 30; i++) await clock.advance(100);
    const left = await shared.memory.turns.waiting('test::ada', 99);
    const problems = left.map(({ id }) => `${id} was left`);
    for (const { reason, message } of await engine.deadLetters.list()) {
      const id = String(message.messageId);
      if (this.#plan.apologises && !reason.includes('ended'))
        problems.push(`${id} died: ${reason}`);
      if (!this.#outcomesOf(id).includes('dead')) problems.push(`${id} died, and nobody was told`);
    }
    return problems;
  }

  #wrongEnds(): string[] {
    const { overlap, storeErrors } = this.#plan;
    const problems: string[] = [];
    for (const id of this.#scripts.keys()) {
      const outcomes = this.#outcomesOf(id);
      const ends = outcomes.filter((outcome) => outcome !== 'dead' && outcome !== 'joined');
      // What a process that died has reported is not known to the next one.
      const isSure = this.#ended === 0 && storeErrors === 0;
      const isWrong =
        (isSure && (outcomes.length === 0 || ends.length > 1)) ||
        (ends.includes('aborted') && this.#cancels === 0) ||
        (ends.includes('superseded') && overlap !== 'latest');
      if (isWrong) problems.push(`${id} ended as ${outcomes.join() || 'nothing'}`);
    }
    return problems;
  }

  #wrongApologies(): string[] {
    const { apologises, overlap, canBeAsked, whenUnknown } = this.#plan;
    if (!apologises || overlap === 'latest' || this.#cancels > 0) return [];
    const problems: string[] = [];
    for (const [id, end] of this.#ends) {
      const { length } = this.#all.platform.texts.filter((text) => text === `${id}:sorry`);
      if (length === 0 && end === 'fails' && (canBeAsked || whenUnknown === 'resend')) {
        problems.push(`no apology for ${id}`);
      }
      if (length > 1 && (canBeAsked || whenUnknown === 'assume-sent')) {
        problems.push(`${length} apologies for ${id}`);
      }
    }
    return problems;
  }

  /** Streams that something was said behind while they were open, and one that is open in the end. */
  #openStreams(): string[] {
    const { canBeAsked, platformErrors } = this.#plan;
    // A turn that ends without an answer tries it once; and a start whose answer was lost is made again.
    const isSteady = platformErrors === 0;
    const problems: string[] = [];
    let isOpen = false;
    for (const text of this.#all.platform.texts) {
      const isBehind =
        isOpen && (text.includes(':') || (text === 'start' && (canBeAsked || isSteady)));
      if (isBehind) problems.push(`${text} came behind an open stream`);
      isOpen = text === 'start' || (isOpen && text.startsWith('+'));
    }
    if (isOpen) problems.push('a stream was left open');
    const mayStay =
      !isSteady && (this.#cancels > 0 || !this.#plan.apologises || this.#plan.overlap === 'latest');
    return mayStay ? [] : problems;
  }

  #outcomesOf(id: string): readonly string[] {
    return this.#outcomes.get(id) ?? [];
  }

  async #delay(maxMs: number): Promise<void> {
    if (this.#isCalm) return;
    const ms = Math.floor(this.#random() * 2 * (maxMs + 1)) - maxMs;
    if (ms > 0) await this.#all.clock.sleep(ms);
  }

  #happens(probability: number): boolean {
    return !this.#isCalm && this.#random() < probability;
  }
}

describe('what turns say, whatever fails', () => {
  it('is whole in the end, and nothing stays open', { timeout: 1_000_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(plans, (plan) => new Run(plan).play()),
      { numRuns },
    );
  });
});
