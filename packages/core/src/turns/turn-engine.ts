import type { OutputChannel, TrackerState } from '../channel/output-channel.ts';
import type { Clock } from '../clock.ts';
import { ConfigurationError, OverloadedError, toError } from '../errors.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { ChannelEvent } from '../message/event.ts';
import { isJsonObject, type JsonValue } from '../message/json.ts';
import { UserMessage, type Address } from '../message/user-message.ts';
import type { Responses } from '../responses/responses.ts';
import type { Store } from '../store/contract.ts';
import type { Telemetry } from '../telemetry.ts';
import { AddressBook, type LastSeen } from './address-book.ts';
import { resolveApology, type Apology } from './apology.ts';
import type { AssistantObject, Middleware } from './assistant.ts';
import { channelStore } from './channel-store.ts';
import { collectIntent, trackerOf, type CollectedIntent } from './collected-intent.ts';
import type { RunOptions, Turns } from './contract.ts';
import { anonymousKey, conversationKey } from './conversation-key.ts';
import { DeadLetterBox } from './dead-letters.ts';
import type { DeferredContext } from './deferred-context.ts';
import { DeferredTurns, SUPERSEDE, type Acceptance } from './deferred-turns.ts';
import { resolveDelivery, type DeliveryOptions } from './delivery-options.ts';
import { History, type HistoryOptions } from './history.ts';
import { resolveLimits, type TurnLimits } from './limits.ts';
import { LiveDebounce } from './live-debounce.ts';
import { LiveTurns, type LiveMessage } from './live-turns.ts';
import { Menus } from './menus.ts';
import { resolveOverlap, type Overlap, type OverlapOptions } from './overlap.ts';
import { Patience } from './patience.ts';
import { Proactive, type Posted, type ProactiveOptions } from './proactive.ts';
import type { TransformEntry } from './reply.ts';
import { Schedule } from './schedule.ts';
import { Sessions, type SessionOptions } from './sessions.ts';
import { Slots } from './slots.ts';
import { Speaker } from './speaker.ts';
import type { IntentOptions } from './triggered-intent.ts';

/** What the engine works with. */
export interface TurnEngineOptions {
  store: Store;
  clock: Clock;
  telemetry: Telemetry;
  limits?: TurnLimits | undefined;
  history?: HistoryOptions | undefined;
  overlap?: Overlap | OverlapOptions | undefined;
  delivery?: DeliveryOptions | undefined;
  session?: SessionOptions | undefined;
  apology?: Apology | undefined;
  /** Whoever answers, asked for at every turn, so that it can be replaced. */
  assistant: () => AssistantObject;
  /** The response templates, asked for at every turn as well. @defaultValue none */
  responses?: (() => Responses | null) | undefined;
  middleware: readonly Middleware[];
  transforms: readonly TransformEntry[];
  /** Links conversations on purpose: a key of its own, or `undefined` for the usual one. */
  conversationKey?: ((message: UserMessage, channel: string) => string | undefined) | undefined;
  /** How a channel reaches an address. */
  outputFor: (channel: string, address: Address) => OutputChannel;
  /**
   * Whether a channel can be contacted without a request; `undefined` where there is no such channel.
   */
  canContact: (channel: string) => boolean | undefined;
}

/** Runs turns: what is scheduled, with an assistant on one side and an output channel on the other. */
export class TurnEngine {
  /** Turns that were given up. */
  readonly deadLetters: DeadLetterBox;

  /** What nobody has asked for. */
  readonly proactive: Proactive;

  readonly #options: TurnEngineOptions;
  readonly #context: DeferredContext;
  readonly #live: LiveTurns;
  readonly #deferred: DeferredTurns;
  readonly #debounce: LiveDebounce;
  #stops: (() => void)[] | null = null;

  constructor(options: TurnEngineOptions) {
    this.#options = options;
    const { store, clock, telemetry, assistant, outputFor } = options;
    const limits = resolveLimits(options.limits);
    const history = new History(store.lists, clock, options.history);
    const menus = new Menus(store.values);
    const sessions = new Sessions(store.values, clock, options.session);
    const { middleware, transforms, responses = () => null } = options;
    this.deadLetters = new DeadLetterBox(store.values);
    this.#context = {
      store,
      clock,
      telemetry,
      limits,
      policy: resolveDelivery(options.delivery),
      overlap: resolveOverlap(options.overlap),
      schedule: new Schedule(store, clock, limits),
      speaker: new Speaker({
        clock,
        telemetry,
        assistant,
        responses,
        middleware,
        transforms,
        history,
        menus,
        sessions,
      }),
      history,
      menus,
      sessions,
      addresses: new AddressBook(store.lists, clock),
      deadLetters: this.deadLetters,
      patience: new Patience(clock, telemetry),
      suspects: new Slots(1),
      assistant,
      outputFor,
      apologyFor: resolveApology(options.apology, (error) =>
        telemetry.error(error, { channel: null, stage: 'assistant' }),
      ),
    };
    this.#live = new LiveTurns(this.#context);
    this.#deferred = new DeferredTurns(this.#context);
    this.proactive = new Proactive(
      { ...this.#context, transforms, canContact: options.canContact, start: () => this.start() },
      this.#deferred,
    );
    const { overlap, schedule } = this.#context;
    this.#debounce = new LiveDebounce(clock, overlap.debounceMs, schedule);
  }

