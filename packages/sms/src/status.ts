import { MalformedPayloadError } from '@trunkline/core';
import { required, type Parameters } from './parse.ts';

/** What became of a message, as Twilio reports it. */
export interface SmsStatus {
  /** The message's SID, which is in the receipt of its response. */
  messageSid: string;
  /** `queued`, `sending`, `sent`, `delivered`, `read`, `undelivered`, `failed`, … */
  status: string;
  /** Twilio's code, where it failed; README.md names the page that explains it. */
  errorCode: string | null;
  /** Whom it was sent to: the conversation's sender id. */
  senderId: string;
  /** The account of the conversation, as messages have it. */
  account: string;
}

/** What a request to `…/status` says. */
export interface StatusReport {
  messageSid: string;
  status: string;
  errorCode: string | null;
  accountSid: string;
  /** Who sent the message: us. Empty where Twilio does not say. */
  from: string | null;
  to: string;
  service: string | null;
}

/**
 * Reads a status callback.
 *
 * @throws MalformedPayloadError - a parameter that is always there is missing.
 * @see https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
 */
export function parseStatus(channel: string, parameters: Parameters): StatusReport {
  const status = parameters.get('MessageStatus') ?? parameters.get('SmsStatus');
  if (status === undefined) {
    throw new MalformedPayloadError('the parameter MessageStatus is missing', {
      channel,
      code: 'missing_parameter',
    });
  }
  const errorCode = parameters.get('ErrorCode');
  return {
    messageSid: required(channel, parameters, 'MessageSid'),
    // What WhatsApp and RCS say beside the status.
    status: parameters.get('EventType') === 'READ' ? 'read' : status.toLowerCase(),
    errorCode: errorCode === undefined || errorCode === '0' ? null : errorCode,
    accountSid: required(channel, parameters, 'AccountSid'),
    from: parameters.get('From') ?? null,
    to: required(channel, parameters, 'To'),
    service: parameters.get('MessagingServiceSid') ?? null,
  };
}

/** How far a message has come, the furthest last. What is in one row ends it: the first of them stays. */
const STAGES: readonly (readonly string[])[] = [
  ['scheduled', 'accepted'],
  ['queued'],
  ['sending'],
  ['sent', 'partially_delivered'],
  ['delivered', 'undelivered', 'failed', 'canceled'],
  ['read'],
];

/** Whether a status is news after another: callbacks come twice, and in any order. */
export function isFurther(status: string, known: string | null): boolean {
  return known === null || stageOf(status) > stageOf(known);
}

/** A status that is not known yet is no further than any: it is reported where it comes first. */
function stageOf(status: string): number {
  return STAGES.findIndex((stage) => stage.includes(status));
}
