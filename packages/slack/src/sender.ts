import { DeliveryError, type Extra, type JsonObject, type Receipt } from '@trunkline/core';
import { isDirect, type SlackAddress } from './address.ts';
import { argumentsOf, methodOf } from './arguments.ts';
import { textAt } from './parse/fields.ts';
import { findSent, STEP_EVENT } from './find-sent.ts';
import type { SlackMessage } from './render/message.ts';
import type { KeptPayload } from './render/payload-keys.ts';
import type { Services } from './services.ts';

/** One request, as `deliver` takes it. */
export interface SendStep<P> {
  payload: P;
  send: (payload: P, key: string) => Promise<Receipt>;
  wasSent?: (key: string) => Promise<Receipt | null>;
}

/** Posts messages in one place. */
export class Sender {
  readonly services: Services;
  readonly address: SlackAddress;
  #isNoted = false;

  constructor(services: Services, address: SlackAddress) {
    this.services = services;
    this.address = address;
  }

  /** The step that posts a message. */
  step(message: SlackMessage, extra: Extra, kept: readonly KeptPayload[]): SendStep<SlackMessage> {
    const { findSent: asks } = this.services.options;
    const step: SendStep<SlackMessage> = {
      payload: message,
      send: async (payload, key) => {
        await this.#keep(kept);
        return await this.post(payload, extra, key);
      },
    };
    if (asks) step.wasSent = (key) => findSent(this.services.clients, this.address, key);
    return step;
  }

  /** Posts a message. Resolves to what names it. */
  async post(message: SlackMessage, extra: Extra, key: string): Promise<Receipt> {
    const { clients, options } = this.services;
    const { team, enterprise = null } = this.address;
    const method = methodOf(extra);
    const args = argumentsOf(message, extra, this.address);
    if (options.findSent && args['metadata'] === undefined) {
      args['metadata'] = { event_type: STEP_EVENT, event_payload: { key } };
    }
    const channel = textAt(args as JsonObject, 'channel') ?? this.address.channel;
    await clients.pace.post(`${team}:${channel}`);
    const answer = await clients.call(this.address, method, serialized(args));
    const receipt: Receipt = { team, channel: textAt(answer, 'channel') ?? channel };
    if (enterprise !== null) receipt['enterprise'] = enterprise;
    const ts = textAt(answer, 'ts') ?? textAt(answer, 'message_ts');
    if (ts !== null) receipt['ts'] = ts;
    const scheduled = textAt(answer, 'scheduled_message_id');
    if (scheduled !== null) receipt['scheduledId'] = scheduled;
    if (method === 'chat.postEphemeral') receipt['ephemeral'] = true;
    await this.#noteThread(textAt(args as JsonObject, 'thread_ts'));
    return receipt;
  }

  async #keep(kept: readonly KeptPayload[]): Promise<void> {
    if (kept.length === 0) return;
    try {
      await this.services.payloads.keep(kept);
    } catch (error) {
      throw new DeliveryError('the payloads of the buttons could not be stored', {
        channel: this.services.options.name,
        retryable: true,
        cause: error,
      });
    }
  }

  /** The bot has spoken in a thread: what is said there from now on is for it. */
  async #noteThread(thread: string | null): Promise<void> {
    const { team, channel } = this.address;
    if (thread === null || this.#isNoted || isDirect(this.address)) return;
    const { threads, options } = this.services;
    try {
      await threads.add({ team, channel, thread });
      this.#isNoted = true;
    } catch (error) {
      // The message is posted, and must not be again.
      options.logger?.warn({ channel: options.name, err: error }, 'a thread could not be noted');
    }
  }
}

/** Written out here: the SDK would look for tokens in every block, however deep. */
function serialized(args: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? JSON.stringify(value) : value,
    ]),
  );
}
