import {
  OutputChannel,
  type Attachment,
  type BotMessage,
  type Button,
  type ChannelLimits,
  type Element,
  type Extra,
  type JsonValue,
  type QuickReply,
  type Receipt,
} from '@trunkline/core';
import type { Destination } from './address.ts';
import type { Carrier } from './carrier.ts';
import { customParameters, parametersIn, type MessageParameters } from './parameters.ts';
import { MAX_BODY, splitBody } from './render/split.ts';

/** What an {@link SmsOutput} works with. */
export interface SmsOutputOptions {
  name: string;
  destination: Destination;
  /** Takes messages to the user. */
  carrier: Carrier;
}

/** Sends responses as SMS and MMS: see README.md for what becomes of each part. */
export class SmsOutput extends OutputChannel {
  override readonly name: string;
  override readonly limits: ChannelLimits = { textLength: MAX_BODY };
  override readonly numbersChoices: boolean = true;

  readonly #options: SmsOutputOptions;

  constructor(options: SmsOutputOptions) {
    super();
    this.name = options.name;
    this.#options = options;
  }

  override async sendTextMessage(_to: string, text: string, extra: Extra = {}): Promise<void> {
    const parameters = parametersIn(extra);
    for (const body of splitBody(text)) await this.#say({ ...parameters, body });
  }

  async #say(parameters: MessageParameters): Promise<Receipt> {
    const { carrier, destination } = this.#options;
    return await this.deliver(parameters, (payload) => carrier.carry(destination, payload));
  }
}
