import { bindDelivery } from '../channel/delivery.ts';
import type { OutputChannel } from '../channel/output-channel.ts';
import type { Clock } from '../clock.ts';
import { ConfigurationError, OverloadedError } from '../errors.ts';
import type { ChannelEvent } from '../message/event.ts';
import { UserMessage, type Address } from '../message/user-message.ts';
import type { Store } from '../store/contract.ts';
import type { Telemetry, TurnReport } from '../telemetry.ts';
import { wrap, type AssistantObject, type Middleware } from './assistant.ts';
import type { RunOptions, Turns } from './contract.ts';
import { anonymousKey, conversationKey } from './conversation-key.ts';
import { History, type HistoryEntry, type HistoryOptions } from './history.ts';
import { resolveLimits, type TurnLimits } from './limits.ts';
import { LiveDelivery } from './live-delivery.ts';
import type { Reply, TransformEntry } from './reply.ts';
import { Schedule, type Release, type Work } from './schedule.ts';
import { ConversationState } from './state.ts';
import { TurnReply } from './turn-reply.ts';

/** What the engine works with. */
export interface TurnEngineOptions {
  store: Store;
  clock: Clock;
  telemetry: Telemetry;
  limits?: TurnLimits | undefined;
  history?: HistoryOptions | undefined;
  /** Whoever answers, asked for at every turn, so that it can be replaced. */
  assistant: () => AssistantObject;
  middleware: readonly Middleware[];
  transforms: readonly TransformEntry[];
  /** Links conversations on purpose: a key of its own, or `undefined` for the usual one. */
  conversationKey?: ((message: UserMessage, channel: string) => string | undefined) | undefined;
  /** How a channel reaches an address. */
  outputFor: (channel: string, address: Address) => OutputChannel;
}

/** How long marks against a second delivery live. */
const MARK_TTL_MS = 48 * 60 * 60 * 1000;

/** Runs turns: what is scheduled, with an assistant on one side and an output channel on the other. */
export class TurnEngine {
  readonly #options: TurnEngineOptions;
  readonly #limits: Required<TurnLimits>;
  readonly #schedule: Schedule;
  readonly #history: History;

  constructor(options: TurnEngineOptions) {
    this.#options = options;
    this.#limits = resolveLimits(options.limits);
    this.#schedule = new Schedule(options.store, options.clock, this.#limits);
    this.#history = new History(options.clock, options.history);
  }

  /** The turns of one channel. */
  for(channel: string): Turns {
    return {
      run: (message, options) => this.#run(channel, message, options),
      accept: (message) => this.#accept(channel, message),
      notify: (event) => this.#notify(channel, event),
      cancel: async ({ senderId, account = null }) =>
        this.#schedule.cancel(this.#keyOf(channel, new UserMessage({ senderId, account }))),
    };
  }

  /** Takes nothing more, and resolves when all is done. What is not done after `graceMs` is aborted. */
  close(graceMs: number): Promise<void> {
    return this.#schedule.close(graceMs);
  }

