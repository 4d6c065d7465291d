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
 * What a {@link QueueOutputChannel} yields. `start` and `end` enclose the chunks of a stream; a
 * reader that does not care takes the messages of `message` and `chunk`.
 */
export interface QueuedOutput {
  /** What happened. */
  kind: 'message' | 'start' | 'chunk' | 'end';
  /** The message, a chunk as its `text`; `start` and `end` carry the recipient only. */
  message: CollectedMessage;
}

/** How many outputs may wait for the reader before the assistant is held back. */
const HIGH_WATER_MARK = 64;

/**
 * Collects responses in a queue that can be read while it fills, by one reader:
 *
 * ```ts
 * import { QueueOutputChannel } from '@trunkline/core';
 *
 * const output = new QueueOutputChannel();
 * for await (const { kind, message } of output) console.log(kind, message);
 * ```
 *
 * The reading ends after {@link QueueOutputChannel.close}, when everything was read. A reader that is slow holds the
 * assistant back; once it stops reading, what is said afterwards is dropped.
 *
 * @see Rasa's `QueueOutputChannel`
 */
export class QueueOutputChannel extends OutputChannel implements AsyncIterable<QueuedOutput> {
  override readonly name: string;
  override readonly responseAliases = ['queue'] as const;

  readonly #queue: QueuedOutput[] = [];
  #closed = false;
  #wakeReader: (() => void) | null = null;
  #wakeWriters: (() => void)[] = [];

  /** @param name - The channel that it collects for. @defaultValue `queue` */
  constructor(name = 'queue') {
    super();
    this.name = name;
  }

  /** Nothing more will be said. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Reads what was said, as soon as it is said. For one reader. */
  async *[Symbol.asyncIterator](): AsyncGenerator<QueuedOutput, void, undefined> {
    try {
      for (;;) {
        const next = this.#queue.shift();
        if (next !== undefined) {
          if (this.#queue.length < HIGH_WATER_MARK) this.#wakeAllWriters();
          yield next;
        } else if (this.#closed) {
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wakeReader = resolve));
        }
      }
    } finally {
      this.#queue.length = 0;
      this.close();
    }
  }

  override async sendTextMessage(recipientId: string, text: string): Promise<void> {
    for (const message of collectText(recipientId, text)) await this.#put('message', message);
  }

  override async sendTextWithButtons(
    recipientId: string,
    text: string,
    buttons: Button[],
  ): Promise<void> {
    await this.#put('message', collectButtons(recipientId, text, buttons));
  }

  override async sendImageUrl(recipientId: string, image: string): Promise<void> {
    await this.#put('message', collectImage(recipientId, image));
  }

  override async sendAttachment(recipientId: string, attachment: Attachment): Promise<void> {
    await this.#put('message', collectAttachment(recipientId, attachment));
  }

  override async sendCustomJson(recipientId: string, json: JsonValue): Promise<void> {
    await this.#put('message', collectCustomJson(recipientId, json));
  }

  override async sendResponseChunkStart(recipientId: string): Promise<void> {
    await this.#put('start', { recipient_id: recipientId });
  }

  override async sendResponseChunk(recipientId: string, chunk: string): Promise<void> {
    await this.#put('chunk', { recipient_id: recipientId, text: chunk });
  }

  override async sendResponseChunkEnd(recipientId: string): Promise<void> {
    await this.#put('end', { recipient_id: recipientId });
  }

  async #put(kind: QueuedOutput['kind'], message: CollectedMessage): Promise<void> {
    if (this.#closed) return;
    this.#queue.push({ kind, message });
    this.#wakeReader?.();
    this.#wakeReader = null;
    if (this.#queue.length >= HIGH_WATER_MARK) {
      await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
    }
  }

  #wake(): void {
    this.#wakeReader?.();
    this.#wakeReader = null;
    this.#wakeAllWriters();
  }

  #wakeAllWriters(): void {
    for (const wake of this.#wakeWriters.splice(0)) wake();
  }
}
