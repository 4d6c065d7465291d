import { responseTexts } from '../channel/fallbacks.ts';
import { RetryableError, toError, TurnAbortedError } from '../errors.ts';
import { isPromise, whenThere, type MaybePromise } from '../maybe-promise.ts';
import { responseFor, type BotMessage } from '../message/bot-message.ts';
import type { TurnChanges } from '../store/contract.ts';
import type { TurnReport } from '../telemetry.ts';
import { TurnAbort } from './abort.ts';
import { beginRun, type Run } from './begin-run.ts';
import type { DeferredContext } from './deferred-context.ts';
import { Journal } from './journal.ts';
import { isLost } from './patience.ts';
import type { Place } from './place.ts';
import type { Progress } from './progress.ts';
import type { ReadTurn } from './read-turn.ts';
import { redeliver } from './redelivery.ts';
import type { Work } from './schedule.ts';
import type { Scene } from './speaker.ts';
import { Tries } from './tries.ts';
import { TurnRecord } from './turn-record.ts';

/** How a turn left the hands of this process: `left` is still in the store, for whoever comes next. */
export type TurnEnd = 'finished' | 'left';

/** One run of the assistant, and the steps of it. */
interface JournalledRun extends Run {
  journal: Journal;
}

/**
 * One deferred turn, from where the store has it to its end: *accepted → running → answered →
 * delivered*. docs/delivery.md says what each event does in each of these states.
 */
export class DeferredTurn {
  /** Where it stands. */
  readonly place: Place;

  readonly #context: DeferredContext;
  readonly #work: Work;
  readonly #record: TurnRecord;
  readonly #tries: Tries;
  /** The response that somebody has sent, if the turn is one. */
  readonly #sent: BotMessage | null;
  #unregister: () => void = () => {};
  #startedAt: number | null = null;

  /** @param turns - The turn, and later ones that become one with it. */
  constructor(
    context: DeferredContext,
    place: Place,
    work: Work,
    turns: readonly [ReadTurn, ...ReadTurn[]],
  ) {
    this.#context = context;
    this.place = place;
    this.#work = work;
    this.#record = new TurnRecord(context, place, turns);
    this.#tries = new Tries(this.#record.progress, context);
    const { progress } = turns[0].stored;
    // Kept here: it goes off the list when it is delivered.
    this.#sent =
      progress?.proactive === 'response' ? (progress.pending[0]?.response ?? null) : null;
  }

  /** The ids of the stored turns that this one is. */
  get ids(): string[] {
    return this.#record.ids;
  }

  /** Ends what it waits for: where the turn is ended, and where the process shuts down. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.#abort.signal, this.#work.abort.signal]);
  }

  /** Takes the turn as far as it comes. */
  async go(): Promise<TurnEnd> {
    try {
      this.#register();
      for (;;) {
        const { died } = this.#progress;
        if (died !== undefined) return await this.#bury(died);
        const end = await this.#try();
        if (end !== null) return end;
      }
    } catch (error) {
      return await this.#ended(error);
    } finally {
      this.#unregister();
      await this.place.settled();
    }
  }

  /** Ends it without a run: a newer message has taken its place. */
  async supersede(): Promise<void> {
    await this.#finish('superseded');
  }

