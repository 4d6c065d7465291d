import {
  OutputChannel,
  responseFor,
  type Attachment,
  type BotMessage,
  type Button,
  type ChannelLimits,
  type Element,
  type Extra,
  type InterruptedStream,
  type JsonValue,
  type QuickReply,
} from '@trunkline/core';
import type { SlackAddress } from './address.ts';
import { LIMITS } from './render/limits.ts';
import type { Rendered } from './render/message.ts';
import { render } from './render/parts.ts';
import { withOwnBlocks } from './render/response.ts';
import { assertSchedulable } from './scheduled.ts';
import { Sender } from './sender.ts';
import type { Services } from './services.ts';
import { upload, uploadOf } from './uploads.ts';
import { StreamedAnswer } from './stream.ts';

/** Says what the assistant says in one place on Slack. */
export class SlackOutput extends OutputChannel {
  override readonly name: string;
  override readsTrackerState = false;
  override readonly limits: ChannelLimits = {
    textLength: LIMITS.markdown,
    buttonTitleLength: LIMITS.buttonText,
    buttonPayloadLength: LIMITS.buttonValue,
    elementCount: LIMITS.cards,
  };
  readonly #sender: Sender;
  #stream: StreamedAnswer | null = null;

  constructor(services: Services, address: SlackAddress) {
    super();
    this.name = services.options.name;
    this.#sender = new Sender(services, address);
  }

  override async sendResponse(to: string, message: BotMessage): Promise<void> {
    // Ahead of all parts: nothing of it is said then.
    assertSchedulable(this.name, responseFor(this.name, message));
    await super.sendResponse(to, withOwnBlocks(this.name, message));
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
    const file = uploadOf(attachment);
    if (file === null) return await this.#say(render.attachment(attachment, { extra }), extra);
    assertSchedulable(this.name, { ...extra, attachment });
    // Its bytes are in the response already, and in no journal.
    const { name } = file;
    await this.deliver({ upload: name }, () => upload(this.#sender, file, extra));
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

  /** Shows the status, again if need be: a message takes it away. */
  override async sendTyping(): Promise<void> {
    this.#sender.status.show();
  }

  override turnStarted(): void {
    this.#sender.status.begin();
  }

  override turnEnded(): void {
    this.#sender.status.end();
  }

  override async sendResponseChunkStart(to: string, extra: Extra = {}): Promise<void> {
    const { services, address } = this.#sender;
    const own = responseFor(this.name, extra);
    assertSchedulable(this.name, own);
    this.#stream = new StreamedAnswer({
      sender: this.#sender,
      extra: own,
      deliver: (send) => this.deliver({}, send),
      onStopped: () => services.background.add(cancelTurn(services, to, address.team)),
    });
  }

  override async sendResponseChunk(_to: string, chunk: string): Promise<void> {
    await this.#stream?.add(chunk);
  }

  override async sendResponseChunkEnd(): Promise<void> {
    const stream = this.#stream;
    this.#stream = null;
    await stream?.end();
  }

  /**
   * Takes back what was shown of a stream that was cut: its text is said anew, whole. Not to a user who has
   * stopped it meanwhile.
   */
  override async sendResponseChunkInterrupted(
    to: string,
    { receipts }: InterruptedStream,
  ): Promise<void> {
    const { services, address } = this.#sender;
    for (const receipt of receipts) {
      if (typeof receipt['ts'] !== 'string') continue;
      let isStopped = false;
      await this.deliver(receipt, async (payload) => {
        isStopped = !(await this.#sender.takeBack(payload));
        return {};
      });
      if (isStopped) return await cancelTurn(services, to, address.team);
    }
  }

  /** Posts the messages of a part, each a step of the turn. */
  async #say(made: Rendered, extra: Extra): Promise<void> {
    for (const message of made.messages) {
      const { payload, send, wasSent } = this.#sender.step(message, extra, made);
      await this.deliver(payload, send, wasSent);
    }
  }
}

/**
 * Ends the turn of a conversation. That it cannot be ended fails nothing, since it ends by itself; but
 * somebody has pressed a button that does nothing.
 */
async function cancelTurn(
  { turns, options }: Services,
  senderId: string,
  account: string,
): Promise<void> {
  try {
    await turns.cancel({ senderId, account });
  } catch (error) {
    options.logger?.error(
      { channel: options.name, err: error },
      'a turn could not be ended that the user has stopped: it runs on',
    );
  }
}
