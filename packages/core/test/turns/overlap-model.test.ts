import {
  isJsonObject,
  StoreError,
  TurnAbortedError,
  type TurnReport,
  type UserMessageOptions,
} from '@trunkline/core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post, say } from '../support/engine.ts';
import { TextOutput } from '../support/outputs.ts';
import { Processes, type EngineProcess } from '../support/processes.ts';
import { numbersFrom } from '../support/turn-model.ts';

expectNoUnhandledRejections();

/*
 * Every message is accounted for, whatever overlaps: handled, joined into one that was, superseded, or
 * refused to its sender. Two processes share a store that is slow, fails, and loses their locks.
 */

/** `TURN_MODEL_RUNS=20000 npx vitest run --project core overlap-model` for more of them. */
const numRuns = Math.ceil(Number(process.env['TURN_MODEL_RUNS'] ?? 3_000) / 6);

type Mode = 'queue' | 'latest' | 'debounce' | 'parallel';

interface Message {
  kind: 'deferred' | 'live';
  process: number;
  sender: string;
  tookMs: number;
  picks: boolean;
}

type Step =
  | Message
  | { kind: 'repeat'; process: number; which: number }
  | { kind: 'pause'; ms: number }
  | { kind: 'kill'; process: number }
  | { kind: 'loseLocks'; process: number };

