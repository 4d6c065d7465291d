import { isJsonObject, type Extra, type JsonObject } from '@trunkline/core';
import { isDirect, type SlackAddress } from './address.ts';
import { ownBlocks, type SlackMessage } from './render/message.ts';

/** What of a response's other keys are arguments of Slack's. */
const LOOKS = ['username', 'icon_emoji', 'icon_url'] as const;
const TEXTS = [...LOOKS, 'thread_ts', 'parse'] as const;
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
  // A thread is one of its channel.
  const isHere = message['channel'] === undefined || message['channel'] === channel;
  if (thread !== null && isHere) args['thread_ts'] = thread;
  // Most responses carry nothing else.
  if (Object.keys(extra).length > 0) addExtra(args, extra, address);
  Object.assign(args, message);
  if (args['text'] === '') delete args['text'];
  return args;
}

/** The arguments of an update. Its text may be empty, but not beside Markdown: Slack refuses the two. */
export function updateArgumentsOf({ text, ...others }: SlackMessage): Record<string, unknown> {
  return others['markdown_text'] === undefined ? { text, ...others } : others;
}

function addExtra(args: Record<string, unknown>, extra: Extra, address: SlackAddress): void {
  for (const name of TEXTS) if (typeof extra[name] === 'string') args[name] = extra[name];
  for (const name of SWITCHES) if (typeof extra[name] === 'boolean') args[name] = extra[name];
  if (typeof extra['postAt'] === 'number') args['post_at'] = extra['postAt'];
  if (methodOf(extra) === 'chat.postEphemeral') args['user'] = readerOf(extra, address);
  const metadata = metadataOf(extra);
  if (metadata !== null) args['metadata'] = metadata;
}

/** Slack's metadata of a message. Other channels' assistants call other things so. */
export function metadataOf({ metadata }: Extra): JsonObject | null {
  return isJsonObject(metadata) && typeof metadata['event_type'] === 'string' ? metadata : null;
}

/** Who alone sees a response; `null` where everybody does, or nobody is named. */
export function readerOf({ ephemeral }: Extra, { user }: SlackAddress): string | null {
  if (ephemeral === true) return user;
  return typeof ephemeral === 'string' ? ephemeral : null;
}

/** The thread that a response goes to: its own, else that of the conversation. */
export function threadOf(extra: Extra, { thread }: SlackAddress): string | null {
  const own = extra['thread_ts'];
  return typeof own === 'string' ? own : thread;
}

/** Whether a response is one that Slack's streams have room for: they are in a thread, and of text. */
export function fitsStream(extra: Extra): boolean {
  return extra['reply_broadcast'] !== true && ownBlocks(extra) === null;
}

/** The arguments of a stream's start. Outside of direct messages Slack wants to know whom it is for. */
export function streamArgumentsOf(extra: Extra, address: SlackAddress): Record<string, unknown> {
  const { channel, team, user, userTeam } = address;
  const args: Record<string, unknown> = { channel };
  const thread = threadOf(extra, address);
  if (thread !== null) args['thread_ts'] = thread;
  if (!isDirect(address) && user !== null) {
    args['recipient_user_id'] = user;
    args['recipient_team_id'] = userTeam ?? team;
  }
  for (const name of LOOKS) if (typeof extra[name] === 'string') args[name] = extra[name];
  return args;
}
