import type { Button, QuickReply } from '../message/bot-message.ts';
import type { Attachment } from '../message/bot-message.ts';
import type { JsonObject, JsonValue } from '../message/json.ts';

/** What a condition or a variable is looked up in. */
export type Slots = Readonly<Record<string, JsonValue | undefined>>;

/** Holds where a slot has a value; texts are compared without regard to case. */
export interface SlotCondition {
  /** A slot. */
  type: 'slot';
  /** Its name. */
  name: string;
  /** What it must be; `null` for a slot that is not set. */
  value: JsonValue;
}

/**
 * One way to say a response, with the keys of a Rasa domain. `{name}` in its texts stands for a slot,
 * `{{` and `}}` for braces. Keys that are not listed travel on to the channel.
 *
 * @see Rasa's pages on responses
 */
export interface ResponseVariation {
  /** Its name among the variations, for channels to read. */
  id?: string;
  /** What is said. */
  text?: string | null;
  /** An image's URL. */
  image?: string | null;
  /** A file. */
  attachment?: Attachment | null;
  /** Buttons below the text. */
  buttons?: readonly Button[] | null;
  /** Quick replies below the text. */
  quick_replies?: readonly QuickReply[] | null;
  /** Cards, with Rasa's `image_url` and `default_action` for a picture and a link. */
  elements?: readonly JsonObject[] | null;
  /** JSON that the platform understands. */
  custom?: JsonValue;
  /** The channel that it is for. */
  channel?: string;
  /** When it may be said: all of these must hold. */
  condition?: readonly SlotCondition[];
  [extra: string]: unknown;
}

/** A variation that was checked, and where it stands. */
export interface CheckedVariation {
  /** `domain.yml:12`, or `utter_greet[0]` where there is no file. */
  place: string;
  channel: string | null;
  condition: readonly SlotCondition[] | null;
  /** What it says, in Rasa's keys. */
  parts: JsonObject;
  /** What travels on to the channel. */
  extra: JsonObject;
}
