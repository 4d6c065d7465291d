/* Output channels with one fault each. */
import {
  elementText,
  OutputChannel,
  splitText,
  type Attachment,
  type BotMessage,
  type Button,
  type ChannelLimits,
  type Element,
  type Extra,
  type QuickReply,
} from '@trunkline/core';
import { RecordingOutput } from '@trunkline/testing';

/** Says everything, and streams as well: without a fault. */
export class StreamingOutput extends RecordingOutput {
  override async sendResponseChunk(recipientId: string, chunk: string): Promise<void> {
    await super.sendTextMessage(recipientId, chunk);
  }
}

/** Ported from Rasa with its flag, and says so: without a fault. */
export class PortedOutput extends StreamingOutput {
  override readonly repeatsStreamedText: boolean = true;
  #isStreamed = false;

  override async sendResponseChunkStart(): Promise<void> {
    this.#isStreamed = true;
  }

  override async sendTextMessage(recipientId: string, text: string): Promise<void> {
    if (this.#isStreamed) this.#isStreamed = false;
    else await super.sendTextMessage(recipientId, text);
  }
}

class Nameless extends RecordingOutput {
  override readonly name = '';
}

class Silent extends RecordingOutput {
  override async sendTextMessage(): Promise<void> {}
}

class Ascii extends RecordingOutput {
  override async sendTextMessage(recipientId: string, text: string): Promise<void> {
    await super.sendTextMessage(recipientId, text.replaceAll(/[^ -~]/g, '?'));
  }
}

class Truncating extends RecordingOutput {
  override async sendTextMessage(recipientId: string, text: string): Promise<void> {
    await super.sendTextMessage(recipientId, text.slice(0, 1600));
  }
}

class WithoutImages extends RecordingOutput {
  override async sendImageUrl(recipientId: string): Promise<void> {
    await this.sendTextMessage(recipientId, 'an image');
  }
}

class OneAttachmentForm extends RecordingOutput {
  override async sendAttachment(recipientId: string, attachment: Attachment): Promise<void> {
    const { url } = attachment as { url: string };
    await this.sendTextMessage(recipientId, new URL(url).href);
  }
}

/** As Rasa's own default does. */
class Popping extends RecordingOutput {
  override async sendTextWithButtons(to: string, text: string, buttons: Button[]): Promise<void> {
    await this.sendTextMessage(to, text);
    for (let button = buttons.shift(); button; button = buttons.shift()) {
      await this.sendTextMessage(to, button.title);
    }
  }
}

class NeedingPayloads extends RecordingOutput {
  override async sendTextWithButtons(to: string, text: string, buttons: Button[]): Promise<void> {
    const rows = buttons.map(({ title, payload = '' }) => {
      if (payload === '') throw new Error('a button needs a payload');
      return title;
    });
    await this.sendTextMessage(to, [text, ...rows].join('\n'));
  }
}

class ThreeButtons extends RecordingOutput {
  override async sendTextWithButtons(to: string, text: string, buttons: Button[]): Promise<void> {
    await super.sendTextWithButtons(to, text, buttons.slice(0, 3));
  }
}

class NeedingText extends RecordingOutput {
  override async sendTextWithButtons(to: string, text: string, buttons: Button[]): Promise<void> {
    if (text === '') throw new Error('no_text');
    await super.sendTextWithButtons(to, text, buttons);
  }
}

class WithoutQuickReplies extends RecordingOutput {
  override async sendQuickReplies(to: string, text: string): Promise<void> {
    await this.sendTextMessage(to, text);
  }
}

class PlainElements extends RecordingOutput {
  override async sendElements(to: string, elements: Element[]): Promise<void> {
    for (const element of elements) await this.sendTextMessage(to, elementText(element));
  }
}

class WithoutCustomJson extends RecordingOutput {
  override async sendCustomJson(): Promise<void> {}
}

/** Routes responses itself, and knows nothing of Rasa's order. */
class OwnRouting extends RecordingOutput {
  override async sendResponse(to: string, message: BotMessage): Promise<void> {
    const { text = '', image, buttons, quickReplies, custom, attachment, elements } = message;
    if (image) await this.sendImageUrl(to, image);
    await this.sendTextWithButtons(to, text ?? '', [...(buttons ?? []), ...(quickReplies ?? [])]);
    if (custom) await this.sendCustomJson(to, custom);
    if (attachment) await this.sendAttachment(to, attachment);
    if (elements) await this.sendElements(to, [...elements]);
  }
}

class NeverEmpty extends RecordingOutput {
  override async sendResponse(to: string, message: BotMessage): Promise<void> {
    const before = this.sent.length;
    await super.sendResponse(to, message);
    if (this.sent.length === before) await this.sendTextMessage(to, '');
  }
}

class CuriousAboutExtras extends RecordingOutput {
  override async sendTextMessage(to: string, text: string, extra: Extra = {}): Promise<void> {
    // What a cast promises, and nobody keeps.
    for (const value of Object.values(extra)) (value as object).valueOf();
    await super.sendTextMessage(to, text, extra);
  }
}

class WithoutTyping extends RecordingOutput {
  override async sendTyping(): Promise<void> {
    throw new Error('not supported');
  }
}

class ShowingNoChunks extends RecordingOutput {
  override async sendResponseChunk(): Promise<void> {}
}

/** Ported from Rasa with its flag, and does not say so. */
class Flagged extends PortedOutput {
  override readonly repeatsStreamedText: boolean = false;
}

/** Says that it has Rasa's flag, and has none. */
class Repeating extends StreamingOutput {
  override readonly repeatsStreamedText: boolean = true;
}

class OneStream extends StreamingOutput {
  #isOpen = false;

