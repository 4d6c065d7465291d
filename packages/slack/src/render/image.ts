import type { KnownBlock } from '@slack/types';
import { imageText, type Extra } from '@trunkline/core';
import { escapeText } from './escape.ts';
import { lengthOf, LIMITS, shorten } from './limits.ts';
import {
  blockMessage,
  rendered,
  type RenderContext,
  type Rendered,
  type SlackMessage,
} from './message.ts';
import { textMessages } from './text.ts';

/** An image by its address, with its alternative text (`altText`). */
export function renderImage(image: string, { extra }: RenderContext): Rendered {
  if (!isImageUrl(image)) return rendered(textMessages(imageText(image), {}));
  const block = imageBlock(image, altTextOf(image, extra));
  return orLink(blockMessage([block], escapeText(image)), imageText(image));
}

/** An image; a link to it where Slack cannot fetch it. */
export function orLink(message: SlackMessage, link: string): Rendered {
  const [alternative] = textMessages(link, {});
  if (alternative === undefined) return rendered([message]);
  return rendered([message], [], new Map([[message, [{ message: alternative, ability: null }]]]));
}

/** An image block. */
export function imageBlock(url: string, altText: string): KnownBlock {
  return { type: 'image', image_url: url, alt_text: shorten(altText, LIMITS.altText) };
}

/** Whether Slack would fetch an image from there. */
export function isImageUrl(url: unknown): url is string {
  return typeof url === 'string' && /^https?:\/\/\S+$/.test(url) && lengthOf(url) <= LIMITS.url;
}

/** What is read to those who do not see the image: what the response says, else the file's name. */
export function altTextOf(url: string, extra: Extra): string {
  const given = [extra['altText'], extra['alt_text'], extra['title']].find(
    (text) => typeof text === 'string' && text.trim() !== '',
  );
  // The search has found a text.
  if (given !== undefined) return given as string;
  const name = url.split(/[?#]/, 1)[0]?.split('/').pop() ?? '';
  return name === '' ? 'image' : name;
}
