import { responseTexts } from '../channel/fallbacks.ts';
import { isOptedOut, RetryableError, toError } from '../errors.ts';
import { isPromise, whenThere, type MaybePromise } from '../maybe-promise.ts';
import { responseFor, type BotMessage } from '../message/bot-message.ts';
import { beginRun, type Run } from './begin-run.ts';
import { closeAfterRun } from './close-left.ts';
import type { ConversationChanges } from './conversation.ts';
import type { HeldTurn, TurnEnd } from './held-turn.ts';
import type { Journal } from './journal.ts';
import type { Scene } from './speaker.ts';

/** Runs the assistant on a turn. Resolves to `null` where the turn goes on. */
export async function runAssistant(held: HeldTurn): Promise<TurnEnd | null> {
  const { context, record, progress } = held;
  const { schedule, speaker, history } = context;
  const { channel, key } = held.turn.stored;
  const slot = held.takeSlot();
  if (isPromise(slot)) await slot;
  progress.runs++;
  const journal = held.journal(0);
  let run: Run | null = null;
  try {
    held.tries.begin();
    const begun = beginRun(context, record);
    run = isPromise(begun) ? await begun : begun;
    const { abort } = held;
    if (abort.reason !== null) throw abort.reason;
    if (run.again !== null) return await showAgain(held, run.again, journal);
    const scene = {
      channel,
      key,
      turnId: record.turnId,
      message: run.message,
      output: run.output,
      conversation: run.conversation,
      delivery: journal,
      abort,
      proactive: progress.proactive,
      startsSession: progress.startsSession === true,
      ask: ((what) => record.ask(what)) satisfies Scene['ask'],
    };
    const state = await schedule.running.run(held.place, abort, () => speaker.answer(scene));
    const closing = closeAfterRun(held, journal);
    if (isPromise(closing)) await closing;
    if (abort.reason !== null) throw abort.reason;
    return await answered(held, journal, run.conversation.changes(state, history));
  } catch (error) {
    if (held.isEnd(error)) throw error;
    return await failed(held, error, run, journal);
  }
}

/** Shows the open menu once more, in the place of an answer by the assistant. */
function showAgain(
  held: HeldTurn,
  response: BotMessage,
  journal: Journal,
): MaybePromise<TurnEnd | null> {
  held.progress.pending = [{ response, trackerState: null, isMenuAgain: true }];
  held.progress.pendingFrom = journal.next;
  return answered(held, journal, {});
}

/** The assistant is done. */
function answered(
  held: HeldTurn,
  journal: Journal,
  changes: ConversationChanges,
): MaybePromise<TurnEnd | null> {
  if (journal.isComplete) return held.finish('answered', changes);
  noteAnswer(held, journal);
  return whenThere(held.record.answer(changes), () => null);
}

/** The assistant has failed: it is run again, or apologises, or the turn is given up. */
async function failed(
  held: HeldTurn,
  error: unknown,
  run: Run | null,
  journal: Journal,
): Promise<TurnEnd | null> {
  const { channel, progress, record } = held;
  const { telemetry, history, clock, apologyFor } = held.context;
  telemetry.error(error, { channel, stage: 'assistant' }, held.abort);
  await held.rest();
  if (error instanceof RetryableError && held.tries.schedule(error.retryAfterMs)) {
    await record.save();
    return null;
  }
  // Nobody has asked for what is missing.
  const isAsked = run !== null && progress.proactive === undefined;
  const apology = !isAsked ? null : apologyFor(run.message, toError(error));
  if (run !== null && apology === null && journal.isComplete && isOptedOut(error)) {
    return await held.finish('failed', run.conversation.changes(null, history));
  }
  if (run === null || apology === null) return await held.bury(toError(error).message);
  const { conversation } = run;
  const text = responseTexts(responseFor(channel, apology)).join('\n');
  conversation.remember({ role: 'assistant', text, at: clock.now() });
  // Behind all that any run has begun: it is none of it, and must not be taken for said with it.
  const from = Math.max(journal.next, progress.steps.length);
  if (progress.pending.length === 0) progress.pendingFrom = from;
  noteAnswer(held, journal);
  progress.pending.push({ response: apology, trackerState: null, from });
  await record.answer(conversation.changes(null, history));
  return null;
}

/** The assistant is not run again. What is pending waits, if the platform was away. */
function noteAnswer({ progress, tries }: HeldTurn, { parked }: Journal): void {
  progress.answered = true;
  tries.end();
  progress.waits = 0;
  if (parked === null || tries.schedule(parked.retryAfterMs)) return;
  progress.died = 'the platform was away, and is not tried again (delivery.attempts)';
}
