import { randomUUID } from 'node:crypto';
import type {
  Attachment,
  BotMessage,
  Button,
  Element,
  Extra,
  QuickReply,
} from '../message/bot-message.ts';
import { responseFor } from '../message/bot-message.ts';
import type { JsonObject, JsonValue } from '../message/json.ts';
import type { ChannelLimits } from './channel-limits.ts';
import { deliveryOf, type Receipt, type WasSent } from './delivery.ts';
import { attachmentText, buttonText, customJsonText, elementText, imageText } from './fallbacks.ts';
import { promised, type MaybePromise } from '../maybe-promise.ts';
import {
  cardMenus,
  chosenFrom,
  firstNumber,
  menuOptions,
  menuText,
  type MenuAnswer,
  type MenuOption,
} from './menu.ts';
import { callsOf, type SendCall } from './send-calls.ts';

/** What is known of a stream that was cut. */
export interface InterruptedStream {
  /** What the platform said to the stream's requests: the handle of the message. */
  receipts: readonly Receipt[];
  /** The text so far, or a little less of it. */
  text: string;
}

/**
 * The conversation's state in the form of Rasa's tracker state: `sender_id`, `slots`,
 * `latest_message`, `latest_input_channel`, `events`, … Absent keys are not known.
 *
 * Where the assistant keeps none, `events` are what was said in the session as far as the history
 * goes, and the session's beginning; `slots` holds `session_started_metadata`.
 */
export type TrackerState = JsonObject;

/**
 * Sends the assistant's responses to the platform. One object a turn.
 *
 * An author MUST implement {@link OutputChannel.sendTextMessage} and SHOULD override the methods for what the
 * platform can show; each of the others has a text rendering as its default. A method MUST resolve
 * only when the platform has taken the message, MUST reject when it has not (with a
 * `DeliveryError` where the reason is known), MUST NOT change its arguments, and MUST show all of
 * what it is given, in several messages where one would be over a limit.
 *
 * @see Rasa's `OutputChannel`
 */
export abstract class OutputChannel {
  /** The channel's name: picks the response variation and the overrides. */
  abstract readonly name: string;

  /**
   * By what other names a response variation may mean this channel: Rasa's files say `collector` where
   * they mean channels that collect.
   *
   * @defaultValue none
   */
  readonly responseAliases: readonly string[] = [];

  /** What the platform allows. Told, not enforced: what is over a limit, the channel MUST split. */
  readonly limits: ChannelLimits = {};

  /**
   * Whether somebody reads {@link OutputChannel.trackerState}. Where nobody does, `false` saves looking
   * for it: the assistant is not asked, and `events` and `slots` know nothing from before the turn.
   *
   * @defaultValue `true`
   */
  readsTrackerState: boolean = true;

  /**
   * Rasa calls `sendTextMessage` with the full text after a stream, and its channels carry a flag
   * against saying it twice. Here nothing calls again, and such a flag would swallow the next text.
   * A channel that was ported with its flag sets this to `true`, and gets Rasa's call.
   *
   * @defaultValue `false`
   */
  readonly repeatsStreamedText: boolean = false;

  /**
   * Whether buttons are shown as a numbered menu, and a number that the user types is a choice among
   * them: for platforms of nothing but text. `true` makes the default of `sendTextWithButtons` such a
   * menu, and has the turn engine remember what was offered. A channel that writes its own menu MUST
   * number it like `menuOptions(response)`, and not where `nameThemselves` says so.
   *
   * @defaultValue `false`
   */
  readonly numbersChoices: boolean = false;

  #trackerState: TrackerState | (() => TrackerState) | null = null;
  /** What the response under way offers below its text: its cards go on with that menu. */
  protected menuAbove: readonly MenuOption[] = [];

