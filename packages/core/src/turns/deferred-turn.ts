import { responseTexts } from '../channel/fallbacks.ts';
import { RetryableError, toError, TurnAbortedError } from '../errors.ts';
import { responseFor } from '../message/bot-message.ts';
import type { JsonObject } from '../message/json.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { TurnChanges } from '../store/contract.ts';
import type { TurnReport } from '../telemetry.ts';
import { TurnAbort } from './abort.ts';
import { Conversation, keepApart, stateConflict } from './conversation.ts';
import type { DeferredContext } from './deferred-context.ts';
import { backOff } from './delivery-options.ts';
import { Journal } from './journal.ts';
import { isLost } from './patience.ts';
import { encodeProgress, type Progress } from './progress.ts';
import { messageOf, senderOf, type ReadTurn } from './read-turn.ts';
import { redeliver } from './redelivery.ts';
import type { Place, Work } from './schedule.ts';
import { sleep } from './sleep.ts';
import type { Scene } from './speaker.ts';
import { joinMessages } from './stored-message.ts';
import { turnIdOf } from './turn-id.ts';

/** How a turn left the hands of this process: `left` is still in the store, for whoever comes next. */
export type TurnEnd = 'finished' | 'left';

/** One run of the assistant. */
interface Run {
  message: UserMessage;
  conversation: Conversation;
  journal: Journal;
}

/**
 * One deferred turn, from where the store has it to its end: *accepted → running → answered →
 * delivered*. docs/delivery.md says what each event does in each of these states.
 */
export class DeferredTurn {
  readonly #context: DeferredContext;
  readonly #place: Place;
  readonly #work: Work;
  readonly #turn: ReadTurn;
  readonly #joined: readonly ReadTurn[];
  readonly #progress: Progress;
  readonly #turnId: string;
  #abort: TurnAbort;
  #unregister: () => void = () => {};
  #startedAt: number | null = null;

  /** @param turns - The turn, and later ones that become one with it. */
  constructor(
    context: DeferredContext,
    place: Place,
    work: Work,
    [turn, ...joined]: readonly [ReadTurn, ...ReadTurn[]],
  ) {
    this.#context = context;
    this.#place = place;
    this.#work = work;
    this.#turn = turn;
    this.#joined = joined;
    this.#progress = turn.progress;
    if (joined.length > 0) this.#progress.joined = joined.map(({ id }) => id);
    this.#turnId = turn.stored.turnId ?? turnIdOf(turn);
    this.#abort = new TurnAbort(turn.stored.channel);
  }

  /** The ids of the stored turns that this one is. */
  get ids(): string[] {
    return [this.#turn.id, ...(this.#progress.joined ?? [])];
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
        const end = await (this.#progress.answered ? this.#deliver() : this.#run());
        if (end !== null) return end;
      }
    } catch (error) {
      return await this.#ended(error);
    } finally {
      this.#unregister();
      await this.#place.settled();
    }
  }

  /** Ends it without a run: a newer message has taken its place. */
  async supersede(): Promise<void> {
    await this.#finish('superseded');
  }

