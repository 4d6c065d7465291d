import type { Receipt } from '../channel/delivery.ts';
import type { TrackerState } from '../channel/output-channel.ts';
import type {
  Attachment,
  BotMessage,
  Button,
  Element,
  Extra,
  QuickReply,
} from '../message/bot-message.ts';
import type { JsonObject, JsonValue } from '../message/json.ts';
import type { Slots } from '../responses/variation.ts';
import type { HistoryEntry } from './history.ts';

/** What became of a response. */
export interface Sent {
  /**
   * `pending`: the platform could not be reached for now. The response waits in the store and is sent
   * when it can be; what is said after it waits behind it. Deferred turns only.
   */
  status: 'sent' | 'pending';
  /** What the platform said, one a request. Empty where the channel keeps none. */
  receipts: readonly Receipt[];
}

/**
 * How the assistant speaks. Responses are sent in the order of the calls, also where a call was not
 * awaited; the turn is over when all of them were.
 *
 * Every method that sends rejects with a `TurnAbortedError` once the turn was ended, and with what
 * the channel threw if the platform refused.
 */
export interface Reply {
  /** The name of the channel that is answered on. */
  readonly channel: string;
  /** Says a text. `extra` travels on to the channel. */
  text(text: string, extra?: Extra): Promise<Sent>;
  /** Shows an image. */
  image(url: string, extra?: Extra): Promise<Sent>;
  /** Sends a file. */
  attachment(attachment: Attachment, extra?: Extra): Promise<Sent>;
  /** Offers buttons below a text. A press comes back as a message with `choice`. */
  buttons(text: string, buttons: readonly Button[], extra?: Extra): Promise<Sent>;
  /** Offers quick replies below a text: buttons that are gone once used. */
  quickReplies(text: string, quickReplies: readonly QuickReply[], extra?: Extra): Promise<Sent>;
  /** Shows cards. */
  elements(elements: readonly Element[], extra?: Extra): Promise<Sent>;
  /** Sends JSON that the platform understands. */
  custom(json: JsonValue, extra?: Extra): Promise<Sent>;
  /**
   * Says a response by its name: the variation for this channel and these slots, filled in. Slots of
   * {@link Reply.trackerState} count too; those that are given win.
   *
   * Rejects with a `ConfigurationError` if there is no such response or a variable has no value: then
   * nothing is sent.
   */
  utter(name: string, slots?: Slots): Promise<Sent>;
  /** Says a response with any of its parts. */
  response(response: BotMessage): Promise<Sent>;
  /**
   * Says a text while it is being made. A channel that cannot show it grow gets it whole, once. If
   * the producer fails half way, what was shown stands, and a channel that gathers says nothing.
   *
   * What is said meanwhile, by the producer say, goes out at once, between the pieces. One stream
   * at a time.
   */
  stream(chunks: AsyncIterable<string>, extra?: Extra): Promise<Sent>;
  /** Shows that an answer is being made, where the platform can. Never rejects. */
  typing(): Promise<void>;

  /** Aborts when the turn is ended early: pass it to what you call. */
  readonly signal: AbortSignal;
  /**
   * The conversation's state for channels to read, put on the output channel before each response.
   * Comes from the assistant's `trackerState`, else from what we know ourselves, unless it is set here.
   */
  trackerState: TrackerState | null;
  /** The conversation's own JSON: change it as you like, it is saved when the turn succeeded. */
  state: JsonObject;
  /** The last things said before this turn, the oldest first; bounded by count and age. */
  history(count: number): Promise<HistoryEntry[]>;
}

/** Sees every response before it is sent; `null` drops it. */
export type Transform = (
  response: BotMessage,
  context: { channel: string; senderId: string },
) => BotMessage | null | Promise<BotMessage | null>;

/** How a {@link Transform} is used. */
export interface TransformOptions {
  /**
   * A streamed response is a response only when it is complete. Where a transform must see
   * everything, streams are therefore gathered and sent whole. `true` lets them through unseen.
   *
   * @defaultValue `false`
   */
  passStreams?: boolean;
}

/** A transform with its options. */
export interface TransformEntry {
  transform: Transform;
  passStreams: boolean;
}
