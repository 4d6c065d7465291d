import type { OutputChannel } from '../channel/output-channel.ts';
import type { JsonObject } from './json.ts';
import type { Address } from './user-message.ts';

/**
 * Something that happened and is not a message: `opted_out`, `session_started`, `session_stopped`,
 * `delivery_status`, … It goes to the assistant's `onEvent`, never to `handle`.
 */
export interface ChannelEvent {
  /** What happened. Channels document theirs. */
  type: string;
  /** Whose conversation it concerns. */
  senderId: string;
  /** The account, where the channel serves several. */
  account?: string | null;
  /** What else is known, as JSON. */
  data?: JsonObject;
  /** Where an answer would go, if somebody is there now. */
  outputChannel?: OutputChannel | null;
  /** Where an answer would go otherwise. */
  address?: Address | null;
}
