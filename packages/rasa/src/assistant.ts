import {
  isJsonObject,
  RetryableError,
  type AssistantObject,
  type InputChannel,
  type JsonObject,
  type Reply,
  type TrackerState,
  type TriggeredIntent,
  type UserMessage,
} from '@trunkline/core';
import type { RasaCallback } from './callback.ts';
import { RasaClient, type RasaRequest } from './client.ts';
import { garbageError, RasaAway } from './errors.ts';
import { intentsOf } from './intents.ts';
import {
  callbackAmong,
  notIntroduced,
  resolveOptions,
  type RasaOptions,
  type ResolvedRasaOptions,
} from './options.ts';
import { callbackBody, conversationPath, restBody } from './requests.ts';
import { piecesWhileAway, whileAway } from './retry.ts';
import { anonymousId } from './sender-ids.ts';
import { say } from './speech.ts';
import { answersIn } from './tracker.ts';
import { follow } from './watch.ts';

/** How long the intents of Rasa's domain are known, in milliseconds. */
const INTENTS_TTL_MS = 60_000;

/** How long a response waits for the tracker state, in milliseconds. */
const STATE_MS = 2_000;

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
  /** The callback that the option `via` means; `null` for none, or for one that is not known yet. */
  #callback: RasaCallback | null;
  #intents: { names: ReadonlySet<string>; until: number } = { names: new Set(), until: 0 };
  readonly #states = new WeakMap<UserMessage, Promise<TrackerState | null>>();

  /** @throws ConfigurationError - an option is missing, unknown or malformed. */
  constructor(options: RasaOptions) {
    this.#options = resolveOptions(options);
    this.#client = new RasaClient(this.#options);
    const { via } = this.#options;
    this.#callback = typeof via === 'string' ? null : via;
  }

  /**
   * Finds the callback that the option `via` names.
   *
   * @throws ConfigurationError - it is not among the channels.
   */
  onChannels(channels: readonly InputChannel[]): void {
    const { via } = this.#options;
    if (typeof via === 'string') this.#callback = callbackAmong(channels, via);
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
    const request = new AbortController();
    const unfollow = follow(request, reply.signal);
    const { signal } = request;
    try {
      const via = this.#via();
      const count =
        via === null
          ? await this.#say(this.#answers(id, message, reply.channel, signal), reply)
          : await this.#sayVia(via, id, message, reply, signal);
      if (count === 0) await this.#checkModel(signal);
    } catch (error) {
      // Where a response could not be sent, Rasa's others are not read.
      request.abort(error);
      throw error;
    } finally {
      unfollow();
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

  /**
   * Has Rasa answer an intent, and says what it answers. Needs Rasa's API.
   *
   * @throws What {@link RasaAssistant.handle} throws.
   */
  async triggerIntent(intent: TriggeredIntent, reply: Reply): Promise<void> {
    const { name, entities, message } = intent;
    const { signal } = reply;
    const path = `${conversationPath(this.#idOf(message, reply.channel))}/trigger_intent`;
    // Without an output channel Rasa collects what is said, and answers with it.
    const answer = await whileAway(this.#options, signal, () =>
      this.#client.ask({
        method: 'POST',
        path,
        query: { include_events: 'NONE' },
        body: { name, entities: [...entities] },
        signal,
      }),
    );
    await this.#say(messagesOf(answer), reply);
  }

  /** Whether Rasa's domain has an intent. Needs Rasa's API; asked once a minute at most for those it has. */
  async knowsIntent(name: string): Promise<boolean> {
    const now = this.#options.clock.now();
    if (this.#intents.names.has(name) && now < this.#intents.until) return true;
    const domain = await whileAway(this.#options, undefined, () =>
      this.#client.ask({ method: 'GET', path: '/domain' }),
    );
    this.#intents = { names: intentsOf(domain), until: now + INTENTS_TTL_MS };
    return this.#intents.names.has(name);
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
    const request: RasaRequest = {
      method: 'POST',
      path: '/webhooks/rest/webhook',
      query: { stream: 'true' },
      body: restBody(id, message, { channel, namesMessage: resume }),
      signal,
    };
    const [client, heard] = [this.#client, () => this.#heard(id, message, signal)];
    let isAgain = message.attempt > 1;
    yield* piecesWhileAway(this.#options, signal, async function* () {
      const known = resume && isAgain ? await heard() : null;
      isAgain = true;
      if (known === null) yield* client.lines(request);
      else yield* known;
    });
  }

  /** The answers come as posts to our own route, each of which waits until it is said. */
  async #sayVia(
    via: RasaCallback,
    id: string,
    message: UserMessage,
    reply: Reply,
    signal: AbortSignal,
  ): Promise<number> {
    let count = 0;
    const failures: unknown[] = [];
    const request: RasaRequest = {
      method: 'POST',
      path: '/webhooks/callback/webhook',
      body: callbackBody(id, message),
      signal,
    };
    await whileAway(this.#options, signal, () =>
      this.#client.tell(request, (whileSaid) =>
        via.during(id, (response) => {
          count++;
          const said = whileSaid(async () => void (await reply.response(response)));
          // Rasa logs what it is answered, and goes on: the turn is to know of it as well.
          said.catch((error: unknown) => failures.push(error));
          return said;
        }),
      ),
    );
    if (failures.length > 0) throw failures[0];
    return count;
  }

  #via(): RasaCallback | null {
    const { via } = this.#options;
    if (this.#callback === null && typeof via === 'string') throw notIntroduced(via);
    return this.#callback;
  }

  #say(messages: AsyncIterable<JsonObject>, reply: Reply): Promise<number> {
    const { tokens, clock } = this.#options;
    return say(messages, { reply, tokens, clock });
  }

  /** What Rasa has answered, if it has heard the message. */
  async #heard(
    id: string,
    message: UserMessage,
    signal: AbortSignal,
  ): Promise<JsonObject[] | null> {
    const tracker = await this.#tracker(id, signal);
    return await answersIn(tracker, message.messageId);
  }

  #tracker(id: string, signal: AbortSignal): Promise<JsonObject> {
    return this.#client.ask({ method: 'GET', path: `${conversationPath(id)}/tracker`, signal });
  }

  async #loadState(id: string): Promise<TrackerState | null> {
    const late = new AbortController();
    const onLate = (): void => late.abort(new Error(`no tracker state within ${STATE_MS} ms`));
    const cancel = this.#options.clock.after(STATE_MS, onLate);
    try {
      return await this.#tracker(id, late.signal);
    } catch (error) {
      // What is said matters more than what is known.
      this.#options.logger?.warn(
        { err: error },
        'the tracker state could not be fetched from Rasa',
      );
      return null;
    } finally {
      cancel();
    }
  }

  /** Rasa has said nothing: perhaps it had nothing to say, or nobody to hear the message. */
  async #checkModel(signal: AbortSignal): Promise<void> {
    try {
      await this.#client.ask({ method: 'GET', path: '/status', signal });
    } catch (error) {
      if (error instanceof RasaAway && error.status === 409) {
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

/** What an answer of Rasa's API has the bot say. */
async function* messagesOf({ messages = [] }: JsonObject): AsyncGenerator<JsonObject> {
  if (!Array.isArray(messages) || !messages.every(isJsonObject)) {
    throw garbageError('messages that are no list of objects');
  }
  yield* messages;
}
