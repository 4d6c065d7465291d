import { bindDelivery } from '../channel/delivery.ts';
import type { OutputChannel, TrackerState } from '../channel/output-channel.ts';
import type { TurnAbort } from './abort.ts';
import type { DeferredContext } from './deferred-context.ts';
import type { Journal } from './journal.ts';
import type { Pending, Progress } from './progress.ts';
import { senderOf, stampOf, type ReadTurn } from './read-turn.ts';
import { reportSend } from './report-send.ts';
import { loadPast, NO_PAST, trackerState } from './tracker-state.ts';
import { sendThrough } from './turn-delivery.ts';

/** What is delivered, and by which journal. */
export interface Redelivery {
  turn: ReadTurn;
  turnId: string;
  progress: Progress;
  journal: Journal;
  abort: TurnAbort;
}

/** Delivers what the user has not got, one response after the other, and takes each off the list. */
export async function redeliver(context: DeferredContext, redelivery: Redelivery): Promise<void> {
  const { turn, progress, journal, abort } = redelivery;
  const { channel, message } = turn.stored;
  const output = context.outputFor(channel, message.address ?? {});
  bindDelivery(output, journal);
  try {
    for (let pending = progress.pending[0]; pending; pending = progress.pending[0]) {
      if (pending.from !== undefined) journal.skipTo(pending.from);
      output.trackerState = pending.trackerState ?? (await stateOf(context, redelivery, output));
      await send(context, redelivery, output, pending);
      // A try that took too long has left the list to the next one.
      if (abort.reason !== null) throw abort.reason;
      progress.pending.shift();
      progress.pendingFrom = journal.next;
    }
  } finally {
    bindDelivery(output, null);
  }
}

/** The conversation's state for what no run of the assistant's has said. */
async function stateOf(
  { history, sessions, patience }: DeferredContext,
  { turn, abort }: Redelivery,
  output: OutputChannel,
): Promise<() => TrackerState> {
  const { channel, key } = turn.stored;
  const past = output.readsTrackerState
    ? await patience.with(abort, channel, () => loadPast(history, sessions, key))
    : NO_PAST;
  return trackerState(past, { channel, senderId: senderOf(turn), message: null, said: [] });
}

async function send(
  context: DeferredContext,
  { turn, turnId, journal, abort }: Redelivery,
  output: OutputChannel,
  { response, isMenuAgain }: Pending,
): Promise<void> {
  const { menus, patience } = context;
  const { channel, key } = turn.stored;
  const senderId = senderOf(turn);
  const about = { channel, senderId, kind: 'response' } as const;
  const from = journal.next;
  await reportSend(context, about, () => sendThrough(journal, output, senderId, response));
  // What a replay only repeats is not the newest question.
  if (!output.numbersChoices || journal.wasDone(from)) return;
  await patience.with(abort, channel, () =>
    isMenuAgain
      ? menus.reopen(output, key, stampOf(turn))
      : menus.offer(output, key, turnId, response),
  );
}
