import { DeliveryError, isOptedOut, type Logger, type Receipt } from '@trunkline/core';
import {
  asChannelOf,
  platformOf,
  samePhone,
  senderKey,
  type Accounts,
  type Sender,
} from './accounts.ts';
import type { Destination } from './address.ts';
import type { Consent } from './consent.ts';
import { OPTED_OUT } from './errors.ts';
import type { Pace } from './pace.ts';
import type { MessageParameters } from './parameters.ts';
import { segmentsOf } from './render/segments.ts';
import { MAX_BODY } from './render/split.ts';
import type { Statuses } from './statuses.ts';
import type { TwilioMessage, TwilioMessages } from './twilio.ts';

/** Takes a message to a user. */
export interface Carrier {
  /**
   * @param key - What names the step.
   * @throws DeliveryError - it was not taken.
   */
  carry(destination: Destination, parameters: MessageParameters, key: string): Promise<Receipt>;

  /** Looks for a message that may have been sent, by what is in it. */
  find?(
    destination: Destination,
    parameters: MessageParameters,
    among: FindOptions,
  ): Promise<Receipt | null>;
}

/** Where {@link Carrier.find} looks. */
export interface FindOptions {
  /** What names its step. */
  key: string;
  /** Before this nothing of it was sent, in milliseconds since 1970. */
  since: number;
  /** SIDs of others. */
  known: ReadonlySet<string>;
}

/** What a {@link RestCarrier} works with. */
export interface RestCarrierOptions {
  channel: string;
  accounts: Accounts;
  messages: TwilioMessages;
  consent: Consent;
  pace: Pace;
  statuses: Statuses;
  /** Whether messages of an unknown outcome are looked for. */
  searchUnknown: boolean;
  /** Where Twilio reports what became of a message. */
  statusCallback: string | null;
  logger: Logger | null;
}

/** How much the clocks of this machine and Twilio's may differ, in milliseconds. */
const CLOCKS_DIFFER_MS = 5_000;

/** Of how many messages it is known which step sent them: far more than a conversation has in a search. */
const MAX_KEYS = 10_000;

/** Sends messages by Twilio's REST API. The only place that any leave by, retries included. */
export class RestCarrier implements Carrier {
  readonly #options: RestCarrierOptions;
  /** Which step sent a message, by its SID, the oldest first: the same text may be another's. */
  readonly #keys = new Map<string, string>();

  constructor(options: RestCarrierOptions) {
    this.#options = options;
  }

  /** That somebody else has opted out is a failure like others: the user of the conversation wants an answer. */
  async carry(
    destination: Destination,
    parameters: MessageParameters,
    key: string,
  ): Promise<Receipt> {
    try {
      return await this.#send(destination, parameters, key);
    } catch (cause) {
      const { to = destination.to } = parameters;
      if (!isOptedOut(cause) || samePhone(to) === samePhone(destination.to)) throw cause;
      throw new DeliveryError('a message was for somebody else, who has opted out', {
        channel: this.#options.channel,
        platformCode: OPTED_OUT,
        cause,
      });
    }
  }

