import type { BotMessage } from '../message/bot-message.ts';
import type { ChannelEvent } from '../message/event.ts';
import type { UserMessage } from '../message/user-message.ts';
import { ConfigurationError } from '../errors.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { channelStore, type ChannelStore } from './channel-store.ts';
import type { Posted, ProactiveOptions } from './proactive.ts';

/** Options of a live turn. */
export interface RunOptions {
  /**
   * Calls back when nobody waits for the answer any more, which ends the turn. `clientGone(res)`
   * says so of an HTTP client; of an `AbortSignal`,
   * `(callback) => signal.addEventListener('abort', callback)`.
   */
  whenGone?: (callback: () => void) => void;
}

/** Whose conversation is meant. */
export interface ConversationRef {
  /** The sender id, as the channel names it. */
  senderId: string;
  /** The account, where the channel serves several. */
  account?: string | null;
}

/**
 * What a channel hands its messages to. Each channel gets its own, which knows the channel's name:
 * equal sender ids on two channels are two conversations.
 */
export interface Turns {
  /** Where the channel keeps what is its own. */
  readonly store: ChannelStore;

  /**
   * Live: somebody waits on a request. Resolves when the turn is over. Takes the message's place in
   * its conversation before it returns. The message MUST carry an `outputChannel`.
   *
   * @throws OverloadedError - a limit was reached; nothing was started.
   * @throws TurnAbortedError - the turn was ended before the assistant was done.
   * @throws Whatever the assistant threw. It has been reported; a channel just tells the user.
   */
  run(message: UserMessage, options?: RunOptions): Promise<void>;

  /**
   * Deferred: takes the message over. Once this resolved with `accepted` or `duplicate`, answer the
   * platform. `refused` means a limit was reached: answer 503. The message MUST carry an `address`
   * and the `messageId` that the platform repeats when it delivers again; it is written down, so that
   * all of it MUST be JSON. Identity is the conversation and the `messageId`.
   *
   * @throws Whatever the store threw: answer 5xx, so that the platform delivers again.
   */
  accept(message: UserMessage): Promise<'accepted' | 'duplicate' | 'refused'>;

  /**
   * Something happened that is not a message. Waits its turn in the conversation like a message, and
   * goes with the process: what has to hold, the channel keeps.
   *
   * @throws OverloadedError - a limit was reached; the assistant does not hear of it.
   */
  notify(event: ChannelEvent): Promise<void>;

  /** Ends the turn that runs in a conversation, unless an event began it. Resolves to whether there was one. */
  cancel(conversation: ConversationRef): Promise<boolean>;

  /**
   * Says something in a conversation of any channel without having been asked, as `line.send` does:
   * for what is no channel of users, but the way in for somebody who has something to say to them.
   */
  send(conversationId: string, response: BotMessage, options?: ProactiveOptions): Promise<Posted>;
}

/** Rasa's `on_new_message`: hand in a user message; resolves when the turn is over. */
export type OnNewMessage = Turns['run'];

/** Turns over a bare handler, for channels that are mounted by hand. Live messages only. */
export function turnsOver(channel: string, onNewMessage: OnNewMessage): Turns {
  const unavailable = async (): Promise<never> => {
    throw new ConfigurationError(
      'a channel mounted through blueprint(onNewMessage) has live turns only: ' +
        'put it into new Trunkline({ channels }) for deferred turns and events',
      { channel },
    );
  };
  return {
    store: channelStore(new MemoryStore(), channel),
    run: onNewMessage,
    accept: unavailable,
    notify: unavailable,
    cancel: unavailable,
    send: unavailable,
  };
}
