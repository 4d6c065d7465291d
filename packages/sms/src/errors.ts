import { DeliveryError, failureOf } from '@trunkline/core';
import { OversizedAnswer } from './exchange.ts';

/** What a refusal by Twilio means for what comes next. */
interface ErrorClass {
  /** Twilio's codes. */
  codes: readonly number[];
  /** What is wrong and what to do, for the operator. */
  text: string;
  /** Whether the same message may go through later. */
  retryable?: boolean;
  /** How long to wait, where Twilio does not say, in milliseconds. */
  retryAfterMs?: number;
}

const MINUTE_MS = 60_000;

/** @see https://www.twilio.com/docs/api/errors */
const CLASSES: readonly ErrorClass[] = [
  { codes: [21610], text: 'the recipient has opted out, and only they can opt in again (START)' },
  {
    codes: [20003, 20404],
    text: 'Twilio does not know the account, its auth token or its Messaging Service: check account_sid, auth_token and messagingServiceSid',
  },
  {
    codes: [21212, 21606, 21659, 21660, 21703, 21712, 63007],
    text: 'the sender is not one of the account: check twilio_number and messagingServiceSid',
  },
  { codes: [30034], text: 'the number has to be registered (A2P 10DLC) to write to the US' },
  {
    codes: [21608, 21219],
    text: 'a trial account writes to verified numbers only: verify it in the Console, or upgrade the account',
  },
  {
    codes: [21609],
    text: 'Twilio cannot report to the address of the status callback: check publicUrl and statusCallback',
  },
  { codes: [21408], text: 'the account may not write to this region: enable it in the Console' },
  {
    codes: [21211, 21614, 21612, 30003, 30005, 30006, 63003, 63024],
    text: 'the recipient cannot be reached with this kind of message',
  },
  { codes: [21602], text: 'the message has neither text nor media' },
  { codes: [21617, 21658], text: 'the text is too long' },
  { codes: [21620, 11751, 12300, 63019], text: 'Twilio could not take the media from its address' },
  { codes: [21655, 21656], text: 'contentSid or contentVariables is not valid' },
  { codes: [63021, 30007, 63013, 63005], text: 'the content was refused or filtered' },
  {
    codes: [63016],
    text: 'more than 24 hours after the user wrote, WhatsApp takes templates only',
  },
  {
    codes: [35114, 35115, 35117, 35125],
    text: 'the message cannot be scheduled for then: sendAt is 5 minutes to 35 days ahead',
  },
  { codes: [20429], text: 'Twilio throttles the account', retryable: true },
  {
    codes: [21611, 30001],
    text: 'the queue of the sender is full at Twilio',
    retryable: true,
    retryAfterMs: MINUTE_MS,
  },
  { codes: [63017, 63018], text: 'the channel throttles the sender', retryable: true },
  {
    codes: [63038],
    text: 'the account has sent all that it may today',
    retryable: true,
    retryAfterMs: 60 * MINUTE_MS,
  },
  { codes: [30002], text: 'the account is suspended' },
  {
    codes: [30004, 30008, 63012, 63032],
    text: 'the carrier or the channel did not deliver the message',
  },
];

const BY_CODE = new Map(CLASSES.flatMap((kind) => kind.codes.map((code) => [code, kind])));

/** The code of a recipient who has opted out. */
export const OPTED_OUT = '21610';

/** Whether Twilio refused a message for its media: then a link may do. */
export function isMediaRefusal({ code, platformCode }: DeliveryError): boolean {
  // What an earlier run of the turn was refused has kept no code of Twilio's.
  return code === 'failed_before' || MEDIA.has(platformCode ?? '');
}

const MEDIA = new Set(['21620', '11751', '12300', '63019']);

/** What one of Twilio's codes means; of an unknown one, that the console explains it. */
export function meaningOf(code: number): string {
  return BY_CODE.get(code)?.text ?? `see https://www.twilio.com/docs/api/errors/${code}`;
}

/** The error of an answer that is no success. */
export function refusalOf(
  channel: string,
  status: number,
  code: number | undefined,
  retryAfterMs: number | null = null,
): DeliveryError {
  const kind = code === undefined ? undefined : BY_CODE.get(code);
  // What an API that failed has done is unknown.
  const isUnknown = status >= 500;
  const isThrottled = status === 429;
  const name = code === undefined ? `HTTP ${status}` : `error ${code}, HTTP ${status}`;
  return new DeliveryError(`Twilio did not take the message (${name}): ${textOf(code, status)}`, {
    channel,
    retryable: isUnknown || isThrottled || kind?.retryable === true,
    mayHaveArrived: isUnknown,
    retryAfterMs: retryAfterMs ?? kind?.retryAfterMs ?? null,
    platformCode: code === undefined ? null : String(code),
    ...(String(code) === OPTED_OUT ? { code: 'opted_out' } : {}),
  });
}

function textOf(code: number | undefined, status: number): string {
  if (code !== undefined) return meaningOf(code);
  return status >= 500 ? 'it may have gone out all the same' : 'Twilio gives no reason';
}

/** The error of a request that got no answer. What its cause was made with stays out of it. */
export function networkError(channel: string, thrown: unknown): DeliveryError {
  if (codeOf(thrown) === 'UND_ERR_INVALID_ARG') {
    // Refused by undici before anything is written: a credential with a line break, say.
    const message =
      'Twilio cannot be asked: the credentials, or the address of the API, are malformed';
    return new DeliveryError(message, { channel });
  }
  if (thrown instanceof OversizedAnswer) {
    // Whether anything was sent is as unknown as without an answer: `delivery.whenUnknown` decides.
    const message =
      'the answer is larger than any of Twilio’s (16 MB): see what answers in its place, a proxy say. The message may have gone out all the same';
    return new DeliveryError(message, { channel, retryable: true, mayHaveArrived: true });
  }
  const { retryable, mayHaveArrived } = failureOf(thrown);
  const neverLeft = retryable && !mayHaveArrived;
  return new DeliveryError(
    neverLeft
      ? `Twilio could not be reached (${codeOf(thrown)})`
      : `Twilio did not answer (${codeOf(thrown)}): the message may have gone out all the same`,
    { channel, retryable: true, mayHaveArrived: !neverLeft },
  );
}

/** An error on the way to Twilio as one of ours: Twilio's own may hold phone numbers and credentials. */
export function deliveryError(channel: string, thrown: unknown): DeliveryError {
  if (thrown instanceof DeliveryError) return thrown;
  const { status, code } = Object(thrown) as { status?: unknown; code?: unknown };
  if (typeof status === 'number') {
    return refusalOf(channel, status, typeof code === 'number' && code > 0 ? code : undefined);
  }
  return new DeliveryError(`the message could not be handed to Twilio (${nameOf(thrown)})`, {
    channel,
  });
}

function codeOf(thrown: unknown): string {
  const { code } = Object(thrown) as { code?: unknown };
  return typeof code === 'string' ? code : nameOf(thrown);
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}