  /**
   * The conversation's state, set before each response: the assistant's, or what we know ourselves.
   * `null` before the first one. What is set as a function is made when it is first read.
   */
  get trackerState(): TrackerState | null {
    if (typeof this.#trackerState === 'function') this.#trackerState = this.#trackerState();
    return this.#trackerState;
  }

  set trackerState(state: TrackerState | (() => TrackerState) | null) {
    this.#trackerState = state;
  }

  /**
   * How long a numbered menu can be answered, in milliseconds. @defaultValue 24 hours
   */
  readonly menuTtlMs: number = 24 * 60 * 60 * 1000;

  /**
   * Routes a response to the methods below, in Rasa's order: one of quick replies, buttons or
   * text; then custom JSON; image; attachment; elements. A part is consumed by the first call it is
   * passed to, what is left travels on in `extra`.
   */
  sendResponse(recipientId: string, message: BotMessage): Promise<void> {
    const said = responseFor(this.name, message);
    const isOneMenu = this.numbersChoices && Boolean(said.elements);
    this.menuAbove = isOneMenu ? menuOptions({ ...said, elements: null }) : [];
    const calls = callsOf(said);
    const [only] = calls;
    return only !== undefined && calls.length === 1
      ? this.#call(only, recipientId)
      : this.#callAll(calls, recipientId);
  }

  /**
   * What a text of the user is to the numbered menu that is open. `again` shows the menu once more
   * without the assistant; a second such answer is an ordinary message. Default: the number or the
   * whole title of an option, see `chosenFrom`. MUST say the same of the same.
   *
   * @param text - What the user said; `null` where it is a file, say.
   * @param options - What is on the menu.
   */
  answerOf(text: string | null, options: readonly MenuOption[]): MenuAnswer {
    return chosenFrom(text, options);
  }

  /**
   * Sends a text: the only method that an author has to write.
   *
   * @param recipientId - The conversation's sender id, not a platform's address.
   * @param text - Never `undefined`; empty only where a caller passed an empty text.
   * @param extra - What else the response carried.
   */
  abstract sendTextMessage(recipientId: string, text: string, extra?: Extra): Promise<void>;

  /** Sends an image by its URL. Default: the text `Image: <url>`. */
  async sendImageUrl(recipientId: string, image: string, _extra?: Extra): Promise<void> {
    await this.#call(['sendTextMessage', imageText(image)], recipientId);
  }

  /** Sends a file. Default: the text `Attachment: <attachment>`. */
  async sendAttachment(recipientId: string, attachment: Attachment, _extra?: Extra): Promise<void> {
    await this.#call(['sendTextMessage', attachmentText(attachment)], recipientId);
  }

  /**
   * Sends a text with buttons. Default: the text, unless it is empty, then one text a button,
   * `1: Yes (/affirm)`; one text with all of them where the channel numbers choices.
   */
  async sendTextWithButtons(
    recipientId: string,
    text: string,
    buttons: Button[],
    extra?: Extra,
  ): Promise<void> {
    if (this.numbersChoices) {
      // One menu with that of the cards below.
      const first = firstNumber(menuOptions({ ...extra, quickReplies: null, buttons }));
      await this.#call(['sendTextMessage', menuText(text, buttons, first)], recipientId);
      return;
    }
    if (text !== '') await this.#call(['sendTextMessage', text], recipientId);
    for (const [index, button] of buttons.entries()) {
      await this.#call(['sendTextMessage', buttonText(button, index)], recipientId);
    }
  }

  /** Sends a text with quick replies. Default: as buttons. */
  async sendQuickReplies(
    recipientId: string,
    text: string,
    quickReplies: QuickReply[],
    extra?: Extra,
  ): Promise<void> {
    await this.#call(['sendTextWithButtons', text, quickReplies, extra], recipientId);
  }

  /** Sends cards. Default: for each one `<title> : <subtitle>` with its buttons. */
  async sendElements(recipientId: string, elements: Element[], _extra?: Extra): Promise<void> {
    if (this.numbersChoices) {
      const menus = cardMenus(elements, this.menuAbove);
      for (const menu of menus) await this.#call(['sendTextMessage', menu], recipientId);
      return;
    }
    for (const element of elements) {
      const buttons = element.buttons ?? [];
      await this.#call(['sendTextWithButtons', elementText(element), buttons], recipientId);
    }
  }

  /** Sends JSON that the platform understands. Default: the JSON as a text, as Python writes it. */
  async sendCustomJson(recipientId: string, json: JsonValue, _extra?: Extra): Promise<void> {
    await this.#call(['sendTextMessage', customJsonText(json)], recipientId);
  }

  /** Shows that the assistant is at work, where the platform can. Default: nothing. */
  async sendTyping(_recipientId: string, _extra?: Extra): Promise<void> {}

  /**
   * A turn begins whose assistant speaks on this channel. Not awaited: a request that is made here delays
   * no answer, and its failure is the channel's to deal with. Default: nothing.
   */
  turnStarted(_recipientId: string): void {}

  /**
   * The turn is over, or was ended: called once for each {@link OutputChannel.turnStarted}, also where
   * the assistant has failed. Not awaited. Default: nothing.
   */
  turnEnded(_recipientId: string): void {}

  /**
   * Whether a response can be shown while it grows: `true` when {@link OutputChannel.sendResponseChunk} is
   * overridden. The core gathers the text of a stream for a channel that cannot, and sends it once.
   */
  get supportsStreaming(): boolean {
    return this.sendResponseChunk !== OutputChannel.prototype.sendResponseChunk;
  }

  /** A streamed response begins. Called once, before any chunk. Default: nothing. */
  async sendResponseChunkStart(_recipientId: string, _extra?: Extra): Promise<void> {}

  /**
   * The next piece of a streamed response; never empty. It may return nothing where there is nothing to
   * wait for: pieces are many, and a promise costs more than most of them.
   */
  sendResponseChunk(_recipientId: string, _chunk: string, _extra?: Extra): MaybePromise<void> {}

  /**
   * A streamed response is over. Called once, also when it was cut short. Default: nothing.
   */
  async sendResponseChunkEnd(_recipientId: string, _extra?: Extra): Promise<void> {}

  /**
   * A stream of an earlier run of this turn was cut, by a crash say, and is over. Called once, before
   * the text is said anew, whole: closes what the user saw as interrupted, or keeps its handle to go
   * on editing it. Default: nothing.
   *
   * @param interrupted - What is known of the stream.
   */
  async sendResponseChunkInterrupted(
    _recipientId: string,
    _interrupted: InterruptedStream,
  ): Promise<void> {}

  /**
   * Makes one request to the platform. Every request SHOULD go through here: in a deferred turn
   * it is recorded, retried and, in a second run of the turn, not made again. Outside a turn it
   * just calls `send`.
   *
   * @param payload - What is sent, as plain JSON.
   * @param send - Makes the request. `key` is the same whenever this step is tried again: an
   *   idempotency key, for platforms that take one.
   * @param wasSent - Asks the platform whether this step has arrived, if it can be asked.
   */
  protected deliver<P>(
    payload: P,
    send: (payload: P, key: string) => Promise<Receipt>,
    wasSent?: WasSent,
  ): Promise<Receipt> {
    const delivery = deliveryOf(this);
    const make = (made: P, key: string): Promise<Receipt> => promised(() => send(made, key));
    if (delivery === undefined) return make(payload, randomUUID());
    return delivery.deliver({ payload, send: make, wasSent });
  }

  /** Calls a `send…` method. One that its author has written may be a step of the turn's journal. */
  #call([name, ...args]: SendCall, recipientId: string): Promise<void> {
    const method = this[name] as (recipientId: string, ...args: unknown[]) => Promise<void>;
    const send = (): Promise<void> => promised(() => method.call(this, recipientId, ...args));
    const isWritten = method !== OutputChannel.prototype[name];
    const delivery = isWritten ? deliveryOf(this) : undefined;
    return delivery === undefined ? send() : delivery.call(method, send);
  }

  async #callAll(calls: readonly SendCall[], recipientId: string): Promise<void> {
    for (const call of calls) await this.#call(call, recipientId);
  }
}
