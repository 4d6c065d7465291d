import { DeliveryError, type Receipt } from '@trunkline/core';
import { senderKey } from './accounts.ts';
import type { Destination } from './address.ts';
import type { Consent } from './consent.ts';
import { OPTED_OUT } from './errors.ts';
import type { Pace } from './pace.ts';
import type { MessageParameters } from './parameters.ts';
import type { TwilioMessages } from './twilio.ts';

/** Takes a message to a user. */
export interface Carrier {
  carry(destination: Destination, parameters: MessageParameters): Promise<Receipt>;
}

/** What a {@link RestCarrier} works with. */
export interface RestCarrierOptions {
  channel: string;
  messages: TwilioMessages;
  consent: Consent;
  pace: Pace;
}

/** Sends messages by Twilio's REST API. The only place that anything leaves by, retries included. */
export class RestCarrier implements Carrier {
  readonly #options: RestCarrierOptions;

  constructor(options: RestCarrierOptions) {
    this.#options = options;
  }

  /** @throws DeliveryError - Twilio did not take it, or the user has opted out. */
  async carry(destination: Destination, parameters: MessageParameters): Promise<Receipt> {
    const { channel, messages, consent, pace } = this.#options;
    const { sender, to } = destination;
    await assertConsent(channel, consent, destination);
    const key = senderKey(sender);
    await pace.take(key, 1);
    try {
      const message = await messages.create(sender.account, {
        to,
        ...(sender.from === null ? {} : { from: sender.from }),
        ...(sender.service === null ? {} : { messagingServiceSid: sender.service }),
        ...parameters,
      });
      return { sid: message.sid, status: message.status };
    } catch (error) {
      if (error instanceof DeliveryError) {
        if (error.platformCode === OPTED_OUT) await consent.optOut(sender, to, OPTED_OUT);
        if (QUEUE_FULL.has(error.platformCode ?? '')) pace.hold(key, error.retryAfterMs ?? 0);
      }
      throw error;
    }
  }
}

/** The sender has more under way than Twilio keeps for it. */
const QUEUE_FULL = new Set(['21611', '30001']);

/** @throws DeliveryError - the user has opted out. */
export async function assertConsent(
  channel: string,
  consent: Consent,
  { sender, to }: Destination,
): Promise<void> {
  if (!(await consent.isOptedOut(sender, to))) return;
  throw new DeliveryError('nothing is sent to a recipient who has opted out', {
    channel,
    code: 'opted_out',
    platformCode: OPTED_OUT,
  });
}