  override async sendResponseChunkStart(): Promise<void> {
    if (this.#isOpen) throw new Error('there is a stream already');
    this.#isOpen = true;
  }
}

class NeedingChunks extends StreamingOutput {
  #last: string | null = null;

  override async sendResponseChunk(to: string, chunk: string): Promise<void> {
    this.#last = chunk;
    await super.sendResponseChunk(to, chunk);
  }

  override async sendResponseChunkEnd(): Promise<void> {
    if (this.#last === null) throw new Error('no message to edit');
  }
}

/** Every fault, and the checks that find it. */
export const BROKEN_OUTPUTS: [fault: string, make: () => RecordingOutput, finds: string[]][] = [
  ['has no name', () => new Nameless(), ['has a name']],
  ['drops what is not ASCII', () => new Ascii(), ['delivers a text in any script']],
  ['cuts texts off', () => new Truncating(), ['delivers a long text, in one piece or in several']],
  [
    'drops the URL of an image',
    () => new WithoutImages(),
    [
      'shows an image by its URL',
      'says text, custom JSON, image, attachment and elements in this order',
      'takes extra keys that it does not know',
    ],
  ],
  [
    'knows one form of attachments',
    () => new OneAttachmentForm(),
    ['sends an attachment in each of its forms'],
  ],
  ['empties the list of buttons', () => new Popping(), ['changes nothing that it is given']],
  [
    'needs a payload',
    () => new NeedingPayloads(),
    ['offers buttons that have no payload, open a page or carry more'],
  ],
  [
    'drops the fourth button',
    () => new ThreeButtons(),
    ['offers every button, however many there are'],
  ],
  ['needs a text', () => new NeedingText(), ['offers buttons without a text']],
  [
    'drops quick replies',
    () => new WithoutQuickReplies(),
    ['offers quick replies below a text', 'prefers quick replies to buttons'],
  ],
  [
    'drops the buttons of elements',
    () => new PlainElements(),
    ['shows elements with their buttons'],
  ],
  [
    'drops custom JSON',
    () => new WithoutCustomJson(),
    [
      'passes custom JSON on',
      'says text, custom JSON, image, attachment and elements in this order',
    ],
  ],
  [
    'routes responses in its own way',
    () => new OwnRouting(),
    [
      'prefers quick replies to buttons',
      'says text, custom JSON, image, attachment and elements in this order',
      'says what a response has for this channel instead',
      'sends nothing for a response without content',
    ],
  ],
  ['sends empty texts', () => new NeverEmpty(), ['sends nothing for a response without content']],
  [
    'looks into keys that it does not know',
    () => new CuriousAboutExtras(),
    ['takes extra keys that it does not know'],
  ],
  [
    'cannot show that it types',
    () => new WithoutTyping(),
    ['can be asked to show that an answer is being made'],
  ],
  [
    'shows no chunks',
    () => new ShowingNoChunks(),
    [
      'shows a streamed response',
      'shows one stream after the other',
      'goes on after a stream that was cut short',
    ],
  ],
  [
    'swallows the text after a stream',
    () => new Flagged(),
    [
      'shares nothing with the channel of another conversation',
      'delivers a text that follows a stream',
      'goes on after a stream that was cut short',
      'goes on after a stream in which nothing came',
    ],
  ],
  [
    'says a streamed text twice',
    () => new Repeating(),
    ['does not send a streamed text twice, where it asks for Rasa’s repetition'],
  ],
  [
    'knows one stream only',
    () => new OneStream(),
    ['shows one stream after the other', 'goes on after a stream that was cut short'],
  ],
  [
    'needs a chunk',
    () => new NeedingChunks(),
    [
      'shares nothing with the channel of another conversation',
      'goes on after a stream in which nothing came',
    ],
  ],
];

/** Sends nothing at all. */
export const silentOutput = (): RecordingOutput => new Silent();

/** A platform with buttons, cards and limits, and how the channel keeps to them. */
class BoundedOutput extends OutputChannel {
  readonly name = 'bounded';
  override readonly limits: ChannelLimits;
  /** What it does for its limits; the others are not kept. */
  readonly #kept: Required<ChannelLimits>;
  readonly payloads: object[] = [];

