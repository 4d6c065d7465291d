import {
  DeliveryError,
  menuOptions,
  OutputChannel,
  responseFor,
  type Attachment,
  type BotMessage,
  type Button,
  type ChannelLimits,
  type Element,
  type Extra,
  type JsonValue,
  type MenuAnswer,
  type MenuOption,
  type Receipt,
} from '@trunkline/core';
import { platformOf } from './accounts.ts';
import type { Destination } from './address.ts';
import type { Carrier } from './carrier.ts';
import type { ResolvedSmsOptions } from './credentials.ts';
import { isMediaRefusal } from './errors.ts';
import {
  customParameters,
  NO_PARAMETERS,
  parametersIn,
  templateAlone,
  type MessageParameters,
} from './parameters.ts';
import { cards } from './render/cards.ts';
import { foldToGsm7 } from './render/gsm7.ts';
import {
  imageAt,
  isSendable,
  mediaLimits,
  mediaLink,
  mediaOf,
  type Media,
  type MediaLimits,
} from './render/media.ts';
import { answerTo, menuBody } from './render/menu.ts';
import { plainText } from './render/plain-text.ts';
import { MAX_BODY, splitBody } from './render/split.ts';

/** What an {@link SmsOutput} works with. */
export interface SmsOutputOptions {
  options: Pick<ResolvedSmsOptions, 'name' | 'menu' | 'smartEncoding' | 'searchUnknown'>;
  destination: Destination;
  /** Takes messages to the user. */
  carrier: Carrier;
}

const LIMITS: ChannelLimits = { textLength: MAX_BODY };
/** What Rasa calls the channel. */
const ALIASES: readonly string[] = ['twilio'];

/** Sends responses as SMS and MMS: README.md says what becomes of each part. */
export class SmsOutput extends OutputChannel {
  override readonly name: string;
  override readonly limits: ChannelLimits = LIMITS;
  override readonly responseAliases: readonly string[] = ALIASES;
  override readonly numbersChoices: boolean = true;
  override readonly menuTtlMs: number;
  override readsTrackerState = false;

  readonly #options: SmsOutputOptions['options'];
  readonly #destination: Destination;
  readonly #carrier: Carrier;
  #mediaLimits: MediaLimits | null | undefined;
  /** The SIDs of this turn's messages: a search for one that is missing finds these as well. */
  #sids: Set<string> | null = null;

  constructor({ options, destination, carrier }: SmsOutputOptions) {
    super();
    this.name = options.name;
    this.menuTtlMs = options.menu.ttlMs;
    this.#options = options;
    this.#destination = destination;
    this.#carrier = carrier;
  }

  /** What media the address takes. Most responses have none. */
  get #media(): MediaLimits | null {
    const { sender, to } = this.#destination;
    if (this.#mediaLimits === undefined) this.#mediaLimits = mediaLimits(sender.from, to);
    return this.#mediaLimits;
  }

