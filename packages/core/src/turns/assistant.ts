import type { InputChannel } from '../channel/input-channel.ts';
import type { TrackerState } from '../channel/output-channel.ts';
import type { ChannelEvent } from '../message/event.ts';
import type { JsonObject } from '../message/json.ts';
import type { UserMessage } from '../message/user-message.ts';
import { ConfigurationError } from '../errors.ts';
import type { Reply } from './reply.ts';

/**
 * Answers a message: says what it has to say through `reply`. A promise that it returns is awaited;
 * what it returns or resolves to is nobody's business.
 */
export type Handle = (message: UserMessage, reply: Reply) => unknown;

/** Whatever answers, as an object. */
export interface AssistantObject {
  /** Answers a message. */
  handle: Handle;
  /**
   * Learns of something that happened and is not a message. `reply` is `null` where the user cannot
   * be answered.
   */
  onEvent?(event: ChannelEvent, reply: Reply | null): unknown;
  /**
   * The conversation's state, asked for before each response on a channel that reads it. `null`: what
   * we know ourselves will do.
   */
  trackerState?(message: UserMessage): Promise<TrackerState | null> | TrackerState | null;
  /**
   * Answers an intent that `line.triggerIntent`, or Rasa's `trigger_intent` over HTTP, names instead of
   * a message. An assistant without this takes no intents. One that fails makes a dead letter:
   * nobody apologises for an answer to nothing.
   */
  triggerIntent?(intent: TriggeredIntent, reply: Reply): unknown;
  /** Whether there is an intent of this name: one that there is not is refused. Default: all are. */
  knowsIntent?(name: string): Promise<boolean> | boolean;
  /**
   * Told of the channels of the line that it answers on, once: when the line is made, or when it takes the
   * place of another assistant. MAY throw a `ConfigurationError` where one that it needs is not among them;
   * then the line is not made, or goes on with the other assistant.
   */
  onChannels?(channels: readonly InputChannel[]): void;
  /**
   * Lets go of what the assistant holds. Called once, by `line.close`, after the last turn. One that
   * was replaced is closed by whoever replaced it.
   */
  close?(): Promise<void> | void;
}

/** An intent that somebody has named instead of a message. */
export interface TriggeredIntent {
  /** Its name. */
  name: string;
  /** Its entities: `{ entity, value, … }`. */
  entities: readonly JsonObject[];
  /**
   * Whose conversation it is, as a message that nobody wrote: its `text` is `EXTERNAL: <name>`, its
   * metadata `{ is_external: true }`, as in Rasa.
   */
  message: UserMessage;
}

/** Whatever answers: a function, or an object that can do more. */
export type Assistant = Handle | AssistantObject;

/** Wraps every turn: does something, calls `next`, does something more. */
export type Middleware = (message: UserMessage, reply: Reply, next: () => Promise<void>) => unknown;

/** The assistant as an object, whichever form it has. */
export function toAssistant(assistant: unknown): AssistantObject {
  if (typeof assistant === 'function') return { handle: assistant as Handle };
  if (
    typeof assistant === 'object' &&
    assistant !== null &&
    typeof (assistant as AssistantObject).handle === 'function'
  ) {
    return assistant as AssistantObject;
  }
  throw new ConfigurationError(
    'the assistant must be a function (message, reply) => Promise<void> or an object with handle()',
  );
}

/**
 * The assistant with the middleware around it, the first one outermost.
 *
 * @param onUnheard - Told of a failure that a middleware has not waited for: Node ends the process of one that
 *   nobody hears of.
 */
export function wrap(
  handle: Handle,
  middleware: readonly Middleware[],
  onUnheard: (error: unknown) => void,
): Handle {
  return middleware.reduceRight<Handle>(
    (inner, outer) => (message, reply) =>
      outer(message, reply, () => new Heard(async () => inner(message, reply), onUnheard)),
    handle,
  );
}

/** A promise that knows whether somebody waits for it. */
class Heard extends Promise<void> {
  /** What is made of it need not know. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  #isHeard = false;

  constructor(run: () => Promise<unknown>, onUnheard: (error: unknown) => void) {
    super((resolve, reject) => void run().then(() => resolve(), reject));
    super.then(undefined, (error: unknown) => {
      if (!this.#isHeard) onUnheard(error);
    });
  }

  // `await` calls it as well, of what is no plain promise. Of a promise it is no surprise:
  // eslint-disable-next-line unicorn/no-thenable
  override then<A = void, B = never>(
    onDone?: ((value: void) => A | PromiseLike<A>) | null,
    onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#isHeard = true;
    return super.then(onDone, onFailed);
  }
}
