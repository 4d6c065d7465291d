import {
  RetryableError,
  type AssistantObject,
  type JsonObject,
  type Metadata,
  type Reply,
  type TrackerState,
  type UserMessage,
} from '@trunkline/core';
import { RasaClient, type RasaRequest } from './client.ts';
import { RasaError } from './errors.ts';
import { resolveOptions, type RasaOptions, type ResolvedRasaOptions } from './options.ts';
import { piecesWhileAway } from './retry.ts';
import { anonymousId } from './sender-ids.ts';
import { say } from './speech.ts';
import { answersIn, MESSAGE_ID_KEY } from './tracker.ts';

/**
 * A running Rasa server as the assistant: each message goes to its REST channel, and what it says
 * comes back as responses while it says it.
 *
 * ```ts
 * import { Trunkline } from '@trunkline/core';
 * import { RasaAssistant } from '@trunkline/rasa';
 * import { RestInput } from '@trunkline/rest';
 *
 * const line = new Trunkline({
 *   channels: [new RestInput()],
 *   assistant: new RasaAssistant({ url: 'http://localhost:5005' }),
 *   apology: 'I am not well just now. Please try again later.',
 * });
 * await line.listen(8080);
 * ```
 */
export class RasaAssistant implements AssistantObject {
  readonly #options: ResolvedRasaOptions;
  readonly #client: RasaClient;
  /** What the conversations of the messages that are handled are called in Rasa. */
  readonly #ids = new WeakMap<UserMessage, string>();
  readonly #states = new WeakMap<UserMessage, Promise<TrackerState | null>>();

  /** @throws ConfigurationError - an option is missing, unknown or malformed. */
  constructor(options: RasaOptions) {
    this.#options = resolveOptions(options);
    this.#client = new RasaClient(this.#options);
  }

  /**
   * Has Rasa answer a message.
   *
   * @throws RetryableError - Rasa could not be reached, or has no model loaded yet.
   * @throws RasaError - Rasa failed, took too long, or did not answer with responses.
   * @throws ConfigurationError - Rasa turns us away, or has no `rest` channel.
   */
  async handle(message: UserMessage, reply: Reply): Promise<void> {
    const id = this.#idOf(message, reply.channel);
    const left = new AbortController();
    const signal = AbortSignal.any([reply.signal, left.signal]);
    try {
      const answers = this.#answers(id, message, reply.channel, signal);
      const count = await this.#say(answers, reply);
      if (count === 0) await this.#checkModel(signal);
    } finally {
      // Where a response could not be sent, Rasa's others are not read.
      left.abort();
    }
  }

  /** Rasa's tracker as it was saved last, if the option `trackerState` asks for it. */
  async trackerState(message: UserMessage): Promise<TrackerState | null> {
    const id = this.#ids.get(message);
    if (!this.#options.trackerState || id === undefined) return null;
    let state = this.#states.get(message);
    if (state === undefined) {
      state = this.#loadState(id);
      this.#states.set(message, state);
    }
    return await state;
  }

  /** Lets go of the connections to Rasa. */
  close(): Promise<void> {
    return this.#client.close();
  }

  async *#answers(
    id: string,
    message: UserMessage,
    channel: string,
    signal: AbortSignal,
  ): AsyncGenerator<JsonObject> {
    const { resume } = this.#options;
    const request = this.#request(id, message, channel, signal);
    const [client, heard] = [this.#client, () => this.#heard(id, message, signal)];
    let isAgain = message.attempt > 1;
    yield* piecesWhileAway(this.#options, signal, async function* () {
      const known = resume && isAgain ? await heard() : null;
      isAgain = true;
      if (known === null) yield* client.lines(request);
      else yield* known;
    });
  }

  #request(id: string, message: UserMessage, channel: string, signal: AbortSignal): RasaRequest {
    const metadata = this.#metadataOf(message);
    return {
      method: 'POST',
      path: '/webhooks/rest/webhook',
      query: { stream: 'true' },
      body: {
        sender: id,
        // Rasa's parser fails on a message without text, and its stream then never ends.
        message: message.text ?? '',
        input_channel: message.inputChannel ?? channel,
        ...(metadata === null ? {} : { metadata }),
      },
      signal,
    };
  }

  /** Files travel as Rasa's own `botframework` channel has them travel. */
  #metadataOf({ metadata, attachments, messageId }: UserMessage): Metadata | null {
    const added: JsonObject = {};
    if (attachments.length > 0) {
      // What is undefined is no JSON, and is gone when it is sent.
      added['attachments'] = attachments as unknown as JsonObject[];
    }
    if (this.#options.resume) added[MESSAGE_ID_KEY] = messageId;
    if (Object.keys(added).length === 0) return metadata;
    // REST passes on any JSON. To what is no object nothing can be added.
    const isObject = metadata === null || (typeof metadata === 'object' && !Array.isArray(metadata));
    return isObject ? { ...added, ...metadata } : metadata;
  }

  #say(messages: AsyncIterable<JsonObject>, reply: Reply): Promise<number> {
    const { tokens, clock } = this.#options;
    return say(messages, { reply, tokens, clock });
  }

  /** What Rasa has answered, if it has heard the message. */
  async #heard(id: string, message: UserMessage, signal: AbortSignal): Promise<JsonObject[] | null> {
    const tracker = await this.#tracker(id, signal);
    return await answersIn(tracker, message.messageId);
  }

  #tracker(id: string, signal?: AbortSignal): Promise<JsonObject> {
    return this.#client.ask({ method: 'GET', path: `${conversationPath(id)}/tracker`, signal });
  }

  async #loadState(id: string): Promise<TrackerState | null> {
    try {
      return await this.#tracker(id);
    } catch (error) {
      // What is said matters more than what is known.
      this.#options.logger?.warn({ err: error }, 'the tracker state could not be fetched from Rasa');
      return null;
    }
  }

  /** Rasa has said nothing: perhaps it had nothing to say, or nobody to hear the message. */
  async #checkModel(signal: AbortSignal): Promise<void> {
    try {
      await this.#client.ask({ method: 'GET', path: '/status', signal });
    } catch (error) {
      if (error instanceof RasaError && error.status === 409) {
        throw new RetryableError('Rasa has no model loaded, and has not heard the message', {
          cause: error,
        });
      }
      signal.throwIfAborted();
      const what = 'Rasa said nothing, and could not be asked whether a model is loaded';
      this.#options.logger?.debug({ err: error }, what);
    }
  }

  #idOf(message: UserMessage, channel: string): string {
    const { account, senderId } = message;
    const id = message.anonymous
      ? anonymousId(channel, message.messageId)
      : this.#options.senderIds.toRasa({ channel, account, senderId });
    this.#ids.set(message, id);
    return id;
  }
}

/** Rasa takes whatever stands between as the id, slashes included, and may not decode it. */
function conversationPath(id: string): string {
  const path = id.replaceAll(/[^A-Za-z0-9_.~!$&'()*+,;=:@/-]/gu, (character) =>
    // Half of a character has no encoding.
    encodeURIComponent(/[\ud800-\udfff]/u.test(character) ? '\ufffd' : character),
  );
  return `/conversations/${path}`;
}
