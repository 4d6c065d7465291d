import { bindDelivery } from '../channel/delivery.ts';
import type { OutputChannel } from '../channel/output-channel.ts';
import type { Clock } from '../clock.ts';
import { ConfigurationError, OverloadedError } from '../errors.ts';
import type { ChannelEvent } from '../message/event.ts';
import { isJsonObject, type JsonObject } from '../message/json.ts';
import { UserMessage, type Address } from '../message/user-message.ts';
import type { Store } from '../store/contract.ts';
import type { Telemetry, TurnReport } from '../telemetry.ts';
import { TurnAbort } from './abort.ts';
import { Admission, overloaded } from './admission.ts';
import { wrap, type AssistantObject, type Middleware } from './assistant.ts';
import type { RunOptions, Turns } from './contract.ts';
import { anonymousKey, conversationKey } from './conversation-key.ts';
import { History, type HistoryEntry, type HistoryOptions } from './history.ts';
import { resolveLimits, type TurnLimits } from './limits.ts';
import { LiveDelivery } from './live-delivery.ts';
import { TurnReply, type Reply, type TransformEntry } from './reply.ts';
import { Slots } from './slots.ts';

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
/** How long a conversation's state is kept after its last change. */
const STATE_TTL_MS = 30 * 24 * 60 * 60 * 1000;

/** How long an aborted turn may take to end at shutdown. */
const SHUTDOWN_ABORT_MS = 500;

/** One turn, or one event, on its way. */
interface Work {
  channel: string;
  key: string;
  abort: TurnAbort;
}

/**
 * Runs turns: one at a time in a conversation, in the order of arrival; side by side across
 * conversations; within the limits.
 */
export class TurnEngine {
  readonly #options: TurnEngineOptions;
  readonly #limits: Required<TurnLimits>;
  readonly #admission: Admission;
  readonly #slots: Slots;
  readonly #history: History;
  readonly #underWay = new Set<TurnAbort>();
  readonly #running = new Map<string, TurnAbort>();

  constructor(options: TurnEngineOptions) {
    this.#options = options;
    this.#limits = resolveLimits(options.limits);
    this.#admission = new Admission(this.#limits);
    this.#slots = new Slots(this.#limits.maxRunning);
    this.#history = new History(options.clock, options.history);
  }

  /** The turns of one channel. */
  for(channel: string): Turns {
    return {
      run: (message, options) => this.#run(channel, message, options),
      accept: (message) => this.#accept(channel, message),
      notify: (event) => this.#notify(channel, event),
      cancel: async ({ senderId, account = null }) => {
        const turn = this.#running.get(conversationKey({ channel, account, senderId }));
        turn?.abort('cancelled');
        return turn !== undefined;
      },
    };
  }

  /**
   * Takes nothing more, and resolves when everything under way is done. What is not done after
   * `graceMs` is aborted.
   */
  async close(graceMs: number): Promise<void> {
    this.#admission.close();
    const { clock } = this.#options;
    const idle = this.#admission.idle();
    await new Promise<void>((resolve) => {
      const cancelGrace = clock.after(graceMs, () => {
        for (const turn of this.#underWay) turn.abort('shutdown');
        clock.after(SHUTDOWN_ABORT_MS, resolve);
      });
      void idle.then(cancelGrace).then(resolve);
    });
  }

  /** A live turn. Everything up to the ticket happens before the first `await`. */
  async #run(channel: string, message: UserMessage, { signal }: RunOptions = {}): Promise<void> {
    const output = message.outputChannel;
    if (output === null) {
      throw new ConfigurationError(
        'turns.run() needs a message with an outputChannel: create one for each message, or call turns.accept() with an address',
        { channel },
      );
    }
    const work = this.#enter(channel, this.#keyOf(channel, message));
    const onGone = (): void => work.abort.abort('disconnected');
    signal?.addEventListener('abort', onGone, { once: true });
    if (signal?.aborted) onGone();
    try {
      await this.#turn(work, this.#begin(work, this.#limits.maxWaitMs), message, () => output);
    } finally {
      signal?.removeEventListener('abort', onGone);
    }
  }

