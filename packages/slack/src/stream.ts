import type { KnownBlock } from '@slack/types';
import { DeliveryError, type Button, type Extra, type Receipt } from '@trunkline/core';
import { isDirect } from './address.ts';
import { fitsStream, methodOf, threadOf } from './arguments.ts';
import { EditedMessage } from './edited-message.ts';
import { isDestinationError } from './errors.ts';
import { NativeStream } from './native-stream.ts';
import { actionBlocks, quickReplyBlocks } from './render/buttons.ts';
import { allowedMentions, type AllowedMentions } from './render/escape.ts';
import { ownBlocks } from './render/message.ts';
import type { KeptPayload } from './render/payload-keys.ts';
import { textMessages } from './render/text.ts';
import { withBlocks } from './repair.ts';
import type { Sender } from './sender.ts';

/** Makes a request as a part of the turn's stream. */
type DeliverPart = (send: () => Promise<Receipt>) => Promise<Receipt>;

/** What shows a text as it grows. */
export interface GrowingMessage {
  /** The text has grown, and is now this one. */
  grow(text: string): Promise<void>;
  /** The text is complete. */
  finish(text: string): Promise<void>;
}

/** What a growing message works with. */
export interface GrowingOptions {
  sender: Sender;
  deliver: DeliverPart;
  extra: Extra;
  allowed: AllowedMentions;
  /** What is shown below the complete text. */
  blocks: KnownBlock[];
  /** The user has pressed Slack's stop button. */
  onStopped: () => void;
}

/** Errors that say that the workspace has no streams. */
const LACKING = new Set(['unknown_method', 'feature_disabled', 'channel_type_not_supported']);

/** What can be pressed below a stream, as below a text. Anything else travels on to nobody. */
function blocksBelow({ quickReplies, buttons }: Extra, kept: KeptPayload[]): KnownBlock[] {
  if (isList(quickReplies)) return quickReplyBlocks(quickReplies, kept, '');
  return isList(buttons) ? actionBlocks(buttons, kept) : [];
}

function isList(value: unknown): value is readonly Button[] {
  return Array.isArray(value) && value.length > 0;
}

/** An answer that is shown while it is made: by Slack's own stream, or by editing one message. */
export class StreamedAnswer {
  readonly #options: GrowingOptions;
  readonly #kept: KeptPayload[] = [];
  #message: GrowingMessage | null = null;
  #text = '';

  constructor(options: Omit<GrowingOptions, 'allowed' | 'blocks'>) {
    const { extra } = options;
    const blocks = ownBlocks(extra) === null ? blocksBelow(extra, this.#kept) : [];
    this.#options = { ...options, blocks, allowed: allowedMentions(extra['mentions']) };
  }

  async add(chunk: string): Promise<void> {
    this.#text += chunk;
    // What cannot be edited is posted in the end.
    if (methodOf(this.#options.extra) !== 'chat.postMessage') return;
    if (this.#message === null && this.#text.trim() !== '') await this.#open();
    await this.#message?.grow(this.#text);
  }

  async end(): Promise<void> {
    const { sender, deliver, extra, blocks } = this.#options;
    if (this.#message !== null) {
      await sender.keep(this.#kept);
      return await this.#message.finish(this.#text);
    }
    const messages = withBlocks(textMessages(this.#text, extra), blocks);
    if (messages.length > 0) await sender.keep(this.#kept);
    for (const message of messages) await deliver(() => sender.post(message, extra, ''));
  }

  async #open(): Promise<void> {
    const { sender, extra } = this.#options;
    const { abilities } = sender.services;
    const { team } = sender.address;
    if (this.#canStream()) {
      const stream = new NativeStream(this.#options);
      try {
        await stream.open();
        this.#message = stream;
        return;
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error;
        const isElsewhere = sender.canGoDirect(error);
        if (isDestinationError(error) && !isElsewhere) throw error;
        const { platformCode, retryable } = error;
        // Posts have room where streams have none left.
        if (retryable && platformCode?.endsWith('limited') !== true) throw error;
        if (LACKING.has(platformCode ?? '')) abilities.note(team, 'streams');
        else if (threadOf(extra, sender.address) === null && !isElsewhere) {
          abilities.note(team, 'streams outside threads');
        }
      }
    }
    this.#message = new EditedMessage(this.#options);
  }

  /** Slack streams in threads and in direct messages, and in channels it wants to know to whom. */
  #canStream(): boolean {
    const { sender, extra } = this.#options;
    const { services, address } = sender;
    const { abilities } = services;
    if (abilities.lacks(address.team, 'streams') || !fitsStream(extra)) return false;
    if (threadOf(extra, address) === null) {
      return (
        address.channel.startsWith('D') && !abilities.lacks(address.team, 'streams outside threads')
      );
    }
    return isDirect(address) || address.user !== null;
  }
}
