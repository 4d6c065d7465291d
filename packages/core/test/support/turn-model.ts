import {
  isJsonObject,
  RetryableError,
  UserMessage,
  type Clock,
  type JsonValue,
  type Reply,
  type Store,
  type Turns,
  type MaybePromise,
} from '@trunkline/core';
import fc from 'fast-check';
import { guardLogger, silentLogger } from '../../src/logger.ts';
import { createTelemetry } from '../../src/telemetry.ts';
import { TurnEngine } from '../../src/turns/turn-engine.ts';
import { TextOutput } from './outputs.ts';
import { away, Platform, PlatformOutput, unanswered } from './platform.ts';
import type { Weather } from './shared-memory.ts';

/** A process's store in the model. */
interface ModelStore {
  store: Store;
  /** Ends the process without a word, as `kill -9` does. */
  kill(): void | Promise<void>;
  /** Takes its locks away while it goes on; absent where a store does not do that. */
  loseLocks?(): void;
}

/** Where the model takes place. */
interface ModelWorld {
  clock: Clock;
  /** Lets time pass: milliseconds of `clock`. */
  advance(ms: number): Promise<void>;
  /** How many processes share the store at the same time. */
  maxProcesses: number;
  /** Whether the store survives its processes: without, none of them ends. */
  survives: boolean;
  /** Opens the store for one more process. Weather is for those that can have it. */
  open(weather: Weather): Promise<ModelStore>;
  close(): Promise<void>;
}

/** Makes a store that is empty. */
export type CreateStore = () => Promise<ModelWorld>;

/** What a message makes the assistant do. */
interface Script {
  says: number;
  tookMs: number;
  /** So many runs end with a `RetryableError`. */
  fails: number;
}

type Step =
  | ({ kind: 'deferred' | 'live'; process: number; sender: string } & Script)
  | { kind: 'repeat'; process: number; which: number }
  | { kind: 'pause'; ms: number }
  | { kind: 'kill' | 'loseLocks'; process: number }
  | { kind: 'shutdown'; process: number; graceMs: number };

/** A run of the model. */
export interface Plan {
  seed: number;
  processes: number;
  canBeAsked: boolean;
  whenUnknown: 'resend' | 'assume-sent';
  /** How often a call of the store fails. */
  storeErrors: number;
  /** Whether locks fail as well: a ticket is then taken anew, and a live message may overtake it. */
  lockErrors: boolean;
  /** How often a request to the platform goes wrong. */
  platformErrors: number;
  steps: readonly Step[];
}

const which = fc.nat({ max: 1 });
const sender = fc.constantFrom('a', 'b', 'c');
const script = {
  says: fc.nat({ max: 3 }),
  tookMs: fc.nat({ max: 12 }),
  fails: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat({ max: 2 })),
};
const message = (kind: 'deferred' | 'live'): fc.Arbitrary<Step> =>
  fc.record({ kind: fc.constant(kind), process: which, sender, ...script });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: message('deferred') },
  { weight: 3, arbitrary: message('live') },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('repeat' as const), process: which, which: fc.nat() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('pause' as const), ms: fc.nat({ max: 40 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill' as const), process: which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('loseLocks' as const), process: which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('shutdown' as const),
      process: which,
      graceMs: fc.nat({ max: 30 }),
    }),
  },
);

/** Any run of the model. */
export const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer(),
  processes: fc.integer({ min: 1, max: 2 }),
  canBeAsked: fc.boolean(),
  whenUnknown: fc.constantFrom('resend' as const, 'assume-sent' as const),
  storeErrors: fc.constantFrom(0, 0.03, 0.2),
  lockErrors: fc.boolean(),
  platformErrors: fc.constantFrom(0, 0.1, 0.4),
  steps: fc.array(step, { minLength: 1, maxLength: 30 }),
});

const ENDS: ReadonlySet<Step['kind']> = new Set(['kill', 'loseLocks', 'shutdown']);

