import { isJsonObject, type JsonObject, type JsonValue } from '@trunkline/core';

/**
 * Parameters of a message at Twilio, as JSON. What of them a response carries, in
 * `channels: { sms: { … } }` or beside its parts, goes to Twilio as it is. No interface, which TypeScript
 * takes for no record of a channel's keys.
 *
 * @see https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
 */
export type SmsParameters = {
  /** A content template, `HX…`, in the place of text and media. */
  contentSid?: string;
  /** The template's variables: an object of texts, or the JSON of one. */
  contentVariables?: string | Readonly<Record<string, string>>;
  /** Media, at most ten public addresses. */
  mediaUrl?: string | readonly string[];
  /** Another sender of the account. */
  from?: string;
  /** Another Messaging Service of the account. */
  messagingServiceSid?: string;
  /** Where Twilio reports what became of the message. */
  statusCallback?: string;
  /** A TwiML app whose status callback is told what became of the message. */
  applicationSid?: string;
  /** How often it has been tried to send the message, this time included. */
  attempt?: number;
  /** Seconds that the message may wait at Twilio, 1 to 36,000. */
  validityPeriod?: number;
  /** Whether the text is sent as one MMS. */
  sendAsMms?: boolean;
  /** Whether links are shortened; with a Messaging Service. */
  shortenUrls?: boolean;
  /** `fixed`, together with `sendAt` and a Messaging Service. */
  scheduleType?: string;
  /** When the message is sent, as ISO 8601 in UTC. */
  sendAt?: string;
  /** What WhatsApp does beside, `geo:…` say. */
  persistentAction?: string | readonly string[];
  /** The sender of an SMS where RCS fails. */
  fallbackFrom?: string;
  /** Most that the message may cost, in US dollars. */
  maxPrice?: number;
  /** Whether the user's feedback is reported. */
  provideFeedback?: boolean;
  /** `retain` or `discard`. */
  contentRetention?: string;
  /** `retain` or `obfuscate`. */
  addressRetention?: string;
  /** Whether Twilio replaces look-alikes. */
  smartEncoded?: boolean;
  /** Reserved by Twilio. */
  forceDelivery?: boolean;
  /** `free` for what users are not charged for. */
  trafficType?: string;
  /** What the message is for. */
  messageIntent?: string;
  /** `enable` or `disable`. */
  riskCheck?: string;
};

/** A message's parameters in the form that Twilio's SDK takes. */
export interface MessageParameters extends Omit<
  SmsParameters,
  'contentVariables' | 'mediaUrl' | 'persistentAction'
> {
  /** Another recipient than the conversation's: custom JSON may name one. */
  to?: string;
  body?: string;
  contentVariables?: string;
  mediaUrl?: string[];
  persistentAction?: string[];
}

type Kind = 'text' | 'texts' | 'number' | 'flag' | 'variables';

const KINDS: ReadonlyMap<string, Kind> = new Map(
  Object.entries({
    contentSid: 'text',
    contentVariables: 'variables',
    mediaUrl: 'texts',
    from: 'text',
    messagingServiceSid: 'text',
    statusCallback: 'text',
    applicationSid: 'text',
    attempt: 'number',
    validityPeriod: 'number',
    sendAsMms: 'flag',
    shortenUrls: 'flag',
    scheduleType: 'text',
    sendAt: 'text',
    persistentAction: 'texts',
    fallbackFrom: 'text',
    maxPrice: 'number',
    provideFeedback: 'flag',
    contentRetention: 'text',
    addressRetention: 'text',
    smartEncoded: 'flag',
    forceDelivery: 'flag',
    trafficType: 'text',
    messageIntent: 'text',
    riskCheck: 'text',
  } satisfies Record<keyof SmsParameters, Kind>),
);

/** Of what most responses are: those without any. */
export const NO_PARAMETERS: MessageParameters = Object.freeze({});

/**
 * The parameters among other keys; {@link NO_PARAMETERS} where there are none. What has another type
 * than Twilio's is none.
 */
export function parametersIn(values: Readonly<Record<string, unknown>>): MessageParameters {
  let found: Record<string, unknown> | null = null;
  for (const name in values) {
    const kind = KINDS.get(name);
    const value = values[name];
    if (kind === undefined || value === undefined || value === null) continue;
    const read = READERS[kind](value);
    if (read !== undefined) (found ??= {})[name] = read;
  }
  return found ?? NO_PARAMETERS;
}

/**
 * Custom JSON as a message: parameters by the names of Rasa's (`media_url`, `from_`) or by those here.
 * `null` where it is no message.
 */
export function customParameters(json: JsonValue): MessageParameters | null {
  if (!isJsonObject(json)) return null;
  const named: JsonObject = {};
  for (const [key, value] of Object.entries(json)) {
    const name = key.replace(/_$/, '').replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
    named[name] = value;
  }
  const { body, to } = named;
  let parameters = { ...parametersIn(named) };
  if (typeof body === 'string') parameters.body = body;
  if (parameters.contentSid !== undefined) parameters = templateAlone(parameters);
  const { contentSid, mediaUrl } = parameters;
  const isMessage = Boolean(parameters.body) || contentSid !== undefined || mediaUrl !== undefined;
  if (typeof to === 'string') parameters.to = to;
  return isMessage ? parameters : null;
}

/**
 * A template without text and media, in the place of which it stands: Twilio takes either.
 *
 * @see https://www.twilio.com/docs/api/errors/92005
 */
export function templateAlone({
  body: _body,
  mediaUrl: _mediaUrl,
  ...parameters
}: MessageParameters): MessageParameters {
  return parameters;
}

const READERS: Record<Kind, (value: unknown) => unknown> = {
  text: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
  texts(value) {
    const texts = [value].flat();
    return texts.length > 0 && texts.every((item) => typeof item === 'string') ? texts : undefined;
  },
  number: (value) => (typeof value === 'number' ? value : undefined),
  flag: (value) => (typeof value === 'boolean' ? value : undefined),
  // Twilio wants a JSON object of texts, as a text. What is null has no value, and nobody is to read "null".
  variables(value) {
    if (typeof value === 'string') return value;
    if (!isJsonObject(value)) return undefined;
    const texts = Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, typeof item === 'string' ? item : JSON.stringify(item)]);
    return JSON.stringify(Object.fromEntries(texts));
  },
};
