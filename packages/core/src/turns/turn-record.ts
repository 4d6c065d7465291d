import { promised, settle, whenThere, type MaybePromise } from '../maybe-promise.ts';
import type { TurnChanges } from '../store/contract.ts';
import type { TurnReport } from '../telemetry.ts';
import { TurnAbort } from './abort.ts';
import { keepApart, stateConflict, type ConversationChanges } from './conversation.ts';
import type { DeferredContext } from './deferred-context.ts';
import { isLost } from './patience.ts';
import type { Place } from './place.ts';
import { encodeProgress, type Progress } from './progress.ts';
import { messageOf, senderOf, stampOf, type ReadTurn } from './read-turn.ts';
import { makeStorable } from './storable.ts';
import { joinMessages } from './stored-message.ts';
import { turnIdOf } from './turn-id.ts';

/** A deferred turn in the store, as the holder of its conversation's lock writes it. */
export class TurnRecord {
  /** The turn. */
  readonly turn: ReadTurn;
  /** How far it has come. Changed in place; `save` stores it. */
  readonly progress: Progress;
  /** The same in every run of the turn, and in a replay. */
  readonly turnId: string;
  /** Ends the turn, and with it the waiting for a store that is away. */
  abort: TurnAbort;

  readonly #context: DeferredContext;
  readonly #place: Place;
  readonly #joined: readonly ReadTurn[];
  /** Whether something is to be stored with whatever is stored next. */
  #isUnsaved = false;
  /** Whether it is looked at in a moment. */
  #isWatched = false;
  /** The last save that nobody waits for, until it is over. It does not reject. */
  #saving: Promise<void> | null = null;

  /** @param turns - The turn, and later ones that become one with it. */
  constructor(
    context: DeferredContext,
    place: Place,
    [turn, ...joined]: readonly [ReadTurn, ...ReadTurn[]],
  ) {
    this.#context = context;
    this.#place = place;
    this.turn = turn;
    this.#joined = joined;
    this.progress = turn.progress;
    if (joined.length > 0) this.progress.joined = joined.map(({ id }) => id);
    this.turnId = turn.stored.turnId ?? turnIdOf(turn);
    this.abort = new TurnAbort(turn.stored.channel);
  }

