import { DeliveryError, type BotMessage, type JsonObject, type Receipt } from '@trunkline/core';
import { teamOf } from './address.ts';
import { updateArgumentsOf } from './arguments.ts';
import { sendEither } from './either.ts';
import { textAt } from './parse/fields.ts';
import { renderResponse } from './render/response.ts';
import type { Services } from './services.ts';

/** What is changed of a message. */
export type PostedChange = string | BotMessage;

/**
 * A message that was sent, to be changed afterwards. Each method makes its request at once, not as a step
 * of the turn; made again in another run of it, it changes nothing more.
 */
export interface PostedMessage {
  /** The channel that it is in. */
  readonly channel: string;
  /** Its time, which names it there; `null` while it is only scheduled, or not known for a file. */
  readonly ts: string | null;
  /**
   * Says something else in its place.
   *
   * @throws DeliveryError - Slack refuses, or it does not fit into one message.
   */
  update(change: PostedChange): Promise<void>;
  /** Deletes it, or calls it off if it was scheduled. One that is gone is as good as deleted. */
  delete(): Promise<void>;
  /** Adds a reaction, `eyes` say. One that is there already is as good. */
  react(name: string): Promise<void>;
  /** Removes a reaction. One that is not there is as good as removed. */
  unreact(name: string): Promise<void>;
}

/** The handle on a message that a receipt names. */
export class Posted implements PostedMessage {
  readonly channel: string;
  readonly ts: string | null;
  readonly #services: Services;
  readonly #receipt: Receipt;

  constructor(services: Services, receipt: Receipt) {
    this.#services = services;
    this.#receipt = receipt;
    this.channel = textAt(receipt, 'channel') ?? '';
    this.ts = textAt(receipt, 'ts');
  }

  async update(change: PostedChange): Promise<void> {
    const response = typeof change === 'string' ? { text: change } : change;
    const { messages, kept, instead } = renderResponse(this.#services.options.name, response);
    const [message] = messages;
    if (message === undefined || messages.length > 1) {
      throw this.#refusal('what a message is changed to must be one message');
    }
    await this.#services.payloads.keep(kept);
    const name = this.#name('ts');
    await sendEither(message, instead.get(message) ?? [], {
      abilities: this.#services.abilities,
      team: textAt(this.#receipt, 'team') ?? '',
      send: (either) => this.#call('chat.update', { ...updateArgumentsOf(either), ...name }),
    });
  }

  async delete(): Promise<void> {
    const id = textAt(this.#receipt, 'scheduledId');
    if (id === null) return await this.#call('chat.delete', this.#name('ts'), 'message_not_found');
    const args = { channel: this.channel, scheduled_message_id: id };
    await this.#call('chat.deleteScheduledMessage', args, 'invalid_scheduled_message_id');
  }

  async react(name: string): Promise<void> {
    await this.#call('reactions.add', { ...this.#name('timestamp'), name }, 'already_reacted');
  }

  async unreact(name: string): Promise<void> {
    await this.#call('reactions.remove', { ...this.#name('timestamp'), name }, 'no_reaction');
  }

  #name(key: 'ts' | 'timestamp'): Record<string, unknown> {
    if (this.#receipt['ephemeral'] === true) {
      throw this.#refusal('what only one user sees cannot be changed: use its response_url');
    }
    if (this.ts === null) throw this.#refusal('the message is not there yet');
    return { channel: this.channel, [key]: this.ts };
  }

  async #call(method: string, args: Record<string, unknown>, asGood?: string): Promise<void> {
    try {
      await this.#services.clients.call(teamOf(this.#receipt), method, args);
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.platformCode !== asGood) throw error;
    }
  }

  #refusal(text: string): DeliveryError {
    return new DeliveryError(text, { channel: this.#services.options.name });
  }
}

/** The receipt of a message; `null` if nothing in it names one. */
export function receiptOf(receipts: readonly JsonObject[]): Receipt | null {
  const named = receipts.filter(({ ts, scheduledId }) => [ts, scheduledId].some(isText));
  return named.at(-1) ?? null;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