/** How many turns a process runs at a time, each of them in one request at most. */
const MAX_RUNNING = 2;

/** A message on its way through the model. */
interface Sent {
  id: string;
  kind: 'deferred' | 'live';
  sender: string;
  script: Script;
  /** The moments of the model, counted, at which it was first handed over and at which it was taken. */
  handedAt: number;
  takenAt: number;
  /** The processes that it was handed to, as far as it was not taken at once. */
  process: ModelProcess;
  isTakenAtOnce: boolean;
}

interface ModelProcess {
  engine: TurnEngine;
  turns: Turns;
  store: ModelStore;
  isDead: boolean;
  /** How often its tickets were lost: by its death, its shutdown, or with its locks. */
  losses: number;
}

/** Numbers from a seed: the same in every repetition. */
export function numbersFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Runs the model once. What it promises is the issue's: every message that was accepted has its turn
 * and no second one, in the order of arrival, and its responses are delivered as the journal says.
 *
 * @param makeError - How a store fails that cannot be reached.
 * @throws An error that says which promise was broken.
 */
export async function runTurnModel(
  plan: Plan,
  createStore: CreateStore,
  makeError: () => Error,
): Promise<void> {
  const run = new ModelRun(plan, await createStore(), makeError);
  try {
    await run.play();
  } finally {
    await run.end();
  }
}

class ModelRun {
  readonly #plan: Plan;
  readonly #world: ModelWorld;
  readonly #makeError: () => Error;
  readonly #random: () => number;
  readonly #platform = new Platform();
  readonly #processes: ModelProcess[] = [];
  readonly #sent = new Map<string, Sent>();
  /** Who runs a turn of a sender. */
  readonly #running = new Map<string, ModelProcess>();
  readonly #seen = new Map<string, string[]>();
  readonly #problems: string[] = [];
  #isCalm = false;
  #moment = 0;
  /** The requests whose end nobody can know. */
  #unknown = 0;
  #lossesWithLocks = 0;
  #losses = 0;