  /** The turn, and those that became one with it. */
  get turns(): readonly ReadTurn[] {
    return [this.turn, ...this.#joined];
  }

  /** The ids of the stored turns that this one is. */
  get ids(): string[] {
    return [this.turn.id, ...(this.progress.joined ?? [])];
  }

  /** Asks the store until it answers, or the turn is ended. */
  ask<T>(ask: () => MaybePromise<T>): MaybePromise<T> {
    return this.#context.patience.with(this.abort, this.turn.stored.channel, ask);
  }

  /** Stores how far the turn has come. */
  save(): MaybePromise<void> {
    // Where nothing survives the process, this object is all that anybody will ever look at.
    if (!this.#context.store.durable) return;
    return whenThere(this.#commit({ save: this.#saved() }), () => {});
  }

  /**
   * Stores how far the turn has come with whatever is stored next, and in a moment where nothing is.
   * Nobody waits for it.
   */
  saveSoon(): void {
    if (!this.#context.store.durable) return;
    this.#isUnsaved = true;
    if (this.#isWatched) return;
    this.#isWatched = true;
    setImmediate(() => {
      this.#isWatched = false;
      if (this.#isUnsaved) this.#saveBeside();
    });
  }

  /** Stores what is to be stored soon. */
  catchUp(): MaybePromise<void> {
    return this.#isUnsaved ? this.save() : (this.#saving ?? undefined);
  }

  /** Whether there is something to be stored soon. */
  get isUnsaved(): boolean {
    return this.#isUnsaved;
  }

  /** What is to be stored soon is not, since somebody else has the turn, or nobody. What is under way ends. */
  dropUnsaved(): MaybePromise<void> {
    this.#isUnsaved = false;
    return this.#saving ?? undefined;
  }

  /** From here on the turn is ended by another one. What was ended before waits for no store any more. */
  renewAbort(): void {
    if (this.#saving !== null) this.abort.abort('handed_over');
    this.abort = new TurnAbort(this.turn.stored.channel);
  }

  /** Stores that a run begins, unless it is the first one and the store has that from the message. */
  begin(): MaybePromise<void> {
    const { runs, joined, startsSession } = this.progress;
    const isMore = runs > 1 || joined !== undefined || startsSession === true;
    if (!this.turn.countsAsBegun || isMore) return this.save();
    // Whether the turn is still ours, nobody knows: that is found out before anything is said.
    this.#isUnsaved = this.#context.store.durable;
  }

  /** Stores how far the turn has come, once and without waiting: the process shuts down. */
  async saveOnce(): Promise<void> {
    const { turns } = this.#context.store;
    try {
      await this.dropUnsaved();
      await turns.commit(this.#place.lock, { save: this.#saved() });
    } catch {
      // Then it counts as one that the process has died of.
    }
  }

  /** Stores what the conversation keeps, and that only the delivery is missing. */
  answer(changes: ConversationChanges): MaybePromise<void> {
    // The spread comes last wherever it can: what is added behind one costs V8 a microsecond or more.
    return this.#keep({ save: this.#saved(), ...changes });
  }

  /** Stores what the conversation keeps, and that the turn is over. */
  finish(changes: ConversationChanges): MaybePromise<void> {
    return this.#keep({ remove: this.ids, ...changes });
  }

  /**
   * Makes a dead letter of the turn. The letter is there before the turn goes, and the turn knows of
   * it before that: a crash in between loses nothing, and nothing is run again.
   */
  async bury(reason: string): Promise<void> {
    const { clock, deadLetters, telemetry } = this.#context;
    const { progress, turn, turnId } = this;
    const { channel, key, at: acceptedAt, message } = turn.stored;
    if (progress.died === undefined) {
      progress.died = reason;
      await this.save();
    }
    // Where nothing survives the process, that was not found out by a save.
    this.#makeStorable();
    const { text, attachments } = joinMessages(this.turns.map((each) => messageOf(each, 1)));
    const messages = turn.stored.originals ?? this.turns.map(({ stored }) => stored.message);
    const letter = {
      channel,
      acceptedAt,
      diedAt: clock.now(),
      reason,
      message: { ...(messages.at(-1) ?? message), text, attachments },
      progress,
    };
    const { conversation, id } = turn;
    const replay = { conversation, key, turn: id, turnId, stamp: stampOf(turn) };
    const joined = messages.length > 1 ? { originals: messages } : {};
    const unread = turn.unread === null ? {} : { unread: turn.unread };
    await this.ask(() => deadLetters.put({ ...letter, ...replay, ...joined, ...unread }));
    const what = `a turn became a dead letter: ${reason}`;
    telemetry.logger.error({ channel, messageId: letter.message.messageId }, what);
    await this.#commit({ remove: this.ids });
  }

  /** Reports the end of the turn. */
  report(outcome: TurnReport['outcome'], startedAt: number | null): void {
    const { clock, telemetry } = this.#context;
    const endedAt = clock.now();
    const begunAt = startedAt ?? endedAt;
    const { channel, at, originals } = this.turn.stored;
    // One that was replayed is of the same messages as before.
    const all =
      originals?.map((message) => ({ channel, at, message })) ??
      this.turns.map(({ stored }) => stored);
    // The last one is what the assistant gets, with the others in it.
    const last = all.at(-1);
    for (const stored of all) {
      telemetry.turn({
        channel: stored.channel,
        senderId: senderOf({ stored }),
        messageId: String(stored.message.messageId),
        outcome: stored === last ? outcome : 'joined',
        attempt: this.progress.runs,
        waitedMs: begunAt - stored.at,
        durationMs: endedAt - begunAt,
      });
    }
  }

  #saved(): NonNullable<TurnChanges['save']> {
    return { id: this.turn.id, progress: this.#encoded() };
  }

  #encoded(): string {
    try {
      return encodeProgress(this.progress);
    } catch {
      this.#makeStorable();
      return encodeProgress(this.progress);
    }
  }

  #makeStorable(): void {
    const { telemetry } = this.#context;
    const { channel } = this.turn.stored;
    for (const { stage, message } of makeStorable(this.progress)) {
      telemetry.error(new TypeError(`[${channel}] ${message}`), { channel, stage }, this.abort);
    }
  }

  #keep(changes: TurnChanges): MaybePromise<void> {
    const { telemetry } = this.#context;
    const { channel, key } = this.turn.stored;
    const isApart = this.#place.lock.key !== key;
    return whenThere(isApart ? this.#keepApart(changes) : this.#commit(changes), (isWritten) => {
      if (!isWritten) telemetry.error(stateConflict(), { channel, stage: 'state' });
    });
  }

  /** For a turn that runs beside the others of its conversation, and holds no lock of it. */
  async #keepApart({ write, append, ...turn }: TurnChanges): Promise<boolean> {
    await this.#commit(turn);
    const { key } = this.turn.stored;
    return await keepApart(this.#context.store, key, { write, append }, (call) => this.#ask(call));
  }

  /** Asks like `ask`, and says whether it asks again: then the answer may be all that was lost. */
  #ask<T>(call: (isAgain: boolean) => MaybePromise<T>): MaybePromise<T> {
    let isAgain = false;
    return this.ask(() => {
      const wasAsked = isAgain;
      isAgain = true;
      return call(wasAsked);
    });
  }

  #saveBeside(): void {
    // Whoever stores the next thing hears of a failure.
    const saving = promised(() => this.save()).catch(() => {});
    this.#saving = saving;
    void saving.finally(() => {
      // Not one that has begun since.
      if (this.#saving === saving) this.#saving = null;
    });
  }

  #commit(changes: TurnChanges): MaybePromise<boolean> {
    // It tells all that there is to tell.
    this.#isUnsaved = false;
    const make = (): MaybePromise<boolean> => this.#make(changes);
    // One that is tried again must not come after this one.
    return this.#saving === null ? make() : this.#saving.then(make);
  }

  /** @throws TurnAbortedError - somebody else has the conversation: nothing more is sent here. */
  #make(changes: TurnChanges): MaybePromise<boolean> {
    const { turns } = this.#context.store;
    const commit = (): MaybePromise<boolean> => turns.commit(this.#place.lock, changes);
    // What was said is not to be kept twice.
    const once = (isAgain: boolean): MaybePromise<boolean> =>
      isAgain ? whenThere(this.#isDone(changes), (isDone) => isDone || commit()) : commit();
    return settle(
      () => this.#ask(once),
      (isWritten) => isWritten,
      (error) => {
        if (isLost(error)) this.abort.abort('handed_over');
        throw isLost(error) ? (this.abort.reason ?? error) : error;
      },
    );
  }

  /** Whether the store has made these changes: the turn is at the head of its queue until it ends. */
  async #isDone({ save, remove }: TurnChanges): Promise<boolean> {
    const [head] = await this.#context.store.turns.waiting(this.turn.conversation, 1);
    if (head?.id !== this.turn.id) return remove !== undefined;
    return save !== undefined && head.progress === save.progress;
  }
}
