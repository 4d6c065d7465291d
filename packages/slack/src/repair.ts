import { isDeepStrictEqual } from 'node:util';
import type { KnownBlock } from '@slack/types';
import { DeliveryError } from '@trunkline/core';
import { textFrom } from './render/fence.ts';
import { textMessages } from './render/text.ts';
import { blockMessage, type SlackMessage } from './render/message.ts';
import { chunksOf, LIMITS } from './render/limits.ts';
import type { GrowingOptions } from './stream.ts';

/** A message that is to show a text. */
export interface Shown {
  /** What names it. */
  channel: string;
  ts: string;
  /** The whole text. */
  text: string;
  /** From where in the text on it is to show it. */
  from: number;
  /** From where on it is said in a new message instead, if this one cannot be changed. */
  shown: number;
  /** What it is known to show; `null` for nothing. */
  seen: SlackMessage | null;
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
  const messagesFrom = (place: number): readonly SlackMessage[] =>
    withBlocks(textMessages(textFrom(shown.text, place), extra), blocks);
  const [first, ...rest] = messagesFrom(shown.from);
  if (first === undefined) return;
  try {
    if (!isDeepStrictEqual(first, shown.seen)) {
      await deliver(async () => {
        await sender.update(shown.channel, shown.ts, first);
        return {};
      });
    }
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.retryable) throw error;
    const isGone = error.platformCode === 'message_not_found';
    if (!FINAL.has(error.platformCode ?? '')) throw error;
    rest.splice(0, rest.length, ...messagesFrom(isGone ? shown.from : shown.shown));
  }
  for (const message of rest) await deliver(() => sender.post(message, extra, ''));
}

/**
 * The messages, what belongs below the text in the last one and in as many more as it takes; on its own
 * where there is no text.
 */
export function withBlocks(
  messages: readonly SlackMessage[],
  blocks: readonly KnownBlock[],
): readonly SlackMessage[] {
  const last = messages.at(-1) ?? { text: '…' };
  if (blocks.length === 0) return messages;
  const before = last.blocks ?? [];
  const room = LIMITS.blocks - before.length;
  return [
    ...messages.slice(0, -1),
    blockMessage([...before, ...blocks.slice(0, room)], last.text),
    ...belowMessages(blocks.slice(room)),
  ];
}

/** What belongs below a text, in messages of its own. */
export function belowMessages(blocks: readonly KnownBlock[]): SlackMessage[] {
  return chunksOf(blocks, LIMITS.blocks).map((chunk) => blockMessage(chunk, '…'));
}