  async #send(
    destination: Destination,
    parameters: MessageParameters,
    key: string,
  ): Promise<Receipt> {
    const { channel, messages, consent, pace, statuses, statusCallback } = this.#options;
    const { to = destination.to } = parameters;
    const sender = this.#senderOf(destination, parameters);
    const aim: Destination = { sender, to };
    const segments = segmentsIn(to, parameters);
    // Twilio has a queue for each number, also for those of one service, and another for its WhatsApp.
    const number = senderKey(sender.from === null ? sender : { ...sender, service: null });
    const queue = `${platformOf(to) ?? 'sms'} ${number}`;
    await pace.take(queue, segments?.count ?? 1);
    // After the wait: they may opt out meanwhile.
    await assertConsent(channel, consent, aim);
    try {
      const message = await messages.create(sender.account, {
        ...(statusCallback === null ? {} : { statusCallback }),
        ...parameters,
        to,
        ...(sender.from === null ? {} : { from: sender.from }),
        ...(sender.service === null ? {} : { messagingServiceSid: sender.service }),
      });
      this.#noteKey(message.sid, key);
      if (statuses.areWanted) await statuses.sent(aim, message);
      return receiptOf(message, segments);
    } catch (error) {
      // Nothing else is thrown by what is above.
      const { platformCode, retryAfterMs } = error as DeliveryError;
      if (platformCode === OPTED_OUT) await this.#noteOptOut(sender, to);
      if (QUEUE_FULL.has(platformCode ?? '')) pace.hold(queue, retryAfterMs ?? 0);
      throw error;
    }
  }

  #noteKey(sid: string, key: string): void {
    if (!this.#options.searchUnknown) return;
    this.#keys.set(sid, key);
    if (this.#keys.size <= MAX_KEYS) return;
    for (const oldest of this.#keys.keys()) return void this.#keys.delete(oldest);
  }

  /** Twilio has told of an opt-out. What it means for the message does not depend on the store. */
  async #noteOptOut(sender: Sender, to: string): Promise<void> {
    const { channel, consent, logger } = this.#options;
    try {
      await consent.optOut(sender, to, OPTED_OUT);
    } catch (error) {
      const text = 'an opt-out was not noted: the next message is refused by Twilio again';
      logger?.error({ channel, err: error, platformCode: OPTED_OUT }, text);
    }
  }

  /** Who sends: the conversation's, unless the response names another, of whom users opt out apart. */
  #senderOf(destination: Destination, parameters: MessageParameters): Sender {
    const { from, messagingServiceSid: service, to = destination.to } = parameters;
    let { sender } = destination;
    if (from !== undefined || service !== undefined) {
      const { accountSid } = sender.account;
      sender = this.#options.accounts.receiver(accountSid, from ?? null, service ?? null);
    }
    // Custom JSON may be for somebody on another platform than the conversation's.
    const own = sender.from === null ? null : asChannelOf(to, sender.from);
    return own === sender.from ? sender : { ...sender, from: own };
  }

  async find(
    destination: Destination,
    parameters: MessageParameters,
    { key, since, known }: FindOptions,
  ): Promise<Receipt | null> {
    const { to = destination.to } = parameters;
    const sender = this.#senderOf(destination, parameters);
    const earliest = new Date(since - CLOCKS_DIFFER_MS);
    const found = await this.#options.messages.search(sender.account, {
      to,
      from: sender.from,
      since: earliest,
    });
    const body = parameters.body ?? '';
    const sent = found.find(
      (message) =>
        (message.body ?? '') === body &&
        !known.has(message.sid) &&
        (this.#keys.get(message.sid) ?? key) === key &&
        (message.dateCreated === null || message.dateCreated >= earliest),
    );
    return sent === undefined ? null : receiptOf(sent, segmentsIn(to, parameters));
  }
}

/** The sender has more under way than Twilio keeps for it. */
const QUEUE_FULL = new Set(['21611', '30001']);

interface SegmentCount {
  count: number;
  encoding: string;
}

/** What is billed: segments of an SMS. An MMS, a template and other platforms know none. */
function segmentsIn(to: string, { body, mediaUrl }: MessageParameters): SegmentCount | null {
  if (platformOf(to) !== null || mediaUrl !== undefined || body === undefined) return null;
  // Twilio refuses it: nobody is to wait for its segments.
  return body.length > MAX_BODY ? null : segmentsOf(body);
}

function receiptOf({ sid, status }: TwilioMessage, segments: SegmentCount | null): Receipt {
  return segments === null
    ? { sid, status }
    : { sid, status, segments: segments.count, encoding: segments.encoding };
}

/** @throws DeliveryError - the user has opted out, or nobody can say whether they have. */
export async function assertConsent(
  channel: string,
  consent: Consent,
  { sender, to }: Destination,
): Promise<void> {
  let isOut: boolean;
  try {
    isOut = await consent.isOptedOut(sender, to);
  } catch (cause) {
    throw new DeliveryError('the store cannot say whether the recipient has opted out', {
      channel,
      retryable: true,
      cause,
    });
  }
  if (!isOut) return;
  throw new DeliveryError('nothing is sent to a recipient who has opted out', {
    channel,
    code: 'opted_out',
    platformCode: OPTED_OUT,
  });
}