  /** One run of the assistant. `null`: go on. */
  async #run(): Promise<TurnEnd | null> {
    const { schedule, speaker, history, outputFor, policy } = this.#context;
    const { channel, key, message: written } = this.#turn.stored;
    const progress = this.#progress;
    await this.#waitForRetry();
    if (progress.deaths >= policy.attempts) {
      return await this.#bury(`the process ended ${progress.deaths} times while the assistant ran`);
    }
    await this.#takeSlot();
    const run = await this.#begin();
    if (this.#abort.reason !== null) throw this.#abort.reason;
    const { message, conversation, journal } = run;
    try {
      const output = outputFor(channel, written.address ?? {});
      const about = { channel, key, turnId: this.#turnId, message, output, conversation };
      const startsSession = progress.startsSession === true;
      const ask: Scene['ask'] = (what) => this.#ask(what);
      const scene = { ...about, delivery: journal, abort: this.#abort, startsSession, ask };
      let state: JsonObject = {};
      await schedule.running.run(this.#place, this.#abort, async () => {
        state = await speaker.answer(scene);
      });
      if (this.#abort.reason !== null) throw this.#abort.reason;
      return await this.#answered(journal, conversation.changes(state, history));
    } catch (error) {
      if (this.#isEnd(error)) throw error;
      return await this.#failed(error, run);
    }
  }

  /** Gets together what a run needs, and notes that it has begun. */
  async #begin(): Promise<Run> {
    const { store, menus, sessions, lastSeen, assistant } = this.#context;
    const { channel, key, stamp } = this.#turn.stored;
    const progress = this.#progress;
    progress.runs++;
    progress.deaths++;
    progress.pending = [];
    const message = joinMessages(
      [this.#turn, ...this.#joined].map((turn) => messageOf(turn, progress.runs)),
    );
    const isWatched = assistant().onEvent !== undefined && !message.anonymous;
    return await this.#ask(async () => {
      const conversation = message.anonymous
        ? Conversation.none()
        : await Conversation.load(store, key);
      const stamped = this.#turn.stamp ?? stamp ?? null;
      const resolved = await menus.resolve(message, stamped, key);
      if (!message.anonymous) await lastSeen.note(channel, message);
      // Every run of the turn says the same, so that its steps are the same.
      if (isWatched) progress.startsSession ??= await sessions.isOver(key);
      await this.#commit({ save: this.#saved() });
      if (isWatched) await sessions.note(key);
      return { message: resolved, conversation, journal: this.#journal(0) };
    });
  }

  /** The assistant is done. */
  async #answered(journal: Journal, changes: TurnChanges): Promise<TurnEnd | null> {
    const progress = this.#progress;
    if (progress.pending.length === 0) return await this.#finish('answered', changes);
    this.#noteAnswer(journal);
    await this.#keep({ ...changes, save: this.#saved() });
    return null;
  }

  /** The assistant has failed: it is run again, or apologises, or the turn is given up. */
  async #failed(error: unknown, { message, conversation, journal }: Run): Promise<TurnEnd | null> {
    const { telemetry, history, clock, apologyFor } = this.#context;
    const { channel } = this.#turn.stored;
    const progress = this.#progress;
    telemetry.error(error, { channel, stage: 'assistant' }, this.#abort);
    await this.#place.settled();
    this.#register();
    progress.deaths = 0;
    if (error instanceof RetryableError && this.#scheduleRetry(error.retryAfterMs)) {
      await this.#commit({ save: this.#saved() });
      return null;
    }
    const apology = apologyFor(message, toError(error));
    if (apology === null) return await this.#bury(toError(error).message);
    const text = responseTexts(responseFor(channel, apology)).join('\n');
    conversation.remember({ role: 'assistant', text, at: clock.now() });
    if (progress.pending.length === 0) progress.pendingFrom = journal.next;
    this.#noteAnswer(journal);
    progress.pending.push({ response: apology, trackerState: null });
    await this.#keep({ ...conversation.changes(null, history), save: this.#saved() });
    return null;
  }

  /** The assistant is not run again. What is pending waits, if the platform was away. */
  #noteAnswer({ parked }: Journal): void {
    const progress = this.#progress;
    progress.answered = true;
    progress.deaths = 0;
    progress.waits = 0;
    if (parked !== null) this.#scheduleRetry(parked.retryAfterMs);
  }