  /** A deferred turn. In this process's memory: it survives no crash. */
  async #accept(
    channel: string,
    message: UserMessage,
  ): Promise<'accepted' | 'duplicate' | 'refused'> {
    const { address } = message;
    const { store, clock, outputFor } = this.#options;
    if (address === null) {
      throw new ConfigurationError(
        'turns.accept() needs a message with an address: what getOutputChannel(address) is given',
        { channel },
      );
    }
    let work: Work;
    try {
      work = this.#enter(channel, this.#keyOf(channel, message));
    } catch (error) {
      if (error instanceof OverloadedError) return 'refused';
      throw error;
    }
    // The ticket comes first: the message has its place while the store is asked whether it is new.
    const begun = this.#begin(work);
    const giveBack = (): void => void begun.then((release) => release()).catch(() => {});
    try {
      const mark = `${channel}:${message.messageId}`;
      const now = clock.now();
      const options = { ttlMs: MARK_TTL_MS };
      if ((await store.values.compareAndSet('accepted', mark, null, now, options)) === null) {
        giveBack();
        return 'duplicate';
      }
    } catch (error) {
      giveBack();
      throw error;
    }
    // What fails is reported where it fails; nobody waits for a deferred turn.
    this.#turn(work, begun, message, () => outputFor(channel, address)).catch(() => {});
    return 'accepted';
  }

  async #notify(channel: string, event: ChannelEvent): Promise<void> {
    const { telemetry, outputFor } = this.#options;
    const assistant = this.#options.assistant();
    if (assistant.onEvent === undefined) return;
    const { senderId, account = null, address } = event;
    const work = this.#enter(channel, conversationKey({ channel, account, senderId }));
    const handle = async (): Promise<void> => {
      const output = event.outputChannel ?? (address ? outputFor(channel, address) : null);
      if (output === null) return await assistant.onEvent?.(event, null);
      const message = new UserMessage({ senderId, account, inputChannel: channel });
      await this.#reply(work, message, output, assistant, (reply) =>
        assistant.onEvent?.(event, reply),
      );
    };
    try {
      await this.#do(work, this.#begin(work), handle);
    } catch (error) {
      telemetry.error(error, { channel, stage: 'event' });
    }
  }

  /** One turn from its ticket to its report. */
  async #turn(
    work: Work,
    begun: Promise<Release>,
    message: UserMessage,
    outputOf: () => OutputChannel,
  ): Promise<void> {
    const { clock, telemetry } = this.#options;
    const { channel, abort } = work;
    const arrivedAt = clock.now();
    let startedAt: number | null = null;
    let outcome: TurnReport['outcome'] = 'answered';
    try {
      await this.#do(work, begun, async () => {
        startedAt = clock.now();
        await this.#answer(work, message, outputOf());
      });
    } catch (error) {
      outcome = error === abort.reason || error instanceof OverloadedError ? 'aborted' : 'failed';
      if (outcome === 'failed' || abort.reason?.reason === 'deadline') {
        telemetry.error(error, { channel, stage: 'assistant' });
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
    speak: (reply: Reply) => Promise<void> | void,
  ): Promise<void> {
    const { clock, telemetry, transforms } = this.#options;
    const keeps = !message.anonymous;
    const state = await this.#loadState(keeps ? key : null);
    const said: HistoryEntry[] = [];
    const remember = (role: HistoryEntry['role'], text: string | null): void => {
      if (keeps && text) said.push({ role, text, at: clock.now() });
    };
    remember('user', message.text);
    const delivery = new LiveDelivery(`${channel}:${message.messageId}`);
    bindDelivery(output, delivery);
    const reply = new TurnReply({
      channel,
      recipientId: message.senderId,
      output,
      delivery,
      abort,
      clock,
      telemetry,
      transforms,
      state: state.value,
      history: (count) => this.#history.last(key, count),
      loadTrackerState: assistant.trackerState?.bind(assistant, message) ?? null,
      onSaid: (text) => remember('assistant', text),
    });
    try {
      await speak(reply);
      await reply.settled();
      if (abort.reason === null) await this.#saveState(channel, key, state, reply.state);
    } finally {
      bindDelivery(output, null);
      this.#history.add(key, said);
    }
  }

  async #loadState(key: string | null): Promise<LoadedState> {
    const stored = key === null ? null : await this.#options.store.values.get('state', key);
    // What somebody else put there is left alone until it is written over.
    const value = isJsonObject(stored?.value) ? stored.value : {};
    return { value, json: JSON.stringify(value), version: stored?.version ?? null, isKept: key !== null };
  }

  async #saveState(
    channel: string,
    key: string,
    loaded: LoadedState,
    state: JsonObject,
  ): Promise<void> {
    const { store, telemetry } = this.#options;
    if (!loaded.isKept || JSON.stringify(state) === loaded.json) return;
    const options = { ttlMs: STATE_TTL_MS };
    const version = await store.values.compareAndSet('state', key, loaded.version, state, options);
    if (version === null) {
      const error = new Error('the state was changed from outside during the turn and was not saved');
      telemetry.error(error, { channel, stage: 'state' });
    }
  }

  /** Takes the work in, or throws. */
  #enter(channel: string, key: string): Work {
    this.#admission.enter(channel, key);
    const abort = new TurnAbort(channel);
    this.#underWay.add(abort);
    return { channel, key, abort };
  }

  #keyOf(channel: string, message: UserMessage): string {
    if (message.anonymous) return anonymousKey(channel, message);
    const { account, senderId } = message;
    return (
      this.#options.conversationKey?.(message, channel) ??
      conversationKey({ channel, account, senderId })
    );
  }

  /**
   * Takes the ticket, before the first `await`, and waits for the work's turn: the conversation's
   * lock, then a slot. Resolves to what gives both back.
   */
  async #begin(work: Work, maxWaitMs: number | null = null): Promise<Release> {
    const { channel, key, abort } = work;
    const { store, clock } = this.#options;
    const held: Release[] = [() => this.#leave(work)];
    const release = (): void => {
      for (const giveBack of held.toReversed()) giveBack();
    };
    let isLate = false;
    const onLate = (): void => {
      isLate = true;
      abort.abort('deadline');
    };
    const stopWaiting = maxWaitMs === null ? null : clock.after(maxWaitMs, onLate);
    try {
      const lock = await store.lock(key, abort.signal);
      held.push(() => lock.release());
      await this.#slots.take(abort.signal);
      held.push(() => this.#slots.release());
      if (abort.reason !== null) throw abort.reason;
      this.#running.set(key, abort);
      held.push(() => this.#running.delete(key));
      return release;
    } catch (error) {
      release();
      throw isLate ? overloaded(channel, 'waited_too_long', 1000) : error;
    } finally {
      stopWaiting?.();
    }
  }

  #leave({ key, abort }: Work): void {
    this.#underWay.delete(abort);
    this.#admission.leave(key);
  }

  /**
   * Does the work when its turn has come, within the deadline. The conversation goes on when the
   * work is done, or, if the turn was ended and the assistant does not heed it, after a grace.
   */
  async #do(work: Work, begun: Promise<Release>, job: () => Promise<void>): Promise<void> {
    const { clock } = this.#options;
    const { abort } = work;
    const release = await begun;
    const stopDeadline = clock.after(this.#limits.deadlineMs, () => abort.abort('deadline'));
    const done = job();
    let lingering: Promise<void> | null = null;
    try {
      await abort.race(done);
    } catch (error) {
      if (error === abort.reason) lingering = this.#orAfterGrace(done);
      throw error;
    } finally {
      stopDeadline();
      if (lingering === null) release();
      else void lingering.then(release);
    }
  }

  #orAfterGrace(done: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(this.#limits.abortGraceMs, resolve);
      done
        .catch(() => {})
        .finally(() => {
          cancel();
          resolve();
        });
    });
  }
}

/** Gives back what was taken. */
type Release = () => void;

/** A conversation's state as the turn found it. */
interface LoadedState {
  value: JsonObject;
  json: string;
  version: string | null;
  isKept: boolean;
}
