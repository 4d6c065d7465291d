import type { OutputChannel } from '../channel/output-channel.ts';
import { isPromise, whenThere, type MaybePromise } from '../maybe-promise.ts';
import type { Extra } from '../message/bot-message.ts';
import { UnlessAborted } from './abort.ts';

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
  inOrder?: (send: () => MaybePromise<void>, chunk?: string) => MaybePromise<void>;
}

/**
 * Reads a stream of text to its end and returns the whole. `onChunk` is called for every piece that
 * is not empty, one after the other; `onThrown` with what the producer throws.
 *
 * @throws What the producer threw, what `onChunk` threw, or the signal's reason. The producer is
 *   told to stop in the latter two.
 */
export async function gather(
  chunks: AsyncIterable<string>,
  signal: AbortSignal,
  onChunk?: (chunk: string) => MaybePromise<void>,
  onThrown?: (error: unknown) => void,
): Promise<string> {
  const iterator = iteratorOf(chunks);
  const unlessAborted = new UnlessAborted(signal);
  let text = '';
  let isOpen = true;
  try {
    for (;;) {
      const next = await unlessAborted.wait(() => iterator.next());
      if (next.done === true) {
        isOpen = false;
        return text;
      }
      const chunk = next.value;
      if (typeof chunk !== 'string') throw notText(chunk);
      text += chunk;
      const shown = chunk === '' ? undefined : onChunk?.(chunk);
      if (isPromise(shown)) await shown;
    }
  } catch (error) {
    // A producer that throws is finished; one that we leave early has to be told.
    if (unlessAborted.hasThrown) {
      isOpen = false;
      onThrown?.(error);
    }
    throw error;
  } finally {
    unlessAborted.end();
    // Not awaited: a producer that hangs would hang us.
    if (isOpen) void iterator.return?.()?.then(undefined, () => {});
  }
}

/**
 * Shows a stream on a channel that can: start, chunks, end, in this order, the end exactly once
 * whatever happened after the start. Returns the whole text.
 */
export async function streamTo(
  chunks: AsyncIterable<string>,
  { output, recipientId, extra, signal, onThrown, inOrder = (send) => send() }: StreamTarget,
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
  let text: string;
  try {
    const onChunk = (chunk: string): MaybePromise<void> => {
      const sent = inOrder(() => output.sendResponseChunk(recipientId, chunk, extra), chunk);
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

function iteratorOf(chunks: AsyncIterable<string>): AsyncIterator<unknown> {
  if (typeof chunks?.[Symbol.asyncIterator] === 'function') return chunks[Symbol.asyncIterator]();
  throw new TypeError('reply.stream() takes an AsyncIterable<string>, an async generator say');
}

function notText(value: unknown): TypeError {
  return new TypeError(
    `reply.stream() takes pieces of text and was given one of type ${typeof value}: ` +
      'take the text out of your model’s chunks first',
  );
}
