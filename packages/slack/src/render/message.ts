import type { KnownBlock } from '@slack/types';
import type { Extra } from '@trunkline/core';
import { shorten, LIMITS } from './limits.ts';
import type { Ability } from '../abilities.ts';
import type { KeptPayload } from './payload-keys.ts';

/** A message as Slack takes it, without where it goes. */
export interface SlackMessage {
  /** What notifications and screen readers say; the message itself where there are no blocks. */
  text: string;
  blocks?: KnownBlock[];
  /** Other arguments of `chat.postMessage`. */
  [argument: string]: unknown;
}

/** What is said instead of a message that Slack does not take. */
export interface Alternative {
  message: SlackMessage;
  /** What the workspace then lacks; `null` where it is the one message's fault. */
  ability: Ability | null;
}

/** What a part of a response becomes. */
export interface Rendered {
  /** The messages, in order. Empty where there is nothing to show. */
  messages: SlackMessage[];
  /** What the messages refer to by keys, to be kept before they are sent. */
  kept: KeptPayload[];
  /** What is said instead of a message, in the order in which it is tried. */
  instead: ReadonlyMap<SlackMessage, readonly Alternative[]>;
}

/** What else a renderer may look at. */
export interface RenderContext {
  /** What else the response carried. */
  extra: Extra;
}

/** What a part becomes. */
export function rendered(
  messages: SlackMessage[],
  kept: KeptPayload[] = [],
  instead: Rendered['instead'] = NOTHING,
): Rendered {
  return { messages, kept, instead };
}

const NOTHING: Rendered['instead'] = new Map();

/** Blocks of the response's own, which Slack checks, in the place of its text; `null` where there are none. */
export function ownBlocks({ blocks }: Extra): readonly KnownBlock[] | null {
  return Array.isArray(blocks) && blocks.length > 0 ? (blocks as KnownBlock[]) : null;
}

/** A message of blocks, with what is said where blocks cannot be shown. */
export function blockMessage(blocks: KnownBlock[], fallback: string): SlackMessage {
  // Without one, a notification says that the message cannot be shown.
  return { text: shorten(fallback, LIMITS.fallback) || '…', blocks };
}