  /** One try to deliver what the user has not got. `null`: go on. */
  async #deliver(): Promise<TurnEnd | null> {
    const { schedule, policy, telemetry } = this.#context;
    const { channel } = this.#turn.stored;
    const progress = this.#progress;
    await this.#waitForRetry();
    await this.#takeSlot();
    const journal = this.#journal(progress.pendingFrom);
    const about = { turn: this.#turn, turnId: this.#turnId, progress };
    const redelivery = { ...about, journal, abort: this.#abort };
    try {
      await schedule.running.run(this.#place, this.#abort, () =>
        redeliver(this.#context, redelivery),
      );
      return await this.#finish('answered');
    } catch (error) {
      if (this.#isEnd(error)) throw error;
      const mayRetry = journal.isParked || this.#abort.isReason(error);
      telemetry.error(error, { channel, stage: 'send' }, this.#abort);
      await this.#place.settled();
      this.#register();
      if (!mayRetry) return await this.#bury(toError(error).message);
      if (!this.#scheduleRetry(journal.parked?.retryAfterMs ?? null)) {
        return await this.#bury(`${toError(error).message} (tried ${policy.attempts} times)`);
      }
      await this.#commit({ save: this.#saved() });
      return null;
    }
  }

  /** The turn was ended from outside, or belongs to somebody else. */
  async #ended(error: unknown): Promise<TurnEnd> {
    await this.#place.settled();
    if (isLost(error)) return 'left';
    if (!(error instanceof TurnAbortedError)) throw error;
    const { reason } = error;
    if (reason === 'superseded' || reason === 'cancelled') {
      this.#register();
      return await this.#finish(reason === 'superseded' ? 'superseded' : 'aborted');
    }
    if (reason === 'shutdown' && this.#progress.deaths > 0) {
      // This run was ended in good order, and is none that took its process with it.
      this.#progress.deaths--;
      const { store } = this.#context;
      await store.turns.commit(this.#place.lock, { save: this.#saved() }).catch(() => {});
    }
    return 'left';
  }

  async #finish(outcome: TurnReport['outcome'], changes: TurnChanges = {}): Promise<TurnEnd> {
    await this.#keep({ ...changes, remove: this.ids });
    this.#report(outcome);
    return 'finished';
  }

  /** Gives the turn up. The letter is there before the turn goes: a crash in between loses nothing. */
  async #bury(reason: string): Promise<TurnEnd> {
    const { clock, deadLetters, telemetry } = this.#context;
    const { conversation, id, stored } = this.#turn;
    const { channel, key, at: acceptedAt, message } = stored;
    const { text, attachments } = joinMessages(
      [this.#turn, ...this.#joined].map((turn) => messageOf(turn, 1)),
    );
    const letter = {
      channel,
      acceptedAt,
      diedAt: clock.now(),
      reason,
      message: { ...message, text, attachments },
      progress: this.#progress,
    };
    const replayed = { conversation, key, turn: id, turnId: this.#turnId };
    await this.#ask(() => deadLetters.put({ ...letter, ...replayed }));
    const what = `a turn became a dead letter: ${reason}`;
    telemetry.logger.error({ channel, messageId: message.messageId }, what);
    await this.#commit({ remove: this.ids });
    this.#report('dead');
    return 'finished';
  }

  #report(outcome: TurnReport['outcome']): void {
    const { clock, telemetry } = this.#context;
    const endedAt = clock.now();
    const startedAt = this.#startedAt ?? endedAt;
    const durationMs = endedAt - startedAt;
    const attempt = this.#progress.runs;
    for (const turn of [this.#turn, ...this.#joined]) {
      const { channel, at, message } = turn.stored;
      telemetry.turn({
        channel,
        senderId: senderOf(turn),
        messageId: String(message.messageId),
        outcome: turn === this.#turn ? outcome : 'joined',
        attempt,
        waitedMs: startedAt - at,
        durationMs,
      });
    }
  }

  #journal(from: number): Journal {
    const { policy, clock, store } = this.#context;
    const save = async (): Promise<void> => {
      // Where nothing survives the process, this object is all that anybody will ever look at.
      if (store.durable) await this.#commit({ save: this.#saved() });
    };
    const about = { turnId: this.#turnId, progress: this.#progress, abort: this.#abort };
    return new Journal({ ...about, save, policy, clock, from });
  }

  async #takeSlot(): Promise<void> {
    await this.#place.takeSlot(this);
    this.#startedAt ??= this.#context.clock.now();
  }

  /** Takes note of when the turn is tried again. Returns `false` if it was tried often enough. */
  #scheduleRetry(retryAfterMs: number | null): boolean {
    const { policy, clock } = this.#context;
    const waits = ++this.#progress.waits;
    if (waits >= policy.attempts) return false;
    const { firstDelayMs: firstMs, maxDelayMs: maxMs } = policy;
    const delay = Math.max(retryAfterMs ?? 0, backOff(waits, { firstMs, factor: 4, maxMs }));
    this.#progress.retryAt = clock.now() + delay;
    return true;
  }

  /** Waits until the turn is to be tried again, without a slot. */
  async #waitForRetry(): Promise<void> {
    const { retryAt } = this.#progress;
    if (retryAt === undefined) return;
    const delay = retryAt - this.#context.clock.now();
    if (delay > 0) {
      this.#place.giveSlot();
      await sleep(this.#context.clock, delay, this.signal);
    }
    delete this.#progress.retryAt;
  }

  /** From here on the turn can be ended from outside: after an end, another one. */
  #register(): void {
    this.#unregister();
    const { key, channel } = this.#turn.stored;
    this.#abort = new TurnAbort(channel);
    const turn = { key, id: this.#turn.id, abort: this.#abort };
    this.#unregister = this.#context.schedule.running.add(turn);
  }

  /** Whether an error is the end of the turn here, and not a failure: a deadline is one. */
  #isEnd(error: unknown): boolean {
    const { reason } = this.#abort;
    return isLost(error) || (this.#abort.isReason(error) && reason?.reason !== 'deadline');
  }

  #saved(): NonNullable<TurnChanges['save']> {
    return { id: this.#turn.id, progress: encodeProgress(this.#progress) };
  }

  /** Stores what the conversation keeps, together with what becomes of the turn. */
  async #keep(changes: TurnChanges): Promise<void> {
    const { store, telemetry } = this.#context;
    const { channel, key } = this.#turn.stored;
    const { write, append, ...turn } = changes;
    // A turn that runs beside the others of its conversation holds no lock of it.
    const isAlone = this.#place.lock.key === key;
    let isWritten = await this.#commit(isAlone ? changes : turn);
    if (!isAlone) isWritten = await this.#ask(() => keepApart(store, key, { write, append }));
    if (!isWritten) telemetry.error(stateConflict(), { channel, stage: 'state' });
  }

  /** @throws TurnAbortedError - somebody else has the conversation: nothing more is sent here. */
  async #commit(changes: TurnChanges): Promise<boolean> {
    const { turns } = this.#context.store;
    let isRepeated = false;
    try {
      return await this.#ask(async () => {
        // The answer may be all that was lost: what was said is not to be kept twice.
        if (isRepeated && (await this.#isDone(changes))) return true;
        isRepeated = true;
        return await turns.commit(this.#place.lock, changes);
      });
    } catch (error) {
      if (isLost(error)) this.#abort.abort('handed_over');
      throw isLost(error) ? (this.#abort.reason ?? error) : error;
    }
  }

  /** Whether the store has made these changes: the turn is at the head of its queue until it ends. */
  async #isDone({ save, remove }: TurnChanges): Promise<boolean> {
    const [head] = await this.#context.store.turns.waiting(this.#turn.conversation, 1);
    if (head?.id !== this.#turn.id) return remove !== undefined;
    return save !== undefined && head.progress === save.progress;
  }

  /** Asks the store until it answers, or the turn is ended. */
  #ask<T>(ask: () => Promise<T>): Promise<T> {
    return this.#context.patience.with(this.#abort, this.#turn.stored.channel, ask);
  }
}
