import type { KnownBlock } from '@slack/types';
import type { Extra } from '@trunkline/core';
import { shorten, LIMITS } from './limits.ts';
import type { KeptPayload } from './payload-keys.ts';

/** A message as Slack takes it, without where it goes. */
export interface SlackMessage {
  /** What notifications and screen readers say; the message itself where there are no blocks. */
  text: string;
  blocks?: KnownBlock[];
  /** Other arguments of `chat.postMessage`. */
  [argument: string]: unknown;
}

/** What a part of a response becomes. */
export interface Rendered {
  /** The messages, in order. Empty where there is nothing to show. */
  messages: SlackMessage[];
  /** What the messages refer to by keys, to be kept before they are sent. */
  kept: KeptPayload[];
}

/** What else a renderer may look at. */
export interface RenderContext {
  /** What else the response carried. */
  extra: Extra;
}

/** Messages of blocks alone. */
export function rendered(messages: SlackMessage[], kept: KeptPayload[] = []): Rendered {
  return { messages, kept };
}

/** A message of blocks, with what is said where blocks cannot be shown. */
export function blockMessage(blocks: KnownBlock[], fallback: string): SlackMessage {
  return { text: shorten(fallback, LIMITS.fallback), blocks };
}
