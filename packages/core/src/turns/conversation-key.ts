import type { UserMessage } from '../message/user-message.ts';

/** What a conversation is known by. */
export interface ConversationParts {
  /** The channel's name, as it is registered: nothing that a caller can choose. */
  channel: string;
  account: string | null;
  senderId: string;
}

/**
 * The internal key of a conversation: channel, account, sender id. Equal sender ids on two channels
 * are two conversations, so that a stranger who posts `"sender": "U123"` over REST does not join a
 * Slack user's.
 */
export function conversationKey(parts: ConversationParts): string {
  return `${escape(parts.channel)}:${escape(parts.account ?? '')}:${parts.senderId}`;
}

/** The key for a message that came without a sender id: it shares a conversation with nobody. */
export function anonymousKey(channel: string, message: UserMessage): string {
  // A lone % is no account: accounts are escaped.
  return `${escape(channel)}:%:${message.messageId}`;
}

const escape = (part: string): string =>
  part.includes(':') || part.includes('%') ? encodeURIComponent(part) : part;