  /** A live turn. Everything up to the ticket happens before the first `await`. */
  async #run(channel: string, message: UserMessage, { whenGone }: RunOptions = {}): Promise<void> {
    const output = message.outputChannel;
    if (output === null) {
      throw new ConfigurationError(
        'turns.run() needs a message with an outputChannel: create one for each message, or call turns.accept() with an address',
        { channel },
      );
    }
    const work = this.#schedule.enter(channel, this.#keyOf(channel, message));
    whenGone?.(() => work.abort.abort('disconnected'));
    const begun = this.#schedule.begin(work, this.#limits.maxWaitMs);
    await this.#turn(work, begun, message, output);
  }

  /** A deferred turn. In this process's memory: it survives no crash. */
  async #accept(
    channel: string,
    message: UserMessage,
  ): Promise<'accepted' | 'duplicate' | 'refused'> {
    const { address } = message;
    if (address === null) {
      throw new ConfigurationError(
        'turns.accept() needs a message with an address: what getOutputChannel(address) is given',
        { channel },
      );
    }
    // Made ahead of anything else: a channel that cannot answer must not take messages over.
    const output = this.#options.outputFor(channel, address);
    let work: Work;
    try {
      work = this.#schedule.enter(channel, this.#keyOf(channel, message));
    } catch (error) {
      if (error instanceof OverloadedError) return 'refused';
      throw error;
    }
    // The ticket comes first: the message has its place while the store is asked whether it is new.
    const begun = this.#schedule.begin(work, null);
    // It may fail before anybody looks: `#turn` does, or nobody.
    begun.catch(() => {});
    let isNew = false;
    try {
      isNew = await this.#mark(channel, message);
    } finally {
      if (!isNew)
        begun.then(
          (release) => release(),
          () => {},
        );
    }
    if (!isNew) return 'duplicate';
    // What fails is reported where it fails; nobody waits for a deferred turn.
    this.#turn(work, begun, message, output).catch(() => {});
    return 'accepted';
  }

  /** Marks a message against its second delivery. Resolves to whether this is the first. */
  async #mark(channel: string, { messageId }: UserMessage): Promise<boolean> {
    const { store, clock } = this.#options;
    const mark = `${channel}:${messageId}`;
    const options = { ttlMs: MARK_TTL_MS };
    const version = await store.values.compareAndSet('accepted', mark, null, clock.now(), options);
    return version !== null;
  }

  async #notify(channel: string, event: ChannelEvent): Promise<void> {
    const { telemetry, outputFor } = this.#options;
    const assistant = this.#options.assistant();
    if (assistant.onEvent === undefined) return;
    const { senderId, account = null, address } = event;
    const message = new UserMessage({ senderId, account, inputChannel: channel });
    const work = this.#schedule.enter(channel, this.#keyOf(channel, message));
    try {
      await this.#schedule.do(work, this.#schedule.begin(work, null), async () => {
        const output = event.outputChannel ?? (address ? outputFor(channel, address) : null);
        const handle = (reply: Reply | null): unknown => assistant.onEvent?.(event, reply);
        if (output === null) await handle(null);
        else await this.#reply(work, message, output, assistant, handle);
      });
    } catch (error) {
      telemetry.error(error, { channel, stage: 'event' }, work.abort);
    }
  }

  /** One turn from its ticket to its report. */
  async #turn(
    work: Work,
    begun: Promise<Release>,
    message: UserMessage,
    output: OutputChannel,
  ): Promise<void> {
    const { clock, telemetry } = this.#options;
    const { channel, abort } = work;
    message.inputChannel ??= channel;
    const arrivedAt = clock.now();
    let startedAt: number | null = null;
    let outcome: TurnReport['outcome'] = 'answered';
    try {
      await this.#schedule.do(work, begun, async () => {
        startedAt = clock.now();
        await this.#answer(work, message, output);
      });
    } catch (error) {
      const isRefused = startedAt === null && error instanceof OverloadedError;
      const isAborted = abort.isReason(error) || isRefused;
      outcome = isAborted ? 'aborted' : 'failed';
      // A client that left, a cancellation and a shutdown are nobody's failure.
      if (!isAborted || (abort.isReason(error) && abort.reason?.reason === 'deadline')) {
        telemetry.error(error, { channel, stage: 'assistant' }, abort);
      }
      throw error;
    } finally {
      const endedAt = clock.now();
      const { senderId, messageId } = message;
      const waitedMs = (startedAt ?? endedAt) - arrivedAt;
      const durationMs = endedAt - (startedAt ?? endedAt);
      telemetry.turn({ channel, senderId, messageId, outcome, waitedMs, durationMs });
    }
  }

  async #answer(work: Work, message: UserMessage, output: OutputChannel): Promise<void> {
    const assistant = this.#options.assistant();
    const handle = wrap((m, r) => assistant.handle(m, r), this.#options.middleware);
    await this.#reply(work, message, output, assistant, (reply) => handle(message, reply));
  }

  /** Gives `speak` a reply, waits until all is said, and keeps what is to be kept. */
  async #reply(
    { channel, key, abort }: Work,
    message: UserMessage,
    output: OutputChannel,
    assistant: AssistantObject,
    speak: (reply: Reply) => unknown,
  ): Promise<void> {
    const { clock, telemetry, transforms, store } = this.#options;
    const keeps = !message.anonymous;
    const state = keeps ? await ConversationState.load(store.values, key) : null;
    const said: HistoryEntry[] = [];
    const remember = (role: HistoryEntry['role'], text: string | null): void => {
      if (keeps && text) said.push({ role, text, at: clock.now() });
    };
    remember('user', message.text);
    const delivery = new LiveDelivery(`${channel}:${message.messageId}`);
    const reply = new TurnReply({
      channel,
      recipientId: message.senderId,
      output,
      delivery,
      abort,
      clock,
      telemetry,
      transforms,
      state: state?.value ?? {},
      history: (count) => this.#history.last(key, count),
      loadTrackerState: assistant.trackerState?.bind(assistant, message) ?? null,
      onSaid: (text) => remember('assistant', text),
    });
    bindDelivery(output, delivery);
    try {
      try {
        await speak(reply);
      } finally {
        await reply.end();
      }
      if (abort.reason === null) await state?.save(reply.state);
    } finally {
      bindDelivery(output, null);
      this.#history.add(key, said);
    }
  }

  #keyOf(channel: string, message: UserMessage): string {
    if (message.anonymous) return anonymousKey(channel, message);
    const { account, senderId } = message;
    const { conversationKey: linked, telemetry } = this.#options;
    try {
      return linked?.(message, channel) ?? conversationKey({ channel, account, senderId });
    } catch (error) {
      telemetry.error(error, { channel, stage: 'request' });
      throw error;
    }
  }
}