  get #perMessage(): number {
    return this.#media?.perMessage ?? 1;
  }

  override answerOf(text: string | null, options: readonly MenuOption[]): MenuAnswer {
    return answerTo(text, options, this.#options.menu);
  }

  /** A template stands in the place of the whole response, and media of the channel's need no text. */
  override async sendResponse(recipientId: string, message: BotMessage): Promise<void> {
    const own = responseFor(this.name, message);
    const found = parametersIn(own);
    if (found !== NO_PARAMETERS) {
      if (found.contentSid !== undefined) return await this.#say(templateAlone(found));
      const { mediaUrl, ...parameters } = found;
      const { text, quickReplies, buttons } = own;
      const hasText = Boolean(text || quickReplies?.length || buttons?.length);
      if (mediaUrl !== undefined && !hasText) await this.#sayMedia(mediaUrl, parameters);
    }
    await super.sendResponse(recipientId, message);
  }

  override async sendTextMessage(_to: string, text: string, extra: Extra = {}): Promise<void> {
    await this.#sayText(plainText(text), extra);
  }

  override async sendTextWithButtons(
    _to: string,
    text: string,
    buttons: Button[],
    extra: Extra = {},
  ): Promise<void> {
    // One menu with that of the cards below.
    const options = menuOptions({ ...extra, quickReplies: null, buttons });
    await this.#sayText(menuBody(plainText(text), buttons, options), extra);
  }

  override async sendImageUrl(_to: string, image: string, extra: Extra = {}): Promise<void> {
    const media = imageAt(image, this.name);
    if (media === null) await this.#sayText(image, withoutMedia(extra));
    else await this.#sayFile(media, extra);
  }

  override async sendAttachment(
    recipientId: string,
    attachment: Attachment,
    extra: Extra = {},
  ): Promise<void> {
    const media = mediaOf(attachment, this.name);
    if (media === null) await super.sendAttachment(recipientId, attachment, extra);
    else await this.#sayFile(media, extra);
  }

  /** Cards with a picture are a message each; those without go together, since each one costs. */
  override async sendElements(_to: string, elements: Element[], extra: Extra = {}): Promise<void> {
    let together: string[] = [];
    const flush = async (): Promise<void> => {
      if (together.length > 0) await this.#sayText(together.join('\n\n'), withoutMedia(extra));
      together = [];
    };
    // All are looked at before the first goes: one of them may be refused.
    const all = cards(elements, this.menuAbove).map(({ text, image }) => ({
      text,
      image,
      media: image === null ? null : imageAt(image, this.name),
    }));
    for (const { text, image, media } of all) {
      if (media !== null && isSendable(media, this.#media)) {
        await flush();
        await this.#sayFile(media, extra, text);
      } else together.push(image === null ? text : `${text}\n${image}`);
    }
    await flush();
  }

  override async sendCustomJson(
    recipientId: string,
    json: JsonValue,
    extra: Extra = {},
  ): Promise<void> {
    const parameters = customParameters(json);
    if (parameters === null) await super.sendCustomJson(recipientId, json, extra);
    else await this.#say(parameters);
  }

  /** Says a text in as many messages as it takes; media of the response go with the first. */
  #sayText(text: string, extra: Extra): Promise<void> {
    const body = this.#folded(text);
    const parameters = parametersIn(extra);
    // Nearly every text is one message of nothing else.
    const isAlone = parameters === NO_PARAMETERS && body.length <= MAX_BODY && body.trim() !== '';
    return isAlone ? this.#say({ body }) : this.#sayParts(body, parameters);
  }

  #folded(text: string): string {
    const isSms = platformOf(this.#destination.to) === null;
    return isSms && this.#options.smartEncoding ? foldToGsm7(text) : text;
  }

  async #sayParts(body: string, said: MessageParameters): Promise<void> {
    if (said.contentSid !== undefined) return await this.#say(templateAlone(said));
    const { mediaUrl, ...parameters } = said;
    if (body.trim() === '') {
      if (mediaUrl !== undefined) await this.#sayMedia(mediaUrl, parameters);
      return;
    }
    const limit = (mediaUrl === undefined ? null : this.#media?.captionLength) ?? MAX_BODY;
    // Of a text that cannot be in GSM-7 as a whole, a part may be, if it is no longer for it than it may be.
    const parts = splitBody(body, limit).map((part) => {
      const folded = this.#folded(part);
      return folded.length <= limit ? folded : part;
    });
    const [first = '', ...others] = parts;
    if (mediaUrl === undefined) await this.#say({ ...parameters, body: first });
    else
      await this.#say({
        ...parameters,
        body: first,
        mediaUrl: mediaUrl.slice(0, this.#perMessage),
      });
    for (const other of others) await this.#say({ ...parameters, body: other });
    const rest = mediaUrl?.slice(this.#perMessage) ?? [];
    if (rest.length > 0) await this.#sayMedia(rest, parameters);
  }

  /** Sends media without a text, as many a message as the address takes. */
  async #sayMedia(mediaUrl: readonly string[], parameters: MessageParameters): Promise<void> {
    const perMessage = this.#perMessage;
    for (let from = 0; from < mediaUrl.length; from += perMessage) {
      await this.#say({ ...parameters, mediaUrl: mediaUrl.slice(from, from + perMessage) });
    }
  }

  /** Sends a file as media; as a link where the address or Twilio cannot take it. */
  async #sayFile(media: Media, extra: Extra, caption: string = ''): Promise<void> {
    const others = withoutMedia(extra);
    const asLink = [caption, mediaLink(media)].filter((line) => line !== '').join('\n');
    if (!isSendable(media, this.#media)) return await this.#sayText(asLink, others);
    const withMedia = { ...others, mediaUrl: [media.url] };
    try {
      await (caption === ''
        ? this.#sayMedia([media.url], parametersIn(others))
        : this.#sayText(caption, withMedia));
    } catch (error) {
      if (!(error instanceof DeliveryError) || !isMediaRefusal(error)) throw error;
      await this.#sayText(asLink, others);
    }
  }

  async #say(parameters: MessageParameters): Promise<void> {
    const destination = this.#destination;
    const receipt = await this.deliver(
      parameters,
      (payload, key) => this.#carrier.carry(destination, payload, key),
      this.#options.searchUnknown
        ? (key, since) => this.#search(parameters, key, since)
        : undefined,
    );
    const { sid } = receipt;
    if (typeof sid === 'string') (this.#sids ??= new Set()).add(sid);
  }

  async #search(
    parameters: MessageParameters,
    key: string,
    since: number,
  ): Promise<Receipt | null> {
    const among = { key, since, known: this.#sids ?? new Set<string>() };
    return (await this.#carrier.find?.(this.#destination, parameters, among)) ?? null;
  }
}

/** Media of a response's own go with its text. */
function withoutMedia(extra: Extra): Extra {
  return { ...extra, mediaUrl: undefined };
}
