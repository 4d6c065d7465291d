import {
  UserMessage,
  type Address,
  type Choice,
  type JsonObject,
  type UserAttachment,
} from '@trunkline/core';
import type { ConversationGranularity } from '../credentials.ts';
import { withoutNulls } from './fields.ts';

/** Where a message was said. */
export interface Place {
  /** The workspace that the app is installed in; the organisation where no workspace is named. */
  team: string;
  /** The organisation, where the app is installed for a whole one. */
  enterprise: string | null;
  /** The channel; `null` for what is said in no channel, a global shortcut say. */
  channel: string | null;
  /** The message's own time, which names it. */
  ts: string | null;
  /** The thread that it is in. */
  thread: string | null;
  /** Who said it. */
  user: string;
  /** Their workspace, which is another one in Slack Connect. */
  userTeam: string | null;
  /** Whether the bot may not be in the channel: commands and shortcuts work everywhere. */
  isAnywhere?: boolean;
  /** Whether it was done on a message that only this user sees. */
  isEphemeral?: boolean;
}

/** A payload that is a message of a user. */
export interface Parsed {
  /** The same for every delivery of the same message, and for nothing else. */
  identity: string;
  place: Place;
  text: string | null;
  choice: Choice | null;
  attachments: UserAttachment[];
  metadata: JsonObject;
}

/** What of the options shapes a message. */
export interface MessageOptions {
  conversationGranularity: ConversationGranularity;
  useThreads: boolean | 'auto';
}

/**
 * The message as the turn engine takes it.
 *
 * @param instead - What an assistant gets as metadata instead, if anything.
 */
export function userMessage(
  { identity, place, text, choice, attachments, metadata }: Parsed,
  options: MessageOptions,
  instead: JsonObject | null,
): UserMessage {
  return new UserMessage({
    text,
    senderId: senderId(place, options.conversationGranularity),
    messageId: identity,
    account: place.team,
    address: addressOf(place, options.useThreads),
    choice,
    attachments,
    metadata: instead ?? metadata,
  });
}

/** Rasa's conversation ids; a part that is not known makes it the coarser one. */
export function senderId(place: Place, granularity: ConversationGranularity): string {
  const { user, channel, thread, ts } = place;
  const root = thread ?? ts;
  if (granularity === 'sender' || channel === null) return user;
  if (granularity === 'channel') return `${user}_${channel}`;
  return root === null ? user : `${user}_${channel}_${root}`;
}

/** Where the answers go. A user is written to directly where there was no channel. */
export function addressOf(place: Place, useThreads: MessageOptions['useThreads']): Address {
  const { team, enterprise, channel, ts, thread, user, userTeam, isAnywhere } = place;
  // There is no thread below what only one user sees.
  const own = useThreads === true && place.isEphemeral !== true ? ts : null;
  const root = useThreads === false ? null : (thread ?? own);
  return withoutNulls({
    team,
    enterprise,
    channel,
    thread: root,
    user,
    userTeam: userTeam === team ? null : userTeam,
    orDirect: isAnywhere === true ? true : null,
  });
}
