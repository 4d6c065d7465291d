import type { Attachment, Button } from '../message/bot-message.ts';
import type { JsonValue } from '../message/json.ts';
import {
  collectAttachment,
  collectButtons,
  collectCustomJson,
  collectImage,
  collectText,
  type CollectedMessage,
} from './collected.ts';
import { OutputChannel } from './output-channel.ts';

/**
 * Collects responses in a list and sends nothing: for channels that answer within the request.
 *
 * @see Rasa's `CollectingOutputChannel`
 */
export class CollectingOutputChannel extends OutputChannel {
  override readonly name: string;
  override readonly responseAliases = ['collector'] as const;

  /** What was said so far. */
  readonly messages: CollectedMessage[] = [];

  /** @param name - The channel that it collects for. @defaultValue `collector` */
  constructor(name = 'collector') {
    super();
    this.name = name;
  }

  /** The last thing said, or `null`. */
  latestOutput(): CollectedMessage | null {
    return this.messages.at(-1) ?? null;
  }

  override async sendTextMessage(recipientId: string, text: string): Promise<void> {
    this.messages.push(...collectText(recipientId, text));
  }

  override async sendTextWithButtons(
    recipientId: string,
    text: string,
    buttons: Button[],
  ): Promise<void> {
    this.messages.push(collectButtons(recipientId, text, buttons));
  }

  override async sendImageUrl(recipientId: string, image: string): Promise<void> {
    this.messages.push(collectImage(recipientId, image));
  }

  override async sendAttachment(recipientId: string, attachment: Attachment): Promise<void> {
    this.messages.push(collectAttachment(recipientId, attachment));
  }

  override async sendCustomJson(recipientId: string, json: JsonValue): Promise<void> {
    this.messages.push(collectCustomJson(recipientId, json));
  }
}
