import type { OutputChannel } from '../channel/output-channel.ts';
import { whenThere, type MaybePromise } from '../maybe-promise.ts';
import type { Extra } from '../message/bot-message.ts';
import { gather } from './gather.ts';
import type { SendPiece } from './turn-delivery.ts';

/** Where a stream goes. */
export interface StreamTarget {
  output: OutputChannel;
  recipientId: string;
  extra: Extra;
  /** Ends the stream early. */
  signal: AbortSignal;
  /** Called with what the producer throws, which is not the channel's failure. */
  onThrown?: (error: unknown) => void;
  /** Puts a send in its place among what else is said. @defaultValue at once */
  inOrder?: (send: SendPiece, chunk?: string) => MaybePromise<void>;
}

/**
 * Shows a stream on a channel that can: start, chunks, end, in this order, the end exactly once
 * whatever happened after the start. Returns the whole text.
 */
export async function streamTo(
  chunks: AsyncIterable<string>,
  { output, recipientId, extra, signal, onThrown, inOrder = sendAtOnce }: StreamTarget,
): Promise<string> {
  let shown = '';
  const end = async (): Promise<void> => {
    await output.sendResponseChunkEnd(recipientId, extra);
    if (output.repeatsStreamedText) await output.sendTextMessage(recipientId, shown, extra);
  };
  await inOrder(() => {
    signal.throwIfAborted();
    return output.sendResponseChunkStart(recipientId, extra);
  });
  // One for all of them: there may be thousands.
  const show: SendPiece = (chunk) => output.sendResponseChunk(recipientId, chunk, extra);
  let text: string;
  try {
    const onChunk = (chunk: string): MaybePromise<void> => {
      const sent = inOrder(show, chunk);
      return output.repeatsStreamedText ? whenThere(sent, () => void (shown += chunk)) : sent;
    };
    text = await gather(chunks, signal, onChunk, onThrown);
  } catch (error) {
    try {
      await inOrder(end);
    } catch {
      // The reason of the failure is worth more than a failure to say that it is over.
    }
    throw error;
  }
  await inOrder(end);
  return text;
}

const sendAtOnce = (send: SendPiece, chunk = ''): MaybePromise<void> => send(chunk);
