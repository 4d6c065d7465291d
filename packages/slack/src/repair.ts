import { DeliveryError } from '@trunkline/core';
import { textMessages } from './render/text.ts';
import { blockMessage, type SlackMessage } from './render/message.ts';
import { LIMITS } from './render/limits.ts';
import type { GrowingOptions } from './stream.ts';

/** A message that is to show a text. */
export interface Shown {
  /** What names it. */
  channel: string;
  ts: string;
  /** What it is to show. */
  text: string;
  /** What is said in a new message instead, if it cannot be changed. */
  otherwise: string;
}

/** Errors that say that a message is what it is: deleted, or not to be changed any more. */
const FINAL = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'streaming_state_conflict',
]);

/** Writes a message anew, and what it has no room for below it. Repeating it changes nothing. */
export async function shownWhole(options: GrowingOptions, shown: Shown): Promise<void> {
  const { deliver, extra, blocks, sender } = options;
  const [first, ...rest] = withBlocks(textMessages(shown.text, extra), blocks);
  if (first === undefined) return;
  try {
    await deliver(async () => {
      await sender.update(shown.channel, shown.ts, first);
      return {};
    });
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.retryable) throw error;
    const isGone = error.platformCode === 'message_not_found';
    if (!FINAL.has(error.platformCode ?? '')) throw error;
    const left = isGone ? shown.text : shown.otherwise;
    rest.splice(0, rest.length, ...withBlocks(textMessages(left, extra), blocks));
  }
  for (const message of rest) await deliver(() => sender.post(message, extra, ''));
}

/** The last message with what belongs below the text. */
function withBlocks(messages: SlackMessage[], blocks: SlackMessage['blocks'] = []): SlackMessage[] {
  const last = messages.pop();
  if (last === undefined || blocks.length === 0)
    return last === undefined ? [] : [...messages, last];
  const all = [...(last.blocks ?? []), ...blocks].slice(0, LIMITS.blocks);
  return [...messages, blockMessage(all, last.text)];
}