  /** The turns of one channel. */
  for(channel: string): Turns {
    return {
      store: channelStore(this.#options.store, channel),
      run: (message, options) => this.#run(channel, message, options),
      accept: async (message) => this.#accept(channel, message),
      notify: (event) => this.#notify(channel, event),
      cancel: async ({ senderId, account = null }) => {
        const key = this.#keyOf(channel, new UserMessage({ senderId, account }));
        return this.#context.schedule.running.abort(key, 'cancelled');
      },
      send: (senderId, response, options) => this.proactive.send(senderId, response, options),
    };
  }

  /**
   * Begins to take up what earlier processes, and those that die, leave in the store. Called when
   * messages can come in; again, it does nothing.
   */
  start(): void {
    const { turns, signals } = this.#context.store;
    this.#stops ??= [
      turns.watch((conversation) => this.#deferred.recover(conversation)),
      signals.listen(SUPERSEDE, (news) => this.#superseded(news)),
    ];
  }

  /** Takes nothing more, and resolves when all is done. What is not done after `graceMs` is aborted. */
  async close(graceMs: number): Promise<void> {
    for (const stop of this.#stops ?? []) stop();
    this.#stops = [];
    // They were taken in before, and are finished like what waits for its conversation.
    this.#debounce.beginAll();
    await this.#context.schedule.close(graceMs);
  }

  /** Puts a dead letter back into its queue. Resolves to whether it was there. */
  replay(letterId: string): Promise<boolean> {
    return this.#deferred.replay(letterId);
  }

  /** Has the assistant answer an intent, and tells what is known of the conversation. */
  async triggerIntent(
    senderId: string,
    intent: IntentOptions,
    options: ProactiveOptions,
  ): Promise<{ posted: Posted; tracker: TrackerState }> {
    const { posted, place } = await this.proactive.trigger(senderId, intent, options);
    const { channel, account } = place;
    const message = new UserMessage({ senderId, account, inputChannel: channel });
    return { posted, tracker: await trackerOf(this.#context, place, message) };
  }

  /** Has the assistant answer an intent for somebody who waits for the answer. */
  async collectIntent(
    senderId: string,
    intent: IntentOptions,
    options: RunOptions,
  ): Promise<CollectedIntent> {
    this.start();
    await this.proactive.checkIntent(intent.name);
    const run = (message: LiveMessage): Promise<void> => this.#live.run(message, options);
    return await collectIntent(this.#context, run, senderId, intent);
  }

  /** The last channel that a sender was on, as far as its platform vouches for it. */
  async lastSeen(senderId: string): Promise<LastSeen | null> {
    const place = await this.#context.addresses.latest(senderId);
    if (place === null) return null;
    const { channel, account, address } = place;
    return { channel, account, address };
  }

  /** A live turn. Everything up to the ticket happens before the first `await`. */
  #run(channel: string, message: UserMessage, options?: RunOptions): Promise<void> {
    try {
      this.start();
      const output = message.outputChannel;
      if (output === null) throw needsOutput(channel);
      const key = this.#keyOf(channel, message);
      const mode = this.#context.overlap.modeOf(channel);
      const run = (joined: UserMessage): Promise<void> =>
        this.#live.run({ channel, key, mode, message: joined, output }, options);
      return mode === 'debounce' ? this.#debounce.add(channel, key, message, run) : run(message);
    } catch (error) {
      return Promise.reject(toError(error));
    }
  }

  /** A deferred turn. Everything up to the ticket happens before this returns. */
  #accept(channel: string, message: UserMessage): MaybePromise<Acceptance> {
    this.start();
    if (message.address === null) {
      throw new ConfigurationError(
        'turns.accept() needs a message with an address: what getOutputChannel(address) is given',
        { channel },
      );
    }
    return this.#deferred.accept(channel, this.#keyOf(channel, message), message);
  }

  async #notify(channel: string, event: ChannelEvent): Promise<void> {
    const { telemetry, outputFor } = this.#options;
    if (this.#options.assistant().onEvent === undefined) return;
    const { senderId, account = null, address } = event;
    const message = new UserMessage({ senderId, account, inputChannel: channel });
    const key = this.#keyOf(channel, message);
    try {
      const output = event.outputChannel ?? (address ? outputFor(channel, address) : null);
      await this.#live.notify({ channel, key, mode: 'queue', message, output }, event);
    } catch (error) {
      if (error instanceof OverloadedError) throw error;
      telemetry.error(error, { channel, stage: 'event' });
    }
  }

  #superseded(news: JsonValue): void {
    if (!isJsonObject(news) || typeof news['key'] !== 'string') return;
    const { key, live } = news;
    if (typeof live === 'string') this.#live.supersededElsewhere(key, live, Number(news['at']));
    else this.#deferred.supersededElsewhere(key);
  }

  #keyOf(channel: string, message: UserMessage): string {
    if (message.anonymous) return anonymousKey(channel, message);
    const { account, senderId } = message;
    const { conversationKey: linked, telemetry } = this.#options;
    try {
      const key: unknown = linked?.(message, channel) ?? null;
      if (key === null) return conversationKey({ channel, account, senderId });
      if (typeof key === 'string' && key !== '') return key;
      // An empty text, or a promise, would be one conversation of all users.
      throw new TypeError('conversationKey must return a text that is not empty, or undefined');
    } catch (error) {
      telemetry.error(error, { channel, stage: 'request' });
      throw error;
    }
  }
}

function needsOutput(channel: string): ConfigurationError {
  return new ConfigurationError(
    'turns.run() needs a message with an outputChannel: create one for each message, or call turns.accept() with an address',
    { channel },
  );
}
