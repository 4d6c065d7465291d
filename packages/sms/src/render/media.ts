import { DeliveryError, isJsonObject, type Attachment } from '@trunkline/core';
import { bare, platformOf, samePhone } from '../accounts.ts';
import { MAX_BODY } from './split.ts';

/** A file that can be sent. */
export interface Media {
  url: string;
  name: string | null;
  /** In lower case, without parameters. */
  mimeType: string | null;
  sizeBytes: number | null;
}

/** What an address can take. */
export interface MediaLimits {
  /** Files of one message. */
  perMessage: number;
  sizeBytes: number;
  /** Of an image. */
  imageBytes: number;
  /** The text beside them, in characters. */
  captionLength: number;
}

const MEGABYTE = 1024 * 1024;

/** @see https://www.twilio.com/docs/messaging/guides/accepted-mime-types */
const MMS: MediaLimits = {
  perMessage: 10,
  sizeBytes: 5 * MEGABYTE,
  imageBytes: 5 * MEGABYTE,
  captionLength: MAX_BODY,
};
/** One file a message. RCS takes as much, but falls back to MMS. */
const WHATSAPP: MediaLimits = {
  perMessage: 1,
  sizeBytes: 16 * MEGABYTE,
  imageBytes: 5 * MEGABYTE,
  captionLength: 1_024,
};

/** Countries with a `+1` that are neither the US nor Canada: no MMS there. */
const NOT_NORTH_AMERICA = new Set(
  '242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876'.split(' '),
);

/**
 * What media a recipient can be sent by a sender; `null` for none. MMS is for the US and Canada, from
 * numbers of theirs.
 *
 * @param from - `null` where a Messaging Service picks the sender.
 */
export function mediaLimits(from: string | null, to: string): MediaLimits | null {
  switch (platformOf(to)) {
    case null:
      return takesMms(to) && (from === null || takesMms(from) || isShortCode(from)) ? MMS : null;
    case 'whatsapp':
      return WHATSAPP;
    default:
      return MMS;
  }
}

const isShortCode = (address: string): boolean => /^\d{3,8}$/.test(address);

function takesMms(address: string): boolean {
  const area = /^\+1(\d{3})\d{7}$/.exec(samePhone(bare(address)))?.[1];
  return area !== undefined && !NOT_NORTH_AMERICA.has(area);
}

/**
 * An attachment as a file, in any of its forms; `null` where it has no address.
 *
 * @throws DeliveryError - the file itself stands in the place of its address (`data:`).
 */
export function mediaOf(attachment: Attachment, channel: string): Media | null {
  if (typeof attachment === 'string') return fileAt(attachment, {}, channel);
  if (!isJsonObject(attachment)) return null;
  const { payload } = attachment;
  const inner = isJsonObject(payload) ? payload : {};
  const url = attachment['url'] ?? inner['src'] ?? inner['url'];
  return typeof url === 'string' ? fileAt(url, { ...inner, ...attachment }, channel) : null;
}

/**
 * An image as a file; `null` where it has no address.
 *
 * @throws DeliveryError - the image itself stands in the place of its address (`data:`).
 */
export function imageAt(url: string, channel: string): Media | null {
  const image = fileAt(url, {}, channel);
  return image && { ...image, mimeType: image.mimeType ?? 'image/*' };
}

/** A file in the place of its address; a text may begin with `Data:` too. */
const DATA_URL = /^\s*data:(?:[\w.+-]+\/[\w.+-]+)?(?:;[^,\s]*)?,/i;

function fileAt(
  url: string,
  about: Readonly<Record<string, unknown>>,
  channel: string,
): Media | null {
  if (DATA_URL.test(url)) {
    throw new DeliveryError(
      'Twilio fetches media from an address and takes no data: URL; put the file where Twilio can fetch it, and send its https URL',
      { channel, code: 'unsupported_media' },
    );
  }
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return null;
  const { name, mimeType, size, sizeBytes = size } = about;
  const type = typeof mimeType === 'string' ? mimeType : typeByName(url);
  return {
    url,
    name: typeof name === 'string' && name !== '' ? name : null,
    mimeType: type?.split(';')[0]?.trim().toLowerCase() ?? null,
    sizeBytes: typeof sizeBytes === 'number' ? sizeBytes : null,
  };
}

const BY_EXTENSION: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  svg: 'image/svg+xml',
  webp: 'image/webp',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  amr: 'audio/amr',
  mp4: 'video/mp4',
  '3gp': 'video/3gpp',
  pdf: 'application/pdf',
  vcf: 'text/vcard',
};

function typeByName(url: string): string | undefined {
  const extension = /\.(\w+)$/.exec(new URL(url).pathname)?.[1];
  return extension === undefined ? undefined : BY_EXTENSION[extension.toLowerCase()];
}

/** What Twilio hands on. Of an image whose type nobody knows, that it is one has to do. */
const ACCEPTED =
  /^(?:image\/(?:\*|jpe?g|png|gif|bmp|tiff)|audio\/(?!x-)[\w.+-]+|video\/(?:mp4|mpeg|quicktime|webm|3gpp2?|h26[134])|application\/pdf|text\/(?:vcard|x-vcard|directory|csv|rtf|calendar))$/;

/** Whether a file goes as media, and not as a link: where Twilio can fetch it, and the address take it. */
export function isSendable({ mimeType, sizeBytes }: Media, limits: MediaLimits | null): boolean {
  if (limits === null || mimeType === null || !ACCEPTED.test(mimeType)) return false;
  const most = mimeType.startsWith('image/') ? limits.imageBytes : limits.sizeBytes;
  return sizeBytes === null || sizeBytes <= most;
}

/** A file as a text. */
export function mediaLink({ url, name }: Media): string {
  return name === null ? url : `${name}: ${url}`;
}