  constructor(limits: ChannelLimits, kept: ChannelLimits = limits) {
    super();
    this.limits = limits;
    this.#kept = { ...NO_LIMITS, ...kept };
  }

  async sendTextMessage(_to: string, text: string): Promise<void> {
    for (const part of splitText(text, this.#kept.textLength)) this.payloads.push({ text: part });
  }

  override async sendTextWithButtons(to: string, text: string, all: Button[]): Promise<void> {
    await this.#offer(to, text, all, this.#kept.buttonCount);
  }

  override async sendQuickReplies(to: string, text: string, all: QuickReply[]): Promise<void> {
    await this.#offer(to, text, all, this.#kept.quickReplyCount);
  }

  override async sendElements(to: string, elements: Element[]): Promise<void> {
    const count = this.#kept.elementCount;
    for (let from = 0; from < elements.length; from += count) {
      this.payloads.push({ cards: elements.slice(from, from + count) });
    }
    await Promise.resolve(to);
  }

  async #offer(to: string, text: string, all: Button[], count: number): Promise<void> {
    await this.sendTextMessage(to, text);
    const { buttonTitleLength, buttonPayloadLength } = this.#kept;
    const buttons = all.map(({ title, payload = '', ...rest }) => ({
      ...rest,
      title: title.slice(0, buttonTitleLength),
      payload: payload.slice(0, buttonPayloadLength),
    }));
    for (let from = 0; from < buttons.length; from += count) {
      this.payloads.push({ buttons: buttons.slice(from, from + count) });
    }
  }
}

const NO_LIMITS: Required<ChannelLimits> = {
  textLength: 1_000_000,
  buttonCount: 1_000,
  buttonTitleLength: 1_000,
  buttonPayloadLength: 10_000,
  quickReplyCount: 1_000,
  elementCount: 1_000,
};

const STATED: Required<ChannelLimits> = {
  textLength: 2000,
  buttonCount: 5,
  buttonTitleLength: 20,
  buttonPayloadLength: 100,
  quickReplyCount: 13,
  elementCount: 10,
};

const without = (limit: keyof ChannelLimits) => (): BoundedOutput => {
  const { [limit]: _forgotten, ...kept } = STATED;
  return new BoundedOutput(STATED, kept);
};

/** Channels with limits, and what the check of them says; `null` where there is nothing to say. */
export const BOUNDED_OUTPUTS: [what: string, make: () => BoundedOutput, says: string | null][] = [
  ['is within its limits (none)', () => new BoundedOutput(STATED), null],
  ['does not split texts', without('textLength'), 'with splitText(text, limits.textLength)'],
  [
    'sends all buttons at once',
    without('buttonCount'),
    'a list of 11 was sent, and limits.buttonCount is 5',
  ],
  ['sends all quick replies at once', without('quickReplyCount'), 'limits.quickReplyCount is 13'],
  ['sends all elements at once', without('elementCount'), 'limits.elementCount is 10'],
  ['sends long titles', without('buttonTitleLength'), 'limits.buttonTitleLength is 20'],
  ['sends long payloads', without('buttonPayloadLength'), 'limits.buttonPayloadLength is 100'],
];
