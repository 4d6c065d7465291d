import { isJsonObject, type Extra } from '@trunkline/core';
import type { SlackAddress } from './address.ts';
import type { SlackMessage } from './render/message.ts';

/** What of a response's other keys are arguments of Slack's. */
const TEXTS = ['username', 'icon_emoji', 'icon_url', 'thread_ts', 'parse'] as const;
const SWITCHES = [
  'reply_broadcast',
  'unfurl_links',
  'unfurl_media',
  'mrkdwn',
  'link_names',
] as const;

/** How a response is sent. */
export type PostMethod = 'chat.postMessage' | 'chat.postEphemeral' | 'chat.scheduleMessage';

/** The method that a response asks for: `ephemeral`, or `postAt`. */
export function methodOf(extra: Extra): PostMethod {
  if (extra['ephemeral'] === true || typeof extra['ephemeral'] === 'string') {
    return 'chat.postEphemeral';
  }
  return typeof extra['postAt'] === 'number' ? 'chat.scheduleMessage' : 'chat.postMessage';
}

/** The arguments of a post. The message's own come last: JSON of Slack's own may name another place. */
export function argumentsOf(
  message: SlackMessage,
  extra: Extra,
  address: SlackAddress,
): Record<string, unknown> {
  const { channel, thread } = address;
  const args: Record<string, unknown> = { channel };
  if (thread !== null) args['thread_ts'] = thread;
  // Most responses carry nothing else.
  if (Object.keys(extra).length > 0) addExtra(args, extra, address);
  Object.assign(args, message);
  // Beside Markdown, Slack refuses also an empty one.
  if (args['text'] === '' || args['markdown_text'] !== undefined) delete args['text'];
  return args;
}

function addExtra(args: Record<string, unknown>, extra: Extra, { user }: SlackAddress): void {
  for (const name of TEXTS) if (typeof extra[name] === 'string') args[name] = extra[name];
  for (const name of SWITCHES) if (typeof extra[name] === 'boolean') args[name] = extra[name];
  if (typeof extra['postAt'] === 'number') args['post_at'] = extra['postAt'];
  if (extra['ephemeral'] === true) args['user'] = user;
  if (typeof extra['ephemeral'] === 'string') args['user'] = extra['ephemeral'];
  const { metadata } = extra;
  // Other channels' assistants call other things metadata.
  if (isJsonObject(metadata) && typeof metadata['event_type'] === 'string') {
    args['metadata'] = metadata;
  }
}
