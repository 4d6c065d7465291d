import type { JsonValue } from './json.ts';

/**
 * Something a user can press. The assistant then receives a user message whose `text` is the payload.
 *
 * A button with a `url` opens a page instead. Other keys travel on to channels that know them.
 */
export interface Button {
  /** What the user reads. */
  title: string;
  /** What the assistant receives, `/affirm` say. Channels take the title where it is missing. */
  payload?: string;
  /** A page to open instead of sending a payload. */
  url?: string;
  [key: string]: JsonValue | undefined;
}

/** A button that is gone once one of its row was used. Same shape as {@link Button}. */
export interface QuickReply {
  /** What the user reads. */
  title: string;
  /** What the assistant receives. Channels take the title where it is missing. */
  payload?: string;
  [key: string]: JsonValue | undefined;
}

/** A card; several of them are a carousel. */
export interface Element {
  /** The card's heading. */
  title?: string;
  /** The line below the heading. */
  subtitle?: string;
  /** The card's picture, an `https:` address. */
  imageUrl?: string;
  /** Where a press on the card itself leads. */
  url?: string;
  /** The card's own buttons. */
  buttons?: Button[];
  [key: string]: JsonValue | Button[] | undefined;
}

/**
 * A file, in one of the forms that Rasa's assistants use: a URL, `{ url, name, mimeType }`, or
 * `{ type, payload: { src } }`. Any other JSON reaches the channel as it is.
 */
export type Attachment = NonNullable<JsonValue>;

/** The keys of a response that were not consumed by the `send…` method they are passed to. */
export type Extra = Readonly<Record<string, unknown>>;

/** The parts of a response that every channel can show, natively or by its fallback. */
export interface ResponseParts {
  /** Markdown is rendered where the channel can, and made plain where it cannot. */
  text?: string | null;
  /** An image's URL. */
  image?: string | null;
  /** A file. */
  attachment?: Attachment | null;
  /** Buttons below the text. Ignored when there are quick replies, as in Rasa. */
  buttons?: readonly Button[] | null;
  /** Quick replies below the text. */
  quickReplies?: readonly QuickReply[] | null;
  /** Cards. */
  elements?: readonly Element[] | null;
  /** JSON that the platform understands, passed through. */
  custom?: JsonValue;
}

/**
 * What a response says on one channel instead. A channel package adds its own key by declaration
 * merging, and so can the author of a channel:
 *
 * ```ts
 * import type { ResponseParts } from '@trunkline/core';
 *
 * declare module '@trunkline/core' {
 *   interface ChannelOverrides {
 *     myio?: ResponseParts & { colour?: string };
 *   }
 * }
 * ```
 *
 * The parts named here replace those of the response; other keys reach the channel in `extra`.
 */
export interface ChannelOverrides {
  [channel: string]: ResponseParts | Readonly<Record<string, unknown>> | undefined;
}

/**
 * A response: what the assistant says. Keys that are not listed travel on to the channel in
 * `extra`, as in Rasa (`button_type`, `utter_action`, …).
 */
export interface BotMessage extends ResponseParts {
  /** What is said instead on single channels, by channel name. */
  channels?: ChannelOverrides;
  [extra: string]: unknown;
}

/**
 * The response as one channel says it: the channel's override laid over it, `channels` removed.
 * Its input is left as it is.
 */
export function responseFor(channel: string, response: BotMessage): BotMessage {
  if (response.channels === undefined) return response;
  const { channels, ...common } = response;
  return hasOwn(channel, response) ? { ...common, ...channels?.[channel] } : common;
}

/**
 * The same ahead of an output channel that may have a name of its own: one that collects, as in Rasa,
 * knows no other. What is meant for that name is left to it.
 */
export function responseOn(channel: string, outputName: string, response: BotMessage): BotMessage {
  return channel !== outputName && hasOwn(channel, response)
    ? responseFor(channel, response)
    : response;
}

/** Whether something else is said on a channel. Without a compiler, `channels` may be `null`. */
function hasOwn(channel: string, { channels }: BotMessage): boolean {
  return Object.hasOwn(channels ?? {}, channel);
}
