import type { Receipt } from '../channel/delivery.ts';
import type { OutputChannel } from '../channel/output-channel.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { Extra } from '../message/bot-message.ts';
import type { SendQueue } from './send-queue.ts';
import { streamTo } from './stream.ts';
import type { SendPiece, StreamDelivery, TurnDelivery } from './turn-delivery.ts';

/** Where a stream is shown, and by what. */
export interface ShowOptions {
  output: OutputChannel;
  recipientId: string;
  extra: Extra;
  delivery: TurnDelivery;
  stream: StreamDelivery;
  /** What else is said in the turn: the parts of the stream are in order with it. */
  queue: SendQueue;
  /** Ends the stream early. */
  signal: AbortSignal;
  /** Called with what the producer throws, which is not the channel's failure. */
  onThrown: (error: unknown) => void;
}

/**
 * Shows a stream that the channel can show.
 *
 * Its parts are sent in order with what else is said, not as one: a producer that awaits a response
 * of its own would wait for the stream, and the stream for it.
 */
export async function showStream(
  chunks: AsyncIterable<string>,
  options: ShowOptions,
): Promise<{ text: string; receipts: readonly Receipt[] }> {
  const { output, recipientId, extra, delivery, stream, queue, signal, onThrown } = options;
  const receipts: Receipt[] = [];
  const onShown = (): void => {
    const taken = delivery.takeReceipts();
    if (taken.length > 0) receipts.push(...taken);
  };
  const inOrder = (send: SendPiece, chunk = ''): MaybePromise<void> =>
    queue.enter(() => stream.piece(send, chunk), onShown);
  try {
    const target = { output, recipientId, extra, signal, inOrder, onThrown };
    return { text: await streamTo(chunks, target), receipts };
  } catch (error) {
    await queue.add(() => stream.fail()).catch(() => {});
    throw error;
  }
}

/** Closes what an earlier run has shown of the stream, if it was cut short there. */
export async function closeInterrupted(options: ShowOptions): Promise<void> {
  const { output, recipientId, delivery, stream, queue } = options;
  const { interrupted } = stream;
  if (interrupted === null) return;
  const close = (): Promise<void> =>
    delivery.aside(() => output.sendResponseChunkInterrupted(recipientId, interrupted));
  // The new text matters more than how the old one looks. What failed was reported.
  await queue.add(close).catch(() => {});
}
