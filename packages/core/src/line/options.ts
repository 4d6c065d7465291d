import type { RequestListener } from 'node:http';
import type { InputChannel } from '../channel/input-channel.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { Store } from '../store/contract.ts';
import type { Hooks } from '../telemetry.ts';
import type { Assistant } from '../turns/assistant.ts';
import type { HistoryOptions } from '../turns/history.ts';
import type { TurnLimits } from '../turns/limits.ts';

/** What a `Trunkline` is made of. */
export interface TrunklineOptions extends Hooks {
  /** The channels that users are on. Two of them never have the same name. */
  channels: readonly InputChannel[];
  /** Whatever answers. */
  assistant: Assistant;
  /** Where locks and values live; closed with the line. @defaultValue a new `MemoryStore` */
  store?: Store;
  /** Where log lines go. @defaultValue nowhere */
  logger?: Logger;
  /** What the channels are mounted below; `null` for nothing. @defaultValue `/webhooks/` */
  route?: string | null;
  /** The bounds that turns keep. */
  turns?: TurnLimits;
  /** How much of what was said `reply.history` knows. */
  history?: HistoryOptions;
  /**
   * Links one user over several channels on purpose: messages with the same key are one
   * conversation. `undefined` keeps the usual key. Link only what the platforms have authenticated.
   */
  conversationKey?: (message: UserMessage, channel: string) => string | undefined;
  /** Time. @defaultValue the machine's */
  clock?: Clock;
}

/** Options of `Trunkline.listen`. */
export interface ListenOptions {
  /** The address to listen on. @defaultValue all */
  host?: string;
  /** Answers everything that is not ours: an Express application, say. @defaultValue 404 */
  fallback?: RequestListener;
}
