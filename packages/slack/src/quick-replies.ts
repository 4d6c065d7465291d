import { isJsonObject, type JsonObject, type JsonValue } from '@trunkline/core';
import { objectAt, textAt } from './parse/fields.ts';
import type { Parsed } from './parse/parsed.ts';
import { escapeText } from './render/escape.ts';
import { LIMITS, shorten } from './render/limits.ts';
import { isQuickReply } from './render/names.ts';
import type { Services } from './services.ts';

/**
 * Takes the quick replies off the message that they were below. After the acknowledgement: that it fails
 * is seen by nobody but the log, and a second click is the same choice.
 */
export async function withdrawQuickReplies(
  { clients, options }: Services,
  payload: JsonObject,
  messages: readonly Parsed[],
): Promise<void> {
  const message = objectAt(payload, 'message');
  const url = textAt(payload, 'response_url');
  const [first] = messages;
  if (first === undefined) return;
  const { channel, ts } = first.place;
  const chosen = first.choice?.title ?? '…';
  // Slack's own is escaped already.
  const text = textAt(message, 'text') ?? escapeText(chosen);
  const blocks = withoutQuickReplies(message?.['blocks'] ?? null);
  try {
    // What only one user sees is in no payload, and has no other handle: it becomes what was chosen.
    if (message === null) {
      if (url !== null) await clients.respond(url, { replace_original: true, text });
      return;
    }
    await clients.call(first.place, 'chat.update', {
      channel,
      ts,
      text: shorten(text, LIMITS.updatedText),
      // A message must have something in it.
      blocks: JSON.stringify(blocks.length > 0 ? blocks : [sectionOf(chosen)]),
    });
  } catch (error) {
    options.logger?.warn(
      { channel: options.name, err: error },
      'quick replies could not be removed',
    );
  }
}

/** The blocks without the rows of quick replies. */
function withoutQuickReplies(blocks: JsonValue): JsonValue[] {
  if (!Array.isArray(blocks)) return [];
  return blocks.filter(
    (block) => !isJsonObject(block) || !isQuickReply(textAt(block, 'block_id') ?? ''),
  );
}

function sectionOf(text: string): JsonObject {
  return { type: 'section', text: { type: 'plain_text', text: shorten(text, LIMITS.sectionText) } };
}
