import {
  MalformedPayloadError,
  type Choice,
  type JsonObject,
  type Metadata,
  type UserAttachment,
} from '@trunkline/core';

/** A request's parameters. What is empty counts as absent. */
export type Parameters = ReadonlyMap<string, string>;

/** What became of a request to `…/webhook`, read but not judged. */
export interface Inbound {
  messageId: string;
  accountSid: string;
  /** Who wrote, as Twilio writes it. Opaque: a number, `whatsapp:…`, `rcs:…`, a user's name. */
  from: string;
  /** Whom they wrote to. */
  to: string;
  /** The Messaging Service that received it. */
  service: string | null;
  /** What was said; `null` where there is only a file. */
  text: string | null;
  choice: Choice | null;
  attachments: UserAttachment[];
  metadata: Metadata;
  /** Advanced Opt-Out's word: Twilio has answered already. */
  optOutType: string | null;
}

/**
 * Reads an inbound message.
 *
 * @throws MalformedPayloadError - a parameter that is always there is missing.
 * @see https://www.twilio.com/docs/messaging/guides/webhook-request
 */
export function parseInbound(channel: string, parameters: Parameters): Inbound {
  const attachments = [...mediaOf(parameters), ...locationOf(parameters)];
  const choice = tapOf(parameters);
  const body = parameters.get('Body')?.trim() || null;
  return {
    messageId: required(channel, parameters, 'MessageSid'),
    accountSid: required(channel, parameters, 'AccountSid'),
    from: required(channel, parameters, 'From'),
    to: required(channel, parameters, 'To'),
    service: parameters.get('MessagingServiceSid') ?? null,
    text: choice?.payload ?? locationText(parameters) ?? body ?? (attachments.length ? null : ''),
    choice,
    attachments,
    metadata: metadataOf(parameters),
    optOutType: parameters.get('OptOutType')?.toUpperCase() ?? null,
  };
}

/** A request's parameter that must be there. @throws MalformedPayloadError */
export function required(channel: string, parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value !== undefined) return value;
  throw new MalformedPayloadError(
    `the parameter ${name} is missing: is this a webhook of Twilio?`,
    {
      channel,
      code: 'missing_parameter',
    },
  );
}

/** A tap on a button or an item of a list, which a typed "Yes" is not. */
function tapOf(parameters: Parameters): Choice | null {
  const payload = parameters.get('ButtonPayload') ?? parameters.get('ListId');
  if (payload === undefined) return null;
  const title = parameters.get('ButtonText') ?? parameters.get('ListTitle');
  return { title: title ?? parameters.get('Body') ?? payload, payload };
}

function mediaOf(parameters: Parameters): UserAttachment[] {
  // The parameter is a text, and the files are what is really there.
  const count = Math.min(Number(parameters.get('NumMedia') ?? 0) || 0, MOST_MEDIA);
  if (count <= 0) return [];
  return Array.from({ length: count }, (_, index) => ({
    url: parameters.get(`MediaUrl${index}`),
    mimeType: parameters.get(`MediaContentType${index}`),
  })).flatMap(({ url, mimeType }) => {
    if (url === undefined) return [];
    const type = kindOf(mimeType);
    return [mimeType === undefined ? { type, url } : { type, url, mimeType }];
  });
}

/** Twilio takes and brings ten files a message. */
const MOST_MEDIA = 10;

function kindOf(mimeType = ''): UserAttachment['type'] {
  const kind = mimeType.split('/')[0];
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file';
}

function locationOf(parameters: Parameters): UserAttachment[] {
  const latitude = Number(parameters.get('Latitude') ?? Number.NaN);
  const longitude = Number(parameters.get('Longitude') ?? Number.NaN);
  if (Number.isNaN(latitude) || Number.isNaN(longitude)) return [];
  const name = parameters.get('Label');
  const address = parameters.get('Address');
  return [
    {
      type: 'location',
      latitude,
      longitude,
      ...(name === undefined ? {} : { name }),
      ...(address === undefined ? {} : { address }),
    },
  ];
}

/** A location as Rasa's `twilio` channel says it, letter by letter. */
function locationText(parameters: Parameters): string | null {
  const latitude = parameters.get('Latitude');
  const longitude = parameters.get('Longitude');
  if (latitude === undefined || longitude === undefined) return null;
  return `/locationData{'Latitude': ${latitude},'Longitude': ${longitude}}`;
}

/** What else is known: profile, what is replied to, the advertisement that led here, the place. */
function metadataOf(parameters: Parameters): Metadata {
  const metadata: Record<string, JsonObject> = {};
  for (const [parameter, value] of parameters) {
    const place = METADATA.get(parameter);
    if (place !== undefined) (metadata[place.group] ??= {})[place.key] = value;
  }
  return metadata;
}

/** Where in the metadata a parameter stands. */
const METADATA: ReadonlyMap<string, { group: string; key: string }> = new Map([
  ...group('profile', { name: 'ProfileName', waId: 'WaId', externalId: 'ExternalUserIdentifier' }),
  ...group('repliedTo', {
    messageSid: 'OriginalRepliedMessageSid',
    sender: 'OriginalRepliedMessageSender',
  }),
  ...group('forwarded', { once: 'Forwarded', frequently: 'FrequentlyForwarded' }),
  ...group('referral', {
    body: 'ReferralBody',
    headline: 'ReferralHeadline',
    sourceId: 'ReferralSourceId',
    sourceType: 'ReferralSourceType',
    sourceUrl: 'ReferralSourceUrl',
    mediaId: 'ReferralMediaId',
    mediaUrl: 'ReferralMediaUrl',
    mediaContentType: 'ReferralMediaContentType',
    numMedia: 'ReferralNumMedia',
    ctwaClid: 'ReferralCtwaClid',
  }),
  ...group('from', {
    city: 'FromCity',
    state: 'FromState',
    zip: 'FromZip',
    country: 'FromCountry',
  }),
  ...group('to', { city: 'ToCity', state: 'ToState', zip: 'ToZip', country: 'ToCountry' }),
  ...group('twilio', {
    to: 'To',
    messagingServiceSid: 'MessagingServiceSid',
    numSegments: 'NumSegments',
    messageType: 'MessageType',
    interactiveData: 'InteractiveData',
    channelMetadata: 'ChannelMetadata',
  }),
]);

function group(
  name: string,
  keys: Readonly<Record<string, string>>,
): [string, { group: string; key: string }][] {
  return Object.entries(keys).map(([key, parameter]) => [parameter, { group: name, key }]);
}