  /**
   * One run of the assistant, or one try to deliver what it has said, when it is time. `null`: go on.
   *
   * A message that takes its process with it takes along whatever runs beside it. Those that were
   * there several times are tried one after the other, so that it is found out which of them it is.
   */
  #try(): Promise<TurnEnd | null> {
    const isOrdinary = this.#progress.retryAt === undefined && !this.#tries.isSuspect;
    return isOrdinary ? this.#once() : this.#tryAgain();
  }

  #once(): Promise<TurnEnd | null> {
    return this.#progress.answered ? this.#deliver() : this.#run();
  }

  async #tryAgain(): Promise<TurnEnd | null> {
    const { suspects } = this.#context;
    const { answered, deaths } = this.#progress;
    await this.#tries.due(this);
    if (this.#tries.isDeadly) {
      const during = answered ? 'the answer was delivered' : 'the assistant ran';
      return await this.#bury(`the process ended ${deaths} times while ${during}`);
    }
    if (!this.#tries.isSuspect) return await this.#once();
    await suspects.take(this);
    try {
      return await this.#once();
    } finally {
      suspects.release();
    }
  }

  async #run(): Promise<TurnEnd | null> {
    const { schedule, speaker, history } = this.#context;
    const { channel, key } = this.#turn.stored;
    const slot = this.#takeSlot();
    if (isPromise(slot)) await slot;
    let run: JournalledRun | null = null;
    try {
      this.#progress.runs++;
      this.#tries.begin();
      const begun = beginRun(this.#context, this.#record);
      run = { ...(isPromise(begun) ? await begun : begun), journal: this.#journal(0) };
      if (this.#abort.reason !== null) throw this.#abort.reason;
      if (run.again !== null) return await this.#showAgain(run.again, run.journal);
      const scene = {
        channel,
        key,
        turnId: this.#record.turnId,
        message: run.message,
        output: run.output,
        conversation: run.conversation,
        delivery: run.journal,
        abort: this.#abort,
        proactive: this.#progress.proactive,
        startsSession: this.#progress.startsSession === true,
        ask: ((what) => this.#record.ask(what)) satisfies Scene['ask'],
      };
      const state = await schedule.running.run(this.place, this.#abort, () =>
        speaker.answer(scene),
      );
      if (this.#abort.reason !== null) throw this.#abort.reason;
      return await this.#answered(run.journal, run.conversation.changes(state, history));
    } catch (error) {
      if (this.#isEnd(error)) throw error;
      return await this.#failed(error, run);
    }
  }

  /** Shows the open menu once more, in the place of an answer by the assistant. */
  #showAgain(response: BotMessage, journal: Journal): MaybePromise<TurnEnd | null> {
    this.#progress.pending = [{ response, trackerState: null, isMenuAgain: true }];
    this.#progress.pendingFrom = journal.next;
    return this.#answered(journal, {});
  }

  /** The assistant is done. */
  #answered(journal: Journal, changes: TurnChanges): MaybePromise<TurnEnd | null> {
    if (this.#progress.pending.length === 0) return this.#finish('answered', changes);
    this.#noteAnswer(journal);
    return whenThere(this.#record.answer(changes), () => null);
  }

  /** The assistant has failed: it is run again, or apologises, or the turn is given up. */
  async #failed(error: unknown, run: JournalledRun | null): Promise<TurnEnd | null> {
    const { telemetry, history, clock, apologyFor } = this.#context;
    const { channel } = this.#turn.stored;
    const progress = this.#progress;
    telemetry.error(error, { channel, stage: 'assistant' }, this.#abort);
    await this.place.settled();
    this.#register();
    this.#tries.end();
    if (error instanceof RetryableError && this.#tries.schedule(error.retryAfterMs)) {
      await this.#record.save();
      return null;
    }
    // Nobody has asked for what is missing.
    const isAsked = run !== null && progress.proactive === undefined;
    const apology = !isAsked ? null : apologyFor(run.message, toError(error));
    if (run === null || apology === null) return await this.#bury(toError(error).message);
    const { conversation, journal } = run;
    const text = responseTexts(responseFor(channel, apology)).join('\n');
    conversation.remember({ role: 'assistant', text, at: clock.now() });
    if (progress.pending.length === 0) progress.pendingFrom = journal.next;
    this.#noteAnswer(journal);
    progress.pending.push({ response: apology, trackerState: null });
    await this.#record.answer(conversation.changes(null, history));
    return null;
  }

  /** The assistant is not run again. What is pending waits, if the platform was away. */
  #noteAnswer({ parked }: Journal): void {
    const progress = this.#progress;
    progress.answered = true;
    this.#tries.end();
    progress.waits = 0;
    if (parked === null || this.#tries.schedule(parked.retryAfterMs)) return;
    progress.died = 'the platform was away, and is not tried again (delivery.attempts)';
  }

  /** One try to deliver what the user has not got. `null`: go on. */
  async #deliver(): Promise<TurnEnd | null> {
    const { schedule, policy, telemetry } = this.#context;
    const { channel } = this.#turn.stored;
    const progress = this.#progress;
    await this.#takeSlot();
    this.#tries.begin();
    await this.#record.save();
    const journal = this.#journal(progress.pendingFrom);
    const about = { turn: this.#turn, turnId: this.#record.turnId, progress };
    const redelivery = { ...about, journal, abort: this.#abort };
    try {
      await schedule.running.run(this.place, this.#abort, () =>
        redeliver(this.#context, redelivery),
      );
      return await this.#finish('answered', this.#saidByUs());
    } catch (error) {
      if (this.#isEnd(error)) throw error;
      const mayRetry = journal.isParked || this.#abort.isReason(error);
      this.#tries.end();
      telemetry.error(error, { channel, stage: 'send' }, this.#abort);
      await this.place.settled();
      this.#register();
      if (!mayRetry) return await this.#bury(toError(error).message);
      if (!this.#tries.schedule(journal.parked?.retryAfterMs ?? null)) {
        return await this.#bury(`${toError(error).message} (tried ${policy.attempts} times)`);
      }
      await this.#record.save();
      return null;
    }
  }

  /** What a conversation keeps of a response that somebody has sent: of others it has it already. */
  #saidByUs(): TurnChanges {
    const { history, clock } = this.#context;
    if (this.#sent === null) return {};
    const text = responseTexts(responseFor(this.#turn.stored.channel, this.#sent)).join('\n');
    return { append: history.additions([{ role: 'assistant', text, at: clock.now() }]) };
  }

  /** The turn was ended from outside, or belongs to somebody else. */
  async #ended(error: unknown): Promise<TurnEnd> {
    const reason = error instanceof TurnAbortedError ? error.reason : null;
    // At once: who does not heed the signal may outlast the process.
    if (reason === 'shutdown' && this.#tries.leave()) await this.#record.saveOnce();
    await this.place.settled();
    if (isLost(error)) return 'left';
    if (reason === null) throw error;
    if (reason !== 'superseded' && reason !== 'cancelled') return 'left';
    this.#register();
    try {
      return await this.#finish(reason === 'superseded' ? 'superseded' : 'aborted');
    } catch (again) {
      // While the store was away, one more message came in.
      return await this.#ended(again);
    }
  }

  #finish(outcome: TurnReport['outcome'], changes: TurnChanges = {}): MaybePromise<TurnEnd> {
    return whenThere(this.#record.finish(changes), () => {
      this.#record.report(outcome, this.#startedAt);
      return 'finished';
    });
  }

  async #bury(reason: string): Promise<TurnEnd> {
    await this.#record.bury(reason);
    this.#record.report('dead', this.#startedAt);
    return 'finished';
  }

  #journal(from: number): Journal {
    const { policy, clock, telemetry } = this.#context;
    const { channel } = this.#turn.stored;
    return new Journal({
      turnId: this.#record.turnId,
      progress: this.#progress,
      abort: this.#abort,
      save: () => this.#record.save(),
      onUnasked: (error) => telemetry.error(error, { channel, stage: 'send' }, this.#abort),
      policy,
      clock,
      from,
    });
  }

  #takeSlot(): MaybePromise<void> {
    return whenThere(this.place.takeSlot(this), () => {
      this.#startedAt ??= this.#context.clock.now();
    });
  }

  /** From here on the turn can be ended from outside: after an end, another one. */
  #register(): void {
    this.#unregister();
    const { key, channel } = this.#turn.stored;
    this.#record.abort = new TurnAbort(channel);
    const { proactive } = this.#progress;
    const turn = { key, id: this.#turn.id, abort: this.#abort, proactive };
    this.#unregister = this.#context.schedule.running.add(turn);
  }

  /** Whether an error is the end of the turn here, and not a failure: a deadline is one. */
  #isEnd(error: unknown): boolean {
    const { reason } = this.#abort;
    return isLost(error) || (this.#abort.isReason(error) && reason?.reason !== 'deadline');
  }

  get #turn(): ReadTurn {
    return this.#record.turn;
  }

  get #progress(): Progress {
    return this.#record.progress;
  }

  get #abort(): TurnAbort {
    return this.#record.abort;
  }
}
