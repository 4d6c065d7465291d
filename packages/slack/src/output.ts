import {
  OutputChannel,
  type Attachment,
  type Button,
  type ChannelLimits,
  type Element,
  type Extra,
  type JsonValue,
  type QuickReply,
} from '@trunkline/core';
import type { SlackAddress } from './address.ts';
import { LIMITS } from './render/limits.ts';
import type { Rendered, SlackMessage } from './render/message.ts';
import { render } from './render/parts.ts';
import { Sender, type SendStep } from './sender.ts';
import type { Services } from './services.ts';

/** Says what the assistant says in one place on Slack. */
export class SlackOutput extends OutputChannel {
  override readonly name: string;
  override readonly limits: ChannelLimits = {
    textLength: LIMITS.markdown,
    buttonTitleLength: LIMITS.buttonText,
    buttonPayloadLength: LIMITS.buttonValue,
    elementCount: LIMITS.cards,
  };
  readonly #sender: Sender;

  constructor(services: Services, address: SlackAddress) {
    super();
    this.name = services.options.name;
    this.#sender = new Sender(services, address);
  }

  override async sendTextMessage(_to: string, text: string, extra: Extra = {}): Promise<void> {
    await this.#say(render.text(text, { extra }), extra);
  }

  override async sendImageUrl(_to: string, image: string, extra: Extra = {}): Promise<void> {
    await this.#say(render.image(image, { extra }), extra);
  }

  override async sendAttachment(
    _to: string,
    attachment: Attachment,
    extra: Extra = {},
  ): Promise<void> {
    await this.#say(render.attachment(attachment, { extra }), extra);
  }

  override async sendTextWithButtons(
    _to: string,
    text: string,
    buttons: Button[],
    extra: Extra = {},
  ): Promise<void> {
    await this.#say(render.buttons({ text, buttons }, { extra }), extra);
  }

  override async sendQuickReplies(
    _to: string,
    text: string,
    quickReplies: QuickReply[],
    extra: Extra = {},
  ): Promise<void> {
    await this.#say(render.quickReplies({ text, buttons: quickReplies }, { extra }), extra);
  }

  override async sendElements(_to: string, elements: Element[], extra: Extra = {}): Promise<void> {
    await this.#say(render.elements(elements, { extra }), extra);
  }

  override async sendCustomJson(_to: string, json: JsonValue, extra: Extra = {}): Promise<void> {
    await this.#say(render.custom(json, { extra }), extra);
  }

  /** Posts the messages of a part, each a step of the turn. */
  async #say({ messages, kept }: Rendered, extra: Extra): Promise<void> {
    for (const message of messages) {
      const step = this.#sender.step(message, extra, kept);
      await this.#take(step);
    }
  }

  async #take({ payload, send, wasSent }: SendStep<SlackMessage>): Promise<void> {
    await this.deliver(payload, send, wasSent);
  }
}