const index = fc.nat({ max: 1 });
const message = (kind: 'deferred' | 'live'): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.constant(kind),
    process: index,
    sender: fc.constantFrom('a', 'b'),
    tookMs: fc.nat({ max: 30 }),
    picks: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: message('deferred') },
  { weight: 2, arbitrary: message('live') },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('repeat' as const), process: index, which: fc.nat() }),
  },
  {
    weight: 7,
    arbitrary: fc.record({ kind: fc.constant('pause' as const), ms: fc.nat({ max: 40 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), process: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('loseLocks' as const), process: index }) },
);
const plans = fc.record({
  seed: fc.integer(),
  processes: fc.integer({ min: 1, max: 2 }),
  maxQueued: fc.constantFrom(2, 50),
  storeErrors: fc.constantFrom(0, 0.05),
  steps: fc.array(step, { minLength: 1, maxLength: 30 }),
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

interface Sent {
  id: string;
  sender: string;
  picks: boolean;
  tookMs: number;
  isLive: boolean;
  /** What became of handing it over. */
  fate: 'open' | 'taken' | 'refused' | 'superseded';
}

class Run {
  readonly #mode: Mode;
  readonly #plan: Plan;
  readonly #all = new Processes();
  readonly #random: () => number;
  readonly #sent = new Map<string, Sent>();
  readonly #processes: EngineProcess[] = [];
  readonly #reports: TurnReport[] = [];
  /** What runs of the assistant have come to their end, by the ids of their messages. */
  readonly #answered: string[][] = [];
  #isCalm = false;
  #losses = 0;

  constructor(mode: Mode, plan: Plan) {
    this.#mode = mode;
    this.#plan = plan;
    this.#random = numbersFrom(plan.seed);
  }

  async play(): Promise<void> {
    for (let i = 0; i < this.#plan.processes; i++) this.#processes.push(this.#start());
    for (const one of this.#plan.steps) await this.#take(one);
    this.#isCalm = true;
    for (let round = 0; round < 100; round++) {
      for (const sent of this.#sent.values()) if (sent.fate === 'open') void this.#accept(sent, 0);
      await this.#all.clock.advance(50);
    }
    await this.#check();
    for (const { store } of this.#processes) store.kill();
  }

  async #take(one: Step): Promise<void> {
    switch (one.kind) {
      case 'deferred':
      case 'live':
        return this.#hand(one);
      case 'repeat': {
        const known = [...this.#sent.values()].filter(({ isLive }) => !isLive);
        const again = known[one.which % known.length];
        if (again !== undefined && again.fate !== 'refused') void this.#accept(again, one.process);
        return;
      }
      case 'pause':
        return await this.#all.clock.advance(one.ms);
      case 'loseLocks':
        this.#losses++;
        return this.#at(one.process).store.loseLocks();
      case 'kill':
        this.#losses++;
        this.#at(one.process).kill();
        this.#processes[one.process % this.#processes.length] = this.#start();
    }
  }

  #hand({ kind, process, sender, tookMs, picks }: Message): void {
    const id = `${sender}${this.#sent.size}`;
    const isLive = kind === 'live';
    const sent: Sent = { id, sender, tookMs, picks, isLive, fate: 'open' };
    this.#sent.set(id, sent);
    if (isLive) void this.#hear(sent, process);
    else void this.#accept(sent, process, true);
  }

  async #accept(sent: Sent, at: number, isFirst = false): Promise<void> {
    try {
      const taken = await this.#at(at).turns.accept(post(sent.id, optionsOf(sent)));
      if (taken !== 'refused') sent.fate = 'taken';
      else if (sent.fate === 'open' && isFirst) sent.fate = 'refused';
    } catch {
      // It comes again.
    }
  }

  async #hear(sent: Sent, at: number): Promise<void> {
    const live = say(sent.id, { ...optionsOf(sent), outputChannel: new TextOutput() });
    sent.fate = 'refused';
    try {
      await this.#at(at).turns.run(live);
      sent.fate = 'taken';
    } catch (error) {
      const isOver = error instanceof TurnAbortedError && error.reason === 'superseded';
      if (isOver) sent.fate = 'superseded';
    }
  }

  async #check(): Promise<void> {
    const problems: string[] = [];
    const handled: string[] = [];
    for (const who of ['a', 'b']) {
      const { turns, values } = this.#all.shared.memory;
      const left = await turns.waiting(`test::${who}`, 99);
      if (left.length > 0) problems.push(`${left.map(({ id }) => id).join()} were left`);
      const state = (await values.get('state', `test::${who}`))?.value;
      const ids = isJsonObject(state) ? state['ids'] : [];
      handled.push(...(Array.isArray(ids) ? ids.map(String) : []));
    }
    // Side by side, the state is whoever's comes first: what has run is looked at instead.
    if (this.#mode === 'parallel') handled.splice(0, handled.length, ...this.#answered.flat());
    const isOnce = this.#mode !== 'parallel' || this.#losses === 0;
    if (isOnce && new Set(handled).size < handled.length) problems.push(`twice: ${handled.join()}`);
    const superseded = this.#reports
      .filter(({ outcome }) => outcome === 'superseded')
      .map(({ messageId }) => messageId);
    let unaccounted = 0;
    for (const { id, fate, isLive } of this.#sent.values()) {
      const isHandled = handled.includes(id);
      const isSuperseded = superseded.includes(id);
      // A live turn may be ended while what it leaves is being stored; a deferred one when it was
      // stored, and only the answer was lost.
      const isSure = !isLive && this.#plan.storeErrors === 0;
      if (isSure && isHandled && isSuperseded) problems.push(`${id} was handled, and superseded`);
      if (fate === 'refused' && !isLive && isHandled)
        problems.push(`${id} was refused, and handled`);
      if (fate === 'open') problems.push(`${id} was never taken`);
      if (isSuperseded && this.#mode !== 'latest') problems.push(`${id} was superseded`);
      if (fate !== 'taken' || isHandled || isSuperseded) continue;
      if (this.#mode === 'latest') unaccounted++;
      else problems.push(`${id} was taken, and is gone`);
    }
    // The report of a turn that was superseded is lost where its process dies just then.
    if (unaccounted > 2 * this.#losses) problems.push(`${unaccounted} are gone`);
    this.#checkJoined(problems);
    this.#checkNewest(problems, handled);
    if (problems.length > 0) throw new Error(`${this.#mode}: ${problems.join('\n')}`);
  }

  /** Something is handled of every sender, unless a live message came last. */
  #checkNewest(problems: string[], handled: readonly string[]): void {
    for (const who of ['a', 'b']) {
      const ours = [...this.#sent.values()].filter(({ sender }) => sender === who);
      if (ours.some(({ isLive }) => isLive) || this.#mode === 'parallel') continue;
      const taken = ours.filter(({ fate }) => fate === 'taken');
      if (taken.length > 0 && !taken.some(({ id }) => handled.includes(id))) {
        problems.push(`nothing of ${who} was handled`);
      }
    }
  }

  /** A choice is a message of its own, and what is joined is what came one after the other. */
  #checkJoined(problems: string[]): void {
    for (const ids of this.#answered) {
      if (ids.length === 1) continue;
      const all = ids.map((id) => this.#sent.get(id));
      if (this.#mode !== 'debounce') problems.push(`${ids.join()} were joined`);
      if (all.some((sent) => sent?.picks)) problems.push(`a choice was joined: ${ids.join()}`);
      if (new Set(all.map((sent) => sent?.isLive)).size > 1) problems.push(`live: ${ids.join()}`);
    }
  }

  #start(): EngineProcess {
    const weather = async (call: string): Promise<void> => {
      if (this.#isCalm) return;
      const ms = Math.floor(this.#random() * 10) - 5;
      if (ms > 0) await this.#all.clock.sleep(ms);
      // A ticket that fails is taken anew, behind others: the model of the turns has that.
      if (call === 'news' || call === 'lock') return;
      if (this.#random() < this.#plan.storeErrors) throw new StoreError('the store is away');
    };
    const started = this.#all.start(
      async (said, reply) => {
        const ids = said.originals.length === 0 ? [said.messageId] : said.originals.map(idOf);
        const { tookMs = 0 } = this.#sent.get(said.messageId) ?? {};
        if (tookMs > 0) await this.#all.clock.sleep(tookMs);
        if (started.store.isDead) await new Promise<never>(() => {});
        reply.signal.throwIfAborted();
        const before = Array.isArray(reply.state['ids']) ? reply.state['ids'] : [];
        reply.state = { ids: [...before, ...ids] };
        this.#answered.push(ids);
      },
      {
        weather: { before: weather, after: weather },
        overlap: { mode: this.#mode, debounceMs: 15 },
        limits: { maxQueued: this.#plan.maxQueued, deadlineMs: 1_000_000, maxWaitMs: 1_000_000 },
        delivery: { firstDelayMs: 5, maxDelayMs: 20, attempts: 10_000 },
        hooks: { onTurn: (report) => void this.#reports.push(report) },
      },
    );
    return started;
  }

  #at(at: number): EngineProcess {
    const found = this.#processes[at % this.#processes.length];
    if (found === undefined) throw new Error('there is no process');
    return found;
  }
}

function optionsOf({ id, sender, picks }: Sent): UserMessageOptions {
  const options = { messageId: id, senderId: sender };
  return picks ? { ...options, choice: { title: id, payload: id } } : options;
}

const idOf = ({ messageId }: { messageId: string }): string => messageId;

describe.each(['queue', 'latest', 'debounce', 'parallel'] as const)('overlapping, %s', (mode) => {
  it('every message is accounted for', { timeout: 1_000_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(plans, (plan) => new Run(mode, plan).play()),
      { numRuns },
    );
  });
});
