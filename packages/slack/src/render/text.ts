import type { KnownBlock } from '@slack/types';
import type { Extra } from '@trunkline/core';
import { allowedMentions, escapeMarkdown, fallbackOf } from './escape.ts';
import {
  blockMessage,
  ownBlocks,
  rendered,
  type RenderContext,
  type Rendered,
  type SlackMessage,
} from './message.ts';
import { chunksOf, LIMITS } from './limits.ts';
import { splitMarkdown } from './split.ts';

/** A text, as Markdown. */
export function renderText(text: string, { extra }: RenderContext): Rendered {
  return rendered(textMessages(text, extra));
}

/** The messages of a text: none for one of white space. */
export function textMessages(text: string, extra: Extra): SlackMessage[] {
  const allowed = allowedMentions(extra['mentions']);
  const blocks = ownBlocks(extra);
  if (blocks !== null) {
    const own = chunksOf(blocks, LIMITS.blocks);
    return own.map((chunk) => blockMessage(chunk, fallbackOf(text, allowed)));
  }
  if (text.trim() === '') return [];
  return splitMarkdown(escapeMarkdown(text, allowed)).map((part) => {
    const block: KnownBlock = { type: 'markdown', text: part };
    return blockMessage([block], fallbackOf(unescaped(part), allowed));
  });
}

/** The part as it was before it was escaped: its notification is escaped in its own way. */
function unescaped(part: string): string {
  if (!part.includes('&')) return part;
  return part.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
