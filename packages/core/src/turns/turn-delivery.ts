import { deliveryOf, type Delivery, type Receipt } from '../channel/delivery.ts';
import { OutputChannel, type InterruptedStream } from '../channel/output-channel.ts';
import { isPromise, promised, type MaybePromise } from '../maybe-promise.ts';
import type { BotMessage } from '../message/bot-message.ts';
import type { Pending } from './progress.ts';

/** What carries the responses of one turn: straight to the platform, or by way of the journal. */
export interface TurnDelivery extends Delivery {
  /** Whether the platform could not be reached: what is said from now on waits in the store. */
  readonly isParked: boolean;
  /**
   * Whether what was said last had all been said before the turn was replayed: the user may have read
   * other things since.
   */
  readonly isRepeated: boolean;
  /** Says one response. `send` makes the channel's calls. */
  say(pending: Pending, send: () => Promise<void>): Promise<'sent' | 'pending'>;
  /** Begins to show a stream. */
  openStream(): StreamDelivery;
  /**
   * Closes the streams that earlier tries have left open, in whose place something else is said now.
   *
   * @param close - Makes the channel's calls.
   */
  closeStreams(close: CloseStream): MaybePromise<void>;
  /** Makes calls that are no steps of the turn, and of no consequence if they fail or are repeated. */
  aside(send: () => Promise<void>): Promise<void>;
  /** The receipts since this was last asked. */
  takeReceipts(): readonly Receipt[];
}

/** Closes a stream that was cut, on its channel. */
export type CloseStream = (stream: InterruptedStream) => Promise<void>;

/** Makes one of the calls that show a stream. */
export type SendPiece = (chunk: string) => MaybePromise<void>;

/** What carries one stream. */
export interface StreamDelivery {
  /** Whether an earlier run of the turn has shown it to its end. */
  readonly isShown: boolean;
  /** What an earlier run has shown, if it was cut short. */
  readonly interrupted: InterruptedStream | null;
  /** Makes one of the channel's calls; `chunk` is the text that it shows, if any. */
  piece(send: SendPiece, chunk: string): MaybePromise<void>;
  /** The stream is over. Resolves to whether everything was shown; if not, its text has to be said whole. */
  end(): Promise<boolean>;
  /** The stream broke off: its producer threw, or the turn was ended. What was shown stands. */
  fail(): Promise<void>;
}

/** What is taken where there is nothing. */
export const NO_RECEIPTS: readonly Receipt[] = Object.freeze([]);

/** Sends a response, once what an earlier try has left open in its place is closed. */
export function sendThrough(
  turn: TurnDelivery,
  output: OutputChannel,
  recipientId: string,
  response: BotMessage,
): Promise<void> {
  const closing = turn.closeStreams(closingOn(output, recipientId));
  if (isPromise(closing)) return closing.then(() => sendOn(output, recipientId, response));
  return sendOn(output, recipientId, response);
}

/** How streams that were cut are closed on a channel. */
export function closingOn(output: OutputChannel, recipientId: string): CloseStream {
  return (stream) => promised(() => output.sendResponseChunkInterrupted(recipientId, stream));
}

/** Sends a response, as a step of its own where the channel routes its parts itself. */
function sendOn(output: OutputChannel, recipientId: string, response: BotMessage): Promise<void> {
  const send = (): Promise<void> => promised(() => output.sendResponse(recipientId, response));
  const method: object = Reflect.get(output, 'sendResponse') as object;
  const isWritten = method !== Reflect.get(OutputChannel.prototype, 'sendResponse');
  const delivery = isWritten ? deliveryOf(output) : undefined;
  return delivery === undefined ? send() : delivery.call(method, send);
}
