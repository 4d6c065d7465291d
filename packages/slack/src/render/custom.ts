import type { KnownBlock } from '@slack/types';
import { customJsonText, isJsonObject, type JsonObject, type JsonValue } from '@trunkline/core';
import { escapeText } from './escape.ts';
import { chunksOf, LIMITS } from './limits.ts';
import { blockMessage, rendered, type RenderContext, type Rendered } from './message.ts';
import { isTable, renderTable } from './table.ts';
import { textMessages } from './text.ts';

/** What makes JSON a message of Slack's own: a text, or a list, which Slack takes as JSON as well. */
const TEXTS = ['text', 'markdown_text'];
const LISTS = ['blocks', 'attachments'];

/**
 * JSON of Slack's own: a list of blocks, one block, or the arguments of `chat.postMessage`; a table as
 * `{ table: { rows } }`. Other JSON is shown as such.
 */
export function renderCustom(json: JsonValue, { extra }: RenderContext): Rendered {
  const list = blocksIn(json);
  if (list !== null) {
    return rendered(chunksOf(list, LIMITS.blocks).map((blocks) => blocksMessage(blocks)));
  }
  if (isJsonObject(json)) {
    if (isTable(json['table'])) return renderTable(json['table'], extra);
    if (isMessage(json)) return rendered([rawMessage(json)]);
    if (isBlock(json)) return rendered([blocksMessage([json])]);
  }
  // Blocks of the response's own have taken the place of its text, and of nothing else.
  return rendered(textMessages(`\`\`\`\n${customJsonText(json)}\n\`\`\``, {}));
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
function rawMessage(json: JsonObject): Rendered['messages'][number] {
  const { text, markdown_text: markdown, ...rest } = json;
  // The two exclude one another, and Slack refuses both together.
  if (typeof markdown === 'string') return { ...rest, text: '', markdown_text: markdown };
  if (typeof text === 'string') return { ...rest, text };
  const { blocks = null, attachments = null } = rest;
  // Beside attachments alone it would be shown above them.
  const isShown = blocks === null && attachments !== null;
  return { ...rest, text: isShown ? '' : fallbackOf(blocks) };
}

function blocksMessage(blocks: JsonObject[]): Rendered['messages'][number] {
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
