import type { DeliveryError } from '@trunkline/core';
import { textAt } from './parse/fields.ts';
import { Pump } from './pump.ts';
import type { SlackMessage } from './render/message.ts';
import { textMessages } from './render/text.ts';
import { shownWhole } from './repair.ts';
import type { GrowingMessage, GrowingOptions } from './stream.ts';

/** Slack advises at most one update every three seconds; a long answer is updated less often. */
const INTERVAL_MS = 3_000;
const MAX_INTERVAL_MS = 12_000;
const GROWTH = 1.25;

/** One message that is edited as the text grows, where there are no streams. */
export class EditedMessage implements GrowingMessage {
  readonly #options: GrowingOptions;
  readonly #pump: Pump;
  #channel = '';
  #ts: string | null = null;
  #text = '';
  /** How much of the text was shown at last, when all of it was. */
  #shown = 0;
  /** What the message shows. */
  #seen: SlackMessage | null = null;

  constructor(options: GrowingOptions) {
    this.#options = options;
    this.#pump = new Pump(options.sender.services.options.clock, () => this.#edit());
    this.#pump.intervalMs = INTERVAL_MS;
  }

  async grow(text: string): Promise<void> {
    this.#text = text;
    if (this.#ts !== null) return this.#pump.wake();
    const { deliver, sender, extra } = this.#options;
    const messages = textMessages(text, extra);
    const [first] = messages;
    if (first === undefined) return;
    const receipt = await deliver(() => sender.post(first, extra, ''));
    this.#channel = textAt(receipt, 'channel') ?? '';
    this.#ts = textAt(receipt, 'ts');
    this.#show(text, messages);
    this.#pump.rest(INTERVAL_MS);
  }

  async finish(text: string): Promise<void> {
    this.#text = text;
    await this.#pump.stop();
    if (this.#ts === null) return;
    const [channel, ts, seen] = [this.#channel, this.#ts, this.#seen];
    const shown = this.#shown;
    await shownWhole(this.#options, { channel, ts, text, from: 0, shown, seen });
  }

  /** What has no room in the first message is not shown yet. */
  #show(text: string, messages: readonly SlackMessage[]): void {
    this.#seen = messages[0] ?? null;
    if (messages.length === 1) this.#shown = text.length;
  }

  /** Shows as much of the text as one message has room for. The end comes in any case. */
  async #edit(): Promise<void> {
    const { sender, extra } = this.#options;
    const text = this.#text;
    const messages = textMessages(text, extra);
    const [first] = messages;
    if (first === undefined || this.#ts === null) return;
    this.#pump.intervalMs = Math.min(MAX_INTERVAL_MS, this.#pump.intervalMs * GROWTH);
    try {
      await sender.update(this.#channel, this.#ts, first);
      this.#show(text, messages);
    } catch (error) {
      const { options } = sender.services;
      options.logger?.debug({ channel: options.name, err: error }, 'a message could not grow');
      const { retryAfterMs } = error as DeliveryError;
      if (retryAfterMs) this.#pump.rest(retryAfterMs);
    }
  }
}
