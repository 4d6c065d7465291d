import type { CardBlock, KnownBlock } from '@slack/types';
import { imageText, type Element } from '@trunkline/core';
import { actionBlocks, buttonElement } from './buttons.ts';
import { escapeText } from './escape.ts';
import { altTextOf, imageBlock, isImageUrl } from './image.ts';
import { chunksOf, lengthOf, LIMITS, shorten } from './limits.ts';
import {
  blockMessage,
  rendered,
  type Alternative,
  type RenderContext,
  type Rendered,
  type SlackMessage,
} from './message.ts';
import type { KeptPayload } from './payload-keys.ts';

/** Cards: a carousel of them, or one below the other where a card could not hold all of it. */
export function renderElements(elements: readonly Element[], _context: RenderContext): Rendered {
  if (!elements.every(fitsCard)) return renderPlainElements(elements);
  const kept: KeptPayload[] = [];
  const instead = new Map<SlackMessage, readonly Alternative[]>();
  const messages = chunksOf(elements, LIMITS.cards).map((group) => {
    const cards = group.map((element) => cardOf(element, kept));
    const [card] = cards;
    const block: KnownBlock =
      cards.length === 1 && card !== undefined ? card : { type: 'carousel', elements: cards };
    const message = blockMessage([block], fallbackOf(group));
    // Whatever fits into cards fits into the blocks of one message.
    const sections = group.flatMap((element) => sectionsOf(element, []));
    const plain = blockMessage(sections, fallbackOf(group));
    instead.set(message, [{ message: plain, ability: 'cards' }, ...withoutImages(plain)]);
    return message;
  });
  return rendered(messages, kept, instead);
}

/** The same as sections, where a card could not hold all of it. */
function renderPlainElements(elements: readonly Element[]): Rendered {
  const kept: KeptPayload[] = [];
  const messages: SlackMessage[] = [];
  for (const element of elements) {
    const blocks = chunksOf(sectionsOf(element, kept), LIMITS.blocks);
    messages.push(...blocks.map((chunk) => blockMessage(chunk, fallbackOf([element]))));
  }
  const instead = new Map(messages.map((message) => [message, withoutImages(message)]));
  return rendered(messages, kept, instead);
}

/** Links instead of images: where Slack cannot fetch one, it takes nothing of the message. */
function withoutImages({ text, blocks = [] }: SlackMessage): Alternative[] {
  if (!blocks.some(({ type }) => type === 'image')) return [];
  const linked = blocks.map((block): KnownBlock => {
    if (block.type !== 'image' || !('image_url' in block)) return block;
    const link = shorten(escapeText(imageText(block.image_url)), LIMITS.sectionText);
    return { type: 'section', text: { type: 'mrkdwn', text: link } };
  });
  return [{ message: blockMessage(linked, text), ability: null }];
}

/** Whether a card shows all of an element. */
function fitsCard(element: Element): boolean {
  const { subtitle, imageUrl, buttons = [] } = element;
  const heading = headingOf(element);
  return (
    (isImageUrl(imageUrl) || heading !== '' || buttons.length > 0) &&
    (!isThere(imageUrl) || isImageUrl(imageUrl)) &&
    lengthOf(heading) <= LIMITS.cardTitle &&
    lengthOf(escapeText(subtitle ?? '')) <= LIMITS.cardSubtitle &&
    buttons.length <= LIMITS.cardButtons
  );
}

function cardOf(element: Element, kept: KeptPayload[]): CardBlock {
  const { title, subtitle = '', imageUrl, buttons = [] } = element;
  const heading = headingOf(element);
  const card: CardBlock = { type: 'card' };
  if (isImageUrl(imageUrl)) {
    const altText = isThere(title) ? title : altTextOf(imageUrl, {});
    const alt_text = shorten(altText, LIMITS.altText);
    card.hero_image = { type: 'image', image_url: imageUrl, alt_text };
  }
  if (heading !== '') card.title = { type: 'mrkdwn', text: heading };
  if (isThere(subtitle)) card.subtitle = { type: 'mrkdwn', text: escapeText(subtitle) };
  if (buttons.length > 0) {
    card.actions = buttons.map((button, index) => buttonElement(button, index, kept));
  }
  return card;
}

function sectionsOf(element: Element, kept: KeptPayload[]): KnownBlock[] {
  const { title, subtitle = '', imageUrl, buttons = [] } = element;
  const heading = headingOf(element);
  const lines = [heading === '' ? '' : `*${heading}*`, escapeText(subtitle)];
  // What Slack does not fetch is said.
  if (isThere(imageUrl) && !isImageUrl(imageUrl)) lines.push(escapeText(imageText(imageUrl)));
  const blocks: KnownBlock[] = [];
  if (isImageUrl(imageUrl)) {
    blocks.push(imageBlock(imageUrl, isThere(title) ? title : altTextOf(imageUrl, {})));
  }
  for (const text of sectionTexts(lines.filter((line) => line.trim() !== '').join('\n'))) {
    blocks.push({ type: 'section', text: { type: 'mrkdwn', text } });
  }
  return [...blocks, ...actionBlocks(buttons, kept)];
}

/** A text in pieces that a section takes. Entities are not cut in two. */
function sectionTexts(text: string): string[] {
  const texts: string[] = [];
  let rest = Array.from(text);
  while (rest.length > 0) {
    let end = Math.min(rest.length, LIMITS.sectionText);
    const entity = rest.slice(Math.max(0, end - 5), end).lastIndexOf('&');
    if (end < rest.length && entity !== -1) end = Math.max(1, end - 5 + entity);
    const piece = rest.slice(0, end).join('');
    if (piece.trim() !== '') texts.push(piece);
    rest = rest.slice(end);
  }
  return texts;
}

/** The heading, which leads to the card's page if it has one. An address that makes no link is beside it. */
function headingOf({ title, url }: Element): string {
  const text = isThere(title) ? escapeText(title) : '';
  if (!isThere(url)) return text;
  const address = url.replaceAll(/[<>|]/g, encodeURIComponent);
  const link = `<${address}|${(text || address).replaceAll('|', '/')}>`;
  const isLink = /^(?:https?:\/\/|mailto:)\S+$/.test(url) && lengthOf(link) < LIMITS.sectionText;
  return isLink ? link : `${text} ${escapeText(url)}`.trim();
}

function fallbackOf(elements: readonly Element[]): string {
  const titles = elements.map(({ title, subtitle }) => title || subtitle || '').filter(isThere);
  return escapeText(titles.join(', ')) || 'cards';
}

function isThere(text: string | undefined): text is string {
  return typeof text === 'string' && text.trim() !== '';
}
