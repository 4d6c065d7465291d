import type { KnownBlock } from '@slack/types';
import { customJsonText, isJsonObject, type JsonObject, type JsonValue } from '@trunkline/core';
import { escapeText } from './escape.ts';
import { chunksOf, LIMITS } from './limits.ts';
import {
  blockMessage,
  rendered,
  type Alternative,
  type RenderContext,
  type Rendered,
  type SlackMessage,
} from './message.ts';
import { isTable, renderTable } from './table.ts';
import { textMessages } from './text.ts';

/** What makes JSON a message of Slack's own: a text, or a list, which Slack takes as JSON as well. */
const TEXTS = ['text', 'markdown_text'];
const LISTS = ['blocks', 'attachments'];

/** Blocks that are Slack's own for sure. Of others, Slack may know some. */
const KNOWN: ReadonlySet<unknown> = new Set<KnownBlock['type']>([
  'actions',
  'alert',
  'card',
  'carousel',
  'container',
  'context',
  'context_actions',
  'data_table',
  'divider',
  'file',
  'header',
  'image',
  'input',
  'markdown',
  'plan',
  'rich_text',
  'section',
  'table',
  'task_card',
  'video',
]);

/**
 * JSON of Slack's own: a list of blocks, one block, or the arguments of `chat.postMessage`; a table as
 * `{ table: { rows } }`. Other JSON is shown as such.
 */
export function renderCustom(json: JsonValue, { extra }: RenderContext): Rendered {
  const list = blocksIn(json);
  if (list !== null) return renderBlocks(list);
  if (isJsonObject(json)) {
    if (isTable(json['table'])) return renderTable(json['table'], extra);
    if (isMessage(json)) return rendered([rawMessage(json)]);
    if (isBlock(json)) return renderBlocks([json]);
  }
  // Blocks of the response's own have taken the place of its text, and of nothing else.
  return rendered(asCode(json));
}

/** Blocks. JSON of somebody else's may have a `type` as well: what Slack does not know is shown as such. */
function renderBlocks(list: readonly JsonObject[]): Rendered {
  const instead = new Map<SlackMessage, readonly Alternative[]>();
  const messages = chunksOf(list, LIMITS.blocks).map((blocks) => {
    const made = blocksMessage(blocks);
    if (blocks.every(({ type }) => KNOWN.has(type))) return made;
    const [only] = blocks;
    const code = asCode(blocks.length === 1 && only !== undefined ? only : blocks);
    const [message] = code;
    // One message takes the place of one.
    if (message !== undefined && code.length === 1) instead.set(made, [{ message, ability: null }]);
    return made;
  });
  return rendered(messages, [], instead);
}

function asCode(json: JsonValue): SlackMessage[] {
  return textMessages(`\`\`\`\n${customJsonText(json)}\n\`\`\``, {});
}

/**
 * A list of blocks, also as a message of nothing else; `null` for other JSON. A message of no blocks says nothing.
 * A list of nothing is one of blocks as little as of anything else.
 */
function blocksIn(json: JsonValue): JsonObject[] | null {
  const isOfBlocks = isJsonObject(json) && Object.keys(json).length === 1;
  const list = isOfBlocks ? (json['blocks'] ?? null) : json;
  if (!Array.isArray(list) || !list.every(isBlock)) return null;
  return list.length > 0 || isOfBlocks ? list : null;
}

function isMessage(json: JsonObject): boolean {
  const isText = (key: string): boolean => typeof json[key] === 'string';
  return TEXTS.some(isText) || LISTS.some((key) => isText(key) || Array.isArray(json[key]));
}

/** A message as it was given. Of a text beside blocks, Slack makes the notification. */
function rawMessage(json: JsonObject): SlackMessage {
  const { text, markdown_text: markdown, ...rest } = json;
  // The two exclude one another, and Slack refuses both together.
  if (typeof markdown === 'string') return { ...rest, text: '', markdown_text: markdown };
  if (typeof text === 'string') return { ...rest, text };
  const { blocks = null, attachments = null } = rest;
  // Beside attachments alone it would be shown above them.
  const isShown = blocks === null && attachments !== null;
  return { ...rest, text: isShown ? '' : fallbackOf(blocks) };
}

function blocksMessage(blocks: JsonObject[]): SlackMessage {
  // They are the author's own, and Slack checks them.
  return blockMessage(blocks as unknown as KnownBlock[], fallbackOf(blocks));
}

/** The first words of blocks, for notifications. */
function fallbackOf(blocks: JsonValue): string {
  const words = textsOf(blocks)
    .join(' ')
    .slice(0, LIMITS.fallback / 10);
  return words === '' ? 'message' : escapeText(words);
}

function textsOf(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    if (typeof part !== 'string') return textsOf(part);
    return key === 'text' || key === 'alt_text' ? [part] : [];
  });
}

/** Something of a kind that Slack may know. */
function isBlock(value: JsonValue): value is JsonObject {
  return isJsonObject(value) && typeof value['type'] === 'string';
}
