import { isPromise, whenThere, type MaybePromise } from '../maybe-promise.ts';
import type { TurnReport } from '../telemetry.ts';
import type { TurnAbort } from './abort.ts';
import { closeBeside, closeLeft } from './close-left.ts';
import type { ConversationChanges } from './conversation.ts';
import type { DeferredContext } from './deferred-context.ts';
import type { DeliveryOptions } from './delivery-options.ts';
import { Journal } from './journal.ts';
import { isLost } from './patience.ts';
import type { Place } from './place.ts';
import type { Progress, Step } from './progress.ts';
import { stampOf, type ReadTurn } from './read-turn.ts';
import type { Work } from './schedule.ts';
import { Tries } from './tries.ts';
import { TurnRecord } from './turn-record.ts';

/** How a turn left the hands of this process: `left` is still in the store, for whoever comes next. */
export type TurnEnd = 'finished' | 'left';

/** A deferred turn in the hands of this process: what the store has of it, and its place here. */
export class HeldTurn {
  readonly context: DeferredContext;
  /** Where it stands. */
  readonly place: Place;
  /** What the store has of it. */
  readonly record: TurnRecord;
  /** How often it was tried. */
  readonly tries: Tries;

  readonly #work: Work;
  /** The steps that a replayed turn had: its progress goes on from there. */
  readonly #replayed: readonly (Step | null)[];
  #unregister: () => void = () => {};
  #startedAt: number | null = null;

  /** @param turns - The turn, and later ones that become one with it. */
  constructor(
    context: DeferredContext,
    place: Place,
    work: Work,
    turns: readonly [ReadTurn, ...ReadTurn[]],
  ) {
    this.context = context;
    this.place = place;
    this.#work = work;
    this.record = new TurnRecord(context, place, turns);
    this.tries = new Tries(this.record.progress, context);
    this.#replayed = [...(turns[0].stored.progress?.steps ?? [])];
  }

  /** The turn as it was read. */
  get turn(): ReadTurn {
    return this.record.turn;
  }

  /** The channel's name. */
  get channel(): string {
    return this.record.turn.stored.channel;
  }

  /** How far it has come. */
  get progress(): Progress {
    return this.record.progress;
  }

  /** What ends it from outside: another one after each {@link HeldTurn.register}. */
  get abort(): TurnAbort {
    return this.record.abort;
  }

  /** Ends what it waits for: where the turn is ended, and where the process shuts down. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.abort.signal, this.#work.abort.signal]);
  }

  /** From here on the turn can be ended from outside: after an end, another one. */
  register(): void {
    this.#unregister();
    const { id, stored } = this.turn;
    this.record.renewAbort();
    const { proactive } = this.progress;
    const turn = { key: stored.key, id, abort: this.abort, proactive };
    this.#unregister = this.context.schedule.running.add(turn);
  }

  /** What goes on comes to rest, and nobody ends the turn any more. */
  leave(): MaybePromise<void> {
    this.#unregister();
    return whenThere(this.record.dropUnsaved(), () => this.place.settled());
  }

  /** A try has failed: what it has begun comes to rest, and what comes next can be ended anew. */
  async rest(): Promise<void> {
    await this.place.settled();
    this.register();
    this.tries.end();
  }

  /** Waits for a slot to do something in. From then on the turn has begun. */
  takeSlot(): MaybePromise<void> {
    const waiting = this.place.takeSlot(this);
    // It did not begin at once, and meanwhile somebody else may have got it.
    if (isPromise(waiting)) this.turn.countsAsBegun = false;
    return whenThere(waiting, () => {
      this.#startedAt ??= this.context.clock.now();
    });
  }

  /** The journal of one try. @param from - The step that it begins with. */
  journal(from: number, policy: Required<DeliveryOptions> = this.context.policy): Journal {
    const { clock, telemetry } = this.context;
    const { channel, record, progress } = this;
    return new Journal({
      turnId: record.turnId,
      since: record.turn.stored.at,
      progress,
      abort: this.abort,
      record,
      // What has died before may do so at the same place, and must not say the same each time.
      isCareful: progress.runs !== 1 || progress.answered,
      onFailed: (error) => telemetry.error(error, { channel, stage: 'send' }, this.abort),
      policy,
      clock,
      from,
      replayed: this.#replayed,
      close: (stream) => closeBeside(this, stream),
    });
  }

  /** It is over. */
  finish(outcome: TurnReport['outcome'], changes: ConversationChanges = {}): MaybePromise<TurnEnd> {
    return whenThere(this.record.finish(changes), () => {
      this.record.report(outcome, this.#startedAt);
      return 'finished';
    });
  }

  /** It is taken back, and over without an answer. */
  async drop(outcome: 'superseded' | 'aborted'): Promise<TurnEnd> {
    const { stored } = this.turn;
    const [messageId, stamp] = [String(stored.message.messageId), stampOf(this.turn)];
    await closeLeft(this);
    await this.record.ask(() => this.context.menus.release(messageId, stamp, stored.key));
    return await this.finish(outcome);
  }

  /** It is given up. */
  async bury(reason: string): Promise<TurnEnd> {
    await closeLeft(this);
    await this.record.bury(reason);
    this.record.report('dead', this.#startedAt);
    return 'finished';
  }

  /** Whether an error is the end of the turn here, and not a failure: a deadline is one. */
  isEnd(error: unknown): boolean {
    const { reason } = this.abort;
    return isLost(error) || (this.abort.isReason(error) && reason?.reason !== 'deadline');
  }
}