  constructor(plan: Plan, world: ModelWorld, makeError: () => Error) {
    this.#plan = plan;
    this.#world = world;
    this.#makeError = makeError;
    this.#random = numbersFrom(plan.seed);
    this.#platform.onRequest = async () => {
      await this.#delay(8);
      if (this.#happens(this.#plan.platformErrors)) {
        if (this.#random() < 0.6) throw away();
        this.#unknown++;
        throw unanswered();
      }
    };
    this.#platform.onArrived = async () => {
      await this.#delay(8);
      if (this.#happens(this.#plan.platformErrors / 2)) {
        this.#unknown++;
        throw unanswered();
      }
    };
    this.#platform.onAsked = async () => {
      await this.#delay(8);
      if (this.#happens(this.#plan.platformErrors)) throw away();
    };
  }

  async play(): Promise<void> {
    const { plan, world } = { plan: this.#plan, world: this.#world };
    for (let i = 0; i < Math.min(plan.processes, world.maxProcesses); i++) {
      this.#processes.push(await this.#start());
    }
    const steps = plan.steps.filter(({ kind }) => world.survives || !ENDS.has(kind));
    for (const one of steps) await this.#take(one);
    this.#isCalm = true;
    await this.#settle();
    this.#check();
    if (this.#problems.length > 0) throw new Error(this.#problems.join('\n'));
  }

  async end(): Promise<void> {
    for (const one of this.#processes) await this.#kill(one);
    await this.#world.close();
  }

  async #take(one: Step): Promise<void> {
    switch (one.kind) {
      case 'deferred':
      case 'live':
        return this.#hand(one.kind, one.sender, one, this.#at(one.process));
      case 'repeat': {
        const known = [...this.#sent.values()].filter(({ kind }) => kind === 'deferred');
        const again = known[one.which % known.length];
        if (again !== undefined) void this.#accept(again, this.#at(one.process));
        return;
      }
      case 'pause':
        return await this.#world.advance(one.ms);
      case 'kill':
        await this.#kill(this.#at(one.process));
        return await this.#replace(one.process);
      case 'loseLocks':
        return this.#loseLocks(this.#at(one.process));
      case 'shutdown':
        return await this.#shutDown(one.process, one.graceMs);
    }
  }

  #hand(kind: Sent['kind'], who: string, { says, tookMs, fails }: Script, by: ModelProcess): void {
    const about = { id: `${who}${this.#sent.size}`, kind, sender: who, process: by };
    const sent: Sent = {
      ...about,
      // Nobody runs a live turn again.
      script: { says, tookMs, fails: kind === 'live' ? 0 : fails },
      handedAt: ++this.#moment,
      takenAt: Number.POSITIVE_INFINITY,
      isTakenAtOnce: false,
    };
    this.#sent.set(sent.id, sent);
    if (kind === 'deferred') return void this.#accept(sent, by, true);
    const outputChannel = new TextOutput();
    const live = new UserMessage({ text: sent.id, senderId: who, outputChannel });
    void this.#hearOut(sent, by.turns.run(live), outputChannel);
  }

  async #hearOut(sent: Sent, turn: Promise<void>, { texts }: TextOutput): Promise<void> {
    try {
      await turn;
    } catch {
      // Its sender knows.
      return;
    }
    sent.takenAt = ++this.#moment;
    if (texts.join() === responsesOf(sent).join()) return;
    this.#problems.push(`live ${sent.id} said ${texts.join()}`);
  }

  /** What a platform does: it delivers the message, again and again until it was taken. */
  async #accept(sent: Sent, by: ModelProcess, isFirst = false): Promise<void> {
    const address = { to: sent.sender };
    const about = { text: sent.id, senderId: sent.sender, messageId: sent.id, address };
    try {
      const taken = await by.turns.accept(new UserMessage(about));
      if (taken === 'refused' || sent.takenAt < Number.POSITIVE_INFINITY) return;
      sent.takenAt = ++this.#moment;
      sent.isTakenAtOnce = isFirst && taken === 'accepted';
    } catch {
      // It comes again.
    }
  }

  /** Until everything was taken, and everything taken was answered. */
  async #settle(): Promise<void> {
    for (let round = 0; round < 400; round++) {
      const open = [...this.#sent.values()].filter(
        ({ kind, takenAt }) => kind === 'deferred' && takenAt === Number.POSITIVE_INFINITY,
      );
      for (const sent of open) void this.#accept(sent, this.#at(0));
      await this.#world.advance(25);
      if (open.length === 0 && round % 10 === 9 && (await this.#isDone())) return;
    }
    this.#problems.push('the turns did not come to an end');
  }

  async #isDone(): Promise<boolean> {
    const { store } = this.#at(0).store;
    for (const who of ['a', 'b', 'c']) {
      const waiting = await this.#within(store.turns.waiting(`test::${who}`, 1));
      if (waiting.length > 0) return false;
      const state = await this.#within(store.values.get('state', `test::${who}`));
      this.#seen.set(who, idsOf(state?.value));
    }
    return this.#running.size === 0;
  }

  #check(): void {
    for (const [who, ids] of this.#seen) {
      if (new Set(ids).size < ids.length) this.#problems.push(`${who}: twice, of ${ids.join()}`);
      this.#checkOrder(ids);
    }
    const answered = new Set([...this.#seen.values()].flat());
    for (const { id, kind, takenAt } of this.#sent.values()) {
      if (takenAt < Number.POSITIVE_INFINITY && !answered.has(id)) {
        this.#problems.push(`${kind} ${id} was taken and has no turn`);
      }
    }
    this.#checkDeliveries();
  }

  #checkOrder(ids: readonly string[]): void {
    const turns = ids.flatMap((id) => this.#sent.get(id) ?? []);
    for (const [index, late] of turns.entries()) {
      for (const early of turns.slice(0, index)) {
        if (this.#isBefore(late, early)) {
          this.#problems.push(`${late.id} came before ${early.id}, of ${ids.join()}`);
        }
      }
    }
  }

  /** Whether the one arrived before the other, as far as anybody can tell. */
  #isBefore(one: Sent, other: Sent): boolean {
    const isSameProcess = one.process === other.process && this.#isSteady(one.process);
    const isLive = one.kind === 'live' || other.kind === 'live';
    // A live message meets no queue: it comes after what has a ticket. Tickets can be lost; and with
    // two processes the first in the queue need not be the first in the line. What was left is looked
    // up while messages come in, and its ticket may take them along.
    if (isLive) {
      const isAlone = this.#processes.length === 1 && this.#losses === 0;
      const isTicketSure = isSameProcess && isAlone && !this.#plan.lockErrors;
      return isTicketSure && one.handedAt < other.handedAt && isSure(one) && isSure(other);
    }
    const isCalledBefore = isSameProcess && isSure(one) && isSure(other);
    return one.takenAt < other.handedAt || (isCalledBefore && one.handedAt < other.handedAt);
  }

  #isSteady({ losses }: ModelProcess): boolean {
    return losses === 0;
  }

  #checkDeliveries(): void {
    const counts = new Map<string, number>();
    for (const text of this.#platform.texts) counts.set(text, (counts.get(text) ?? 0) + 1);
    let repeated = 0;
    let missing = 0;
    for (const sent of this.#sent.values()) {
      if (sent.kind === 'live') continue;
      for (const text of responsesOf(sent)) {
        const count = counts.get(text) ?? 0;
        repeated += Math.max(0, count - 1);
        missing += count === 0 ? 1 : 0;
      }
      const own = this.#platform.texts.filter((text) => text.startsWith(`${sent.id}.`));
      const first = [...new Set(own)];
      if (this.#lossesWithLocks === 0 && first.join() !== first.toSorted().join()) {
        this.#problems.push(`${sent.id} was said as ${own.join()}`);
      }
    }
    const { canBeAsked, whenUnknown } = this.#plan;
    // A process that has lost its locks may be in the middle of a request which the next one makes.
    const maxUnknown = this.#lossesWithLocks + (canBeAsked ? 0 : this.#unknown);
    const mayRepeat = canBeAsked || whenUnknown === 'resend' ? maxUnknown : this.#lossesWithLocks;
    const mayMiss = !canBeAsked && whenUnknown === 'assume-sent' ? maxUnknown : 0;
    if (repeated > mayRepeat) this.#problems.push(`${repeated} repeated, ${mayRepeat} may be`);
    if (missing > mayMiss) this.#problems.push(`${missing} missing, ${mayMiss} may be`);
  }

  async #start(): Promise<ModelProcess> {
    const { clock } = this.#world;
    const store = await this.#world.open({
      before: (call) => this.#weather(call),
      after: (call) => this.#weather(call),
    });
    const { canBeAsked, whenUnknown } = this.#plan;
    const isDead = (): boolean => process.isDead;
    const engine = new TurnEngine({
      clock,
      store: store.store,
      telemetry: createTelemetry(guardLogger(silentLogger), {}),
      middleware: [],
      transforms: [],
      delivery: { attempts: 10_000, retryMs: 20, firstDelayMs: 5, maxDelayMs: 20, whenUnknown },
      limits: { deadlineMs: 1_000_000, maxWaitMs: 1_000_000, maxRunning: MAX_RUNNING },
      outputFor: () => new PlatformOutput(this.#platform, canBeAsked, isDead),
      canContact: () => true,
      assistant: () => ({ handle: (said, reply) => this.#answer(process, said, reply) }),
    });
    const process: ModelProcess = {
      engine,
      turns: engine.for('test'),
      store,
      isDead: false,
      losses: 0,
    };
    engine.start();
    return process;
  }

  async #answer(
    by: ModelProcess,
    { text, senderId, attempt, outputChannel }: UserMessage,
    reply: Reply,
  ): Promise<void> {
    const sent = this.#sent.get(text ?? '');
    if (sent === undefined) throw new Error(`nobody said ${text}`);
    // Its last answer from the store may have come just before its end.
    if (by.isDead) await new Promise<never>(() => {});
    const other = this.#running.get(senderId);
    if (other !== undefined && this.#lossesWithLocks === 0) {
      this.#problems.push(`${sent.id} runs beside another turn`);
    }
    this.#running.set(senderId, by);
    const { tookMs, fails } = sent.script;
    try {
      for (const response of responsesOf(sent)) {
        await this.#delay(tookMs);
        if (by.isDead) await new Promise<never>(() => {});
        await reply.text(response);
      }
      await this.#delay(tookMs);
      if (by.isDead) await new Promise<never>(() => {});
      if (attempt <= fails && outputChannel === null) {
        throw new RetryableError('later', { retryAfterMs: 3 });
      }
      reply.state = { ids: [...idsOf(reply.state), sent.id] };
    } finally {
      if (this.#running.get(senderId) === by) this.#running.delete(senderId);
    }
  }

  async #weather(call: string): Promise<void> {
    if (this.#isCalm) return;
    await this.#delay(4);
    if (call === 'news' || (call === 'lock' && !this.#plan.lockErrors)) return;
    if (this.#happens(this.#plan.storeErrors)) throw this.#makeError();
  }

  /** Some calls take no time at all, so that what happens in between is in between. */
  async #delay(maxMs: number): Promise<void> {
    const ms = Math.floor(this.#random() * 2 * (maxMs + 1)) - maxMs;
    if (ms > 0) await new Promise<void>((resolve) => this.#world.clock.after(ms, resolve));
  }

  #happens(probability: number): boolean {
    return !this.#isCalm && this.#random() < probability;
  }

  #at(index: number): ModelProcess {
    const found = this.#processes[index % this.#processes.length];
    if (found === undefined) throw new Error('there is no process');
    return found;
  }

  async #kill(one: ModelProcess): Promise<void> {
    if (one.isDead) return;
    one.isDead = true;
    this.#lose(one);
    await one.store.kill();
  }

  async #replace(index: number): Promise<void> {
    this.#processes[index % this.#processes.length] = await this.#start();
  }

  #loseLocks(one: ModelProcess): void {
    if (one.store.loseLocks === undefined) return;
    this.#lose(one);
    this.#lossesWithLocks += MAX_RUNNING;
    one.store.loseLocks();
  }

  async #shutDown(index: number, graceMs: number): Promise<void> {
    const one = this.#at(index);
    let isClosed = false;
    void one.engine.close(graceMs).then(() => (isClosed = true));
    while (!isClosed) await this.#world.advance(5);
    await this.#kill(one);
    await this.#replace(index);
  }

  /** Its turns go on elsewhere from now on. */
  #lose(one: ModelProcess): void {
    one.losses++;
    this.#losses++;
    this.#unknown += MAX_RUNNING;
    for (const [who, by] of this.#running) if (by === one) this.#running.delete(who);
  }

  async #within<T>(work: MaybePromise<T>): Promise<T> {
    let result: { value: T } | null = null;
    void Promise.resolve(work).then((value) => (result = { value }));
    for (let i = 0; i < 100; i++) {
      await this.#world.advance(1);
      if (result !== null) return (result as { value: T }).value;
    }
    throw new Error('the store does not answer');
  }
}

function responsesOf({ id, script: { says } }: Sent): string[] {
  return Array.from({ length: says }, (_, index) => `${id}.${index}`);
}

/** The turns that a conversation's state has seen. */
function idsOf(state: JsonValue | undefined): string[] {
  const ids = isJsonObject(state) ? state['ids'] : [];
  return Array.isArray(ids) ? ids.map(String) : [];
}

function isSure({ kind, isTakenAtOnce }: Sent): boolean {
  return kind === 'live' || isTakenAtOnce;
}
