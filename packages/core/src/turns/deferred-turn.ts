import { TurnAbortedError } from '../errors.ts';
import { isPromise } from '../maybe-promise.ts';
import type { BotMessage } from '../message/bot-message.ts';
import type { DeferredContext } from './deferred-context.ts';
import { deliverAnswer } from './deliver-answer.ts';
import { HeldTurn, type TurnEnd } from './held-turn.ts';
import { isLost } from './patience.ts';
import type { Place } from './place.ts';
import type { ReadTurn } from './read-turn.ts';
import { runAssistant } from './run-assistant.ts';
import type { Work } from './schedule.ts';

/**
 * One deferred turn, from where the store has it to its end: *accepted → running → answered →
 * delivered*. docs/delivery.md says what each event does in each of these states.
 */
export class DeferredTurn {
  readonly #held: HeldTurn;
  /** The response that somebody has sent, if the turn is one. */
  readonly #sent: BotMessage | null;

  /** @param turns - The turn, and later ones that become one with it. */
  constructor(
    context: DeferredContext,
    place: Place,
    work: Work,
    turns: readonly [ReadTurn, ...ReadTurn[]],
  ) {
    this.#held = new HeldTurn(context, place, work, turns);
    const { progress } = turns[0].stored;
    // Kept here: it goes off the list when it is delivered.
    this.#sent =
      progress?.proactive === 'response' ? (progress.pending[0]?.response ?? null) : null;
  }

  /** The ids of the stored turns that this one is. */
  get ids(): string[] {
    return this.#held.record.ids;
  }

  /** Takes the turn as far as it comes. */
  async go(): Promise<TurnEnd> {
    const held = this.#held;
    try {
      held.register();
      for (;;) {
        const { died } = held.progress;
        if (died !== undefined) return await held.bury(died);
        const end = await this.#try();
        if (end !== null) return end;
      }
    } catch (error) {
      return await this.#ended(error);
    } finally {
      const leaving = held.leave();
      if (isPromise(leaving)) await leaving;
    }
  }

  /** Ends it without a run: a newer message has taken its place. */
  async supersede(): Promise<void> {
    await this.#held.drop('superseded');
  }

  /**
   * One run of the assistant, or one try to deliver what it has said, when it is time. `null`: go on.
   *
   * A message that takes its process with it takes along whatever runs beside it. Those that were
   * there several times are tried one after the other, so that it is found out which of them it is.
   */
  #try(): Promise<TurnEnd | null> {
    const { progress, tries } = this.#held;
    const isOrdinary = progress.retryAt === undefined && !tries.isSuspect;
    return isOrdinary ? this.#once() : this.#tryAgain();
  }

  #once(): Promise<TurnEnd | null> {
    const held = this.#held;
    return held.progress.answered ? deliverAnswer(held, this.#sent) : runAssistant(held);
  }

  async #tryAgain(): Promise<TurnEnd | null> {
    const held = this.#held;
    const { suspects } = held.context;
    const { answered, deaths } = held.progress;
    await held.tries.due(held);
    if (held.tries.isDeadly) {
      const during = answered ? 'the answer was delivered' : 'the assistant ran';
      return await held.bury(`the process ended ${deaths} times while ${during}`);
    }
    if (!held.tries.isSuspect) return await this.#once();
    await suspects.take(held);
    try {
      return await this.#once();
    } finally {
      suspects.release();
    }
  }

  /** The turn was ended from outside, or belongs to somebody else. */
  async #ended(error: unknown): Promise<TurnEnd> {
    const held = this.#held;
    const reason = error instanceof TurnAbortedError ? error.reason : null;
    // At once: who does not heed the signal may outlast the process.
    const isLeft = reason === 'shutdown';
    // It has waited, and did not start at once as its message says.
    const isUnbegun = held.turn.stored.startsAtOnce === true && held.progress.runs === 0;
    if (isLeft && (held.tries.leave() || isUnbegun)) await held.record.saveOnce();
    await held.place.settled();
    // What was answered meanwhile.
    if (isLeft && held.record.isUnsaved) await held.record.saveOnce();
    if (isLost(error)) return 'left';
    if (reason === null) throw error;
    if (reason !== 'superseded' && reason !== 'cancelled') return 'left';
    held.register();
    try {
      return await held.drop(reason === 'superseded' ? 'superseded' : 'aborted');
    } catch (again) {
      // While the store was away, one more message came in.
      return await this.#ended(again);
    }
  }
}
