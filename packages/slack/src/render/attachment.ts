import { attachmentText, isJsonObject, type Attachment, type JsonObject } from '@trunkline/core';
import { escapeText } from './escape.ts';
import { altTextOf, imageBlock, isImageUrl, orLink } from './image.ts';
import { blockMessage, rendered, type RenderContext, type Rendered } from './message.ts';
import { textMessages } from './text.ts';

/** Keys of the attachments that Slack had before blocks, and that Rasa's assistants send. */
const LEGACY = ['fallback', 'pretext', 'text', 'fields', 'blocks', 'title_link', 'image_url'];

/** A file by its link, an image as such; Slack's own attachments as they are. */
export function renderAttachment(attachment: Attachment, { extra }: RenderContext): Rendered {
  if (isJsonObject(attachment) && LEGACY.some((key) => Object.hasOwn(attachment, key))) {
    // Its own `fallback` is the notification; a text would be shown above it.
    return rendered([{ text: '', attachments: [attachment] }]);
  }
  const { url, name, mimeType } = fileOf(attachment);
  if (url === null) return rendered(textMessages(attachmentText(attachment), {}));
  if (mimeType?.startsWith('image/') === true && isImageUrl(url)) {
    const altText = name ?? altTextOf(url, extra);
    return orLink(blockMessage([imageBlock(url, altText)], escapeText(url)), linkOf(url, name));
  }
  return rendered(textMessages(linkOf(url, name), {}));
}

function linkOf(url: string, name: string | null): string {
  // What would end the label early, or hide it.
  const label =
    (name ?? url)
      .replaceAll(/[[\]\\]/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim() || url;
  const isLink = /^https?:\/\/[^\s()]+$/.test(url);
  return isLink ? `[${label}](${url})` : `${label}: ${url}`;
}

interface LinkedFile {
  url: string | null;
  name: string | null;
  mimeType: string | null;
}

/** The file in each of the forms that responses have it in. */
function fileOf(attachment: Attachment): LinkedFile {
  if (typeof attachment === 'string') return { url: attachment, name: null, mimeType: null };
  if (!isJsonObject(attachment)) return { url: null, name: null, mimeType: null };
  const { payload } = attachment;
  const source: JsonObject = isJsonObject(payload)
    ? { ...payload, url: payload['src'] ?? null }
    : attachment;
  const mimeType = attachment['type'] === 'image' ? 'image/*' : textOf(source['mimeType']);
  return {
    url: textOf(source['url']),
    name: textOf(source['name']) ?? textOf(source['title']),
    mimeType,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
