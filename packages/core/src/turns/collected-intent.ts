import { randomUUID } from 'node:crypto';
import type { CollectedMessage } from '../channel/collected.ts';
import { CollectingOutputChannel } from '../channel/collecting-output-channel.ts';
import type { TrackerState } from '../channel/output-channel.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { Place } from './address-book.ts';
import { conversationKey } from './conversation-key.ts';
import type { DeferredContext } from './deferred-context.ts';
import type { LiveMessage } from './live-turns.ts';
import { loadPast, NO_PAST, trackerState } from './tracker-state.ts';
import { intentMessage, type IntentOptions } from './triggered-intent.ts';

/** What came of an intent whose answer somebody has waited for. */
export interface CollectedIntent {
  tracker: TrackerState;
  /** What the assistant said, in the form of Rasa's REST channel. */
  messages: CollectedMessage[];
}

/**
 * Has an intent answered for somebody who waits for it, and sends nothing: in the conversation on the
 * channel that the user was on last, or in one of its own where there is none.
 */
export async function collectIntent(
  context: DeferredContext,
  run: (message: LiveMessage) => Promise<void>,
  senderId: string,
  intent: IntentOptions,
): Promise<CollectedIntent> {
  const output = new CollectingOutputChannel();
  // Nobody reads it: the answer has one of its own.
  output.readsTrackerState = false;
  const latest = await context.addresses.latest(senderId);
  const { channel, account } = latest ?? { channel: output.name, account: null };
  const key = latest?.key ?? conversationKey({ channel, account, senderId });
  const target = { senderId, channel, account, address: null };
  const message = intentMessage(intent, target, randomUUID());
  await run({ channel, key, mode: 'queue', message, output, isTriggered: true });
  const tracker = await trackerOf(context, { channel, key }, message);
  return { tracker, messages: output.messages };
}

/**
 * The state of a conversation: the assistant's where it keeps one, else what we know ourselves. Never
 * rejects: what was asked for is done, and the caller must not take it for failed.
 */
export async function trackerOf(
  { assistant, history, sessions, telemetry }: DeferredContext,
  { channel, key }: Pick<Place, 'channel' | 'key'>,
  message: UserMessage,
): Promise<TrackerState> {
  let past = NO_PAST;
  try {
    const kept = (await assistant().trackerState?.(message)) ?? null;
    if (kept !== null) return kept;
    past = await loadPast(history, sessions, key);
  } catch (error) {
    telemetry.error(error, { channel, stage: 'assistant' });
  }
  const { senderId, text } = message;
  const written = text === null ? null : message;
  return trackerState(past, { channel, senderId, message: written, said: [] })();
}
