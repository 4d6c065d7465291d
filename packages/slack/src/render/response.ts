import { responseFor, type Attachment, type BotMessage } from '@trunkline/core';
import {
  rendered,
  type Alternative,
  type RenderContext,
  type Rendered,
  type SlackMessage,
} from './message.ts';
import { render, type Parts } from './parts.ts';

/** Keys of a response that are routed to a renderer. */
const ROUTED = ['text', 'buttons', 'quickReplies', 'image', 'attachment', 'elements', 'custom'];

/**
 * A response with nothing but blocks of Slack's own, as one that has them as its custom JSON: they would
 * have no text to travel with.
 */
export function withOwnBlocks(channel: string, response: BotMessage): BotMessage {
  const resolved = responseFor(channel, response);
  const { blocks, ...rest } = resolved;
  const isAlone = !ROUTED.some((key) => isThere(rest[key]));
  if (!Array.isArray(blocks) || blocks.length === 0 || !isAlone) return response;
  return { ...rest, custom: { blocks } };
}

/** What a whole response becomes, in Rasa's order. */
export function renderResponse(channel: string, response: BotMessage): Rendered {
  const resolved = withOwnBlocks(channel, responseFor(channel, response));
  const { text, buttons, quickReplies, custom, image, attachment, elements, ...extra } = resolved;
  const instead = new Map<SlackMessage, readonly Alternative[]>();
  const all = rendered([], [], instead);
  const add = <P extends keyof Parts>(
    name: P,
    part: Parts[P],
    context: RenderContext = { extra },
  ): void => {
    // Each renderer takes the part of its own name.
    const renderPart = render[name] as (part: Parts[P], context: RenderContext) => Rendered;
    const made = renderPart(part, context);
    all.messages.push(...made.messages);
    all.kept.push(...made.kept);
    for (const [message, alternatives] of made.instead) instead.set(message, alternatives);
  };
  if (quickReplies?.length) add('quickReplies', { text: text ?? '', buttons: quickReplies });
  else if (buttons?.length) add('buttons', { text: text ?? '', buttons });
  else if (text) add('text', text);
  if (isThere(custom) && custom !== undefined) add('custom', custom);
  if (image) add('image', image);
  if (isThere(attachment)) add('attachment', attachment as Attachment);
  if (elements?.length) add('elements', elements);
  return all;
}

function isThere(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
