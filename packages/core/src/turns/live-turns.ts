import { randomUUID } from 'node:crypto';
import { responseTexts } from '../channel/fallbacks.ts';
import type { OutputChannel } from '../channel/output-channel.ts';
import { OverloadedError, StoreError, toError } from '../errors.ts';
import { isPromise, whenThere, type MaybePromise } from '../maybe-promise.ts';
import { responseFor, responseOn, type BotMessage } from '../message/bot-message.ts';
import type { ChannelEvent } from '../message/event.ts';
import type { JsonObject, JsonValue } from '../message/json.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { TurnReport } from '../telemetry.ts';
import type { TurnAbort } from './abort.ts';
import type { RunOptions } from './contract.ts';
import { Conversation, keepApart, stateConflict } from './conversation.ts';
import type { DeferredContext } from './deferred-context.ts';
import { SUPERSEDE } from './deferred-turns.ts';
import { LiveDelivery } from './live-delivery.ts';
import type { Overlap } from './overlap.ts';
import { queueOf } from './queue-of.ts';
import type { Place } from './place.ts';
import type { Work } from './schedule.ts';
import { hasSession, sessionMetadata, type Scene } from './speaker.ts';

/** A live message on its way. */
export interface LiveMessage<Output = OutputChannel> {
  channel: string;
  /** The conversation's key. */
  key: string;
  mode: Overlap;
  message: UserMessage;
  output: Output;
  /** Whether it is an intent that somebody has triggered, and waits for the answer to. */
  isTriggered?: boolean;
}

/** A live message whose turn it is. */
interface HeldMessage {
  live: LiveMessage;
  work: Work;
  place: Place;
  /** The menu that was open when it came in. */
  stamp: JsonValue;
}

/** Live turns: somebody waits on a request for the result, and the turn dies with the request. */
export class LiveTurns {
  readonly #context: DeferredContext;
  /** Which process says so, in the news that a newer message has come in. */
  readonly #origin = randomUUID();

  constructor(context: DeferredContext) {
    this.#context = context;
  }

  /** Runs a turn. Everything up to the ticket happens before the first `await`. */
  async run(live: LiveMessage, { whenGone }: RunOptions = {}): Promise<void> {
    const { schedule, limits, menus, clock } = this.#context;
    const { channel, key, mode, message, output } = live;
    const proactive = live.isTriggered ? 'intent' : undefined;
    const work = schedule.enter(channel, queueOf(mode, key, message.messageId), 'live');
    whenGone?.(() => work.abort.abort('disconnected'));
    if (mode === 'latest') this.#supersede(key);
    const { abort } = work;
    const register = (): (() => void) => schedule.running.add({ key, id: null, abort, proactive });
    // The next one takes the place of this one also while it waits.
    let unregister = mode === 'latest' ? register() : null;
    const begun = schedule.begin(work, { maxWaitMs: limits.maxWaitMs, takesSlot: true });
    // The menu that is open now, not the one that is when the turn begins.
    const stamp = output.numbersChoices ? (async () => menus.stamp(key))() : null;
    stamp?.catch(() => {});
    const arrivedAt = clock.now();
    message.inputChannel ??= channel;
    let startedAt: number | null = null;
    let outcome: TurnReport['outcome'] = 'answered';
    let place: Place | null = null;
    let stamped: JsonValue = null;
    let hasAnswered = false;
    const answer = (own: Place): Promise<void> =>
      this.#answer({ live, work, place: own, stamp: stamped }, () => void (hasAnswered = true));
    try {
      const own = isPromise(begun) ? await begun : begun;
      place = own;
      startedAt = clock.now();
      unregister ??= register();
      if (stamp !== null) stamped = await stamp;
      await schedule.running.run(own, abort, () => answer(own));
    } catch (error) {
      outcome = this.#outcomeOf(error, work, startedAt !== null);
      if (isTakenBack(abort)) await this.#release(live, stamped);
      // Behind an answer of which only something could not be stored, an apology would make no sense.
      const isStores = hasAnswered && error instanceof StoreError;
      const isFailed = outcome === 'failed' && !isStores;
      if (isFailed && (await this.#apologise(live, work, place, error))) return;
      throw error;
    } finally {
      unregister?.();
      if (place === null) schedule.leave(work);
      else place.release();
      this.#report(live, outcome, arrivedAt, startedAt);
    }
  }

  /** What it is ended for matters more than a store that cannot take back what it has used. */
  async #release({ channel, key, message }: LiveMessage, stamp: JsonValue): Promise<void> {
    const { menus, telemetry } = this.#context;
    try {
      await menus.release(message.messageId, stamp, key);
    } catch (error) {
      telemetry.error(error, { channel, stage: 'store' });
    }
  }

  /** Has an event handled like a message, with a reply where the user can be reached. */
  async notify(live: LiveMessage<OutputChannel | null>, event: ChannelEvent): Promise<void> {
    const { schedule, assistant, patience } = this.#context;
    const { channel, key, output } = live;
    const work = schedule.enter(channel, key, 'event', event.type);
    // Nobody brings it again: it waits for a store that is away.
    const ask: Scene['ask'] = (what) => patience.with(work.abort, channel, what);
    let unregister = (): void => {};
    let place: Place | null = null;
    try {
      place = await ask(() => schedule.begin(work, { maxWaitMs: null, takesSlot: true }));
      unregister = schedule.running.add({ key, id: null, abort: work.abort, isEvent: true });
      const { lock } = place;
      await schedule.running.run(place, work.abort, async () => {
        const current = assistant();
        if (output === null) {
          await current.onEvent?.(event, null);
          return;
        }
        const scene = await this.#sceneOf({ ...live, output }, work, live.message, ask);
        const state = await this.#context.speaker.speak(scene, current, (reply) =>
          current.onEvent?.(event, reply),
        );
        if (work.abort.reason === null && !(await this.#keep(scene, lock, state))) {
          throw stateConflict();
        }
      });
    } catch (error) {
      if (error instanceof OverloadedError) throw error;
      this.#context.telemetry.error(error, { channel, stage: 'event' }, work.abort);
    } finally {
      unregister();
      if (place === null) schedule.leave(work);
      else place.release();
    }
  }

  /** A live message has come in elsewhere: what runs here from before it is ended. */
  supersededElsewhere(key: string, origin: string, at: number): void {
    if (origin === this.#origin) return;
    for (const { startedAt, abort } of this.#context.schedule.running.supersedable(key)) {
      if (startedAt < at) abort.abort('superseded');
    }
  }

  #supersede(key: string): void {
    const { schedule, store, clock } = this.#context;
    schedule.running.abort(key, 'superseded');
    store.signals.send(SUPERSEDE, { key, live: this.#origin, at: clock.now() });
  }

  async #answer({ live, work, place, stamp }: HeldMessage, onAnswered: () => void): Promise<void> {
    const { sessions, menus, speaker, assistant, telemetry } = this.#context;
    const { channel, key, output } = live;
    const { abort } = work;
    const resolved = menus.resolve(output, live.message, stamp, key);
    const { message, again } = isPromise(resolved) ? await resolved : resolved;
    if (again !== null) {
      await output.sendResponse(message.senderId, again);
      await menus.reopen(output, key, stamp);
      return;
    }
    const made = this.#sceneOf(live, work, message);
    const scene = isPromise(made) ? await made : made;
    if (hasSession(assistant(), scene)) {
      const session = await sessions.find(key);
      scene.startsSession = session === null;
      await sessions.note(key, session, sessionMetadata(scene));
    }
    let state: JsonObject | null = null;
    try {
      state = await speaker.answer(scene);
      onAnswered();
    } finally {
      const keeping = this.#keep(scene, place.lock, abort.reason === null ? state : null);
      const isKept = isPromise(keeping) ? await keeping : keeping;
      // The user has the answer: to be told that something went wrong would be news to nobody else.
      if (!isKept) telemetry.error(stateConflict(), { channel, stage: 'state' }, abort);
    }
  }

  #sceneOf(
    { channel, key, output, isTriggered }: LiveMessage,
    { abort }: Work,
    message: UserMessage,
    ask: Scene['ask'] = (what) => what(),
  ): MaybePromise<Scene> {
    const turnId = `${channel}:${message.messageId}`;
    const kept = message.anonymous
      ? Conversation.none()
      : ask(() => Conversation.load(this.#context.store, key));
    return whenThere(kept, (conversation) => ({
      channel,
      key,
      turnId,
      message,
      output,
      delivery: new LiveDelivery(turnId),
      abort,
      conversation,
      proactive: isTriggered ? 'intent' : undefined,
      startsSession: false,
      ask,
    }));
  }

  /**
   * Stores what the conversation keeps; `null` for a state that is not to be changed. Whether it was
   * stored: somebody else may have changed the state.
   */
  #keep(scene: Scene, lock: Place['lock'], state: JsonObject | null): MaybePromise<boolean> {
    const { store, history } = this.#context;
    const { key, conversation } = scene;
    const { write, append } = conversation.changes(state, history);
    if (write === undefined && append === undefined) return true;
    return lock.key === key
      ? store.turns.commit(lock, { write, append })
      : keepApart(store, key, { write, append });
  }

  /** Says that something went wrong, if that is wanted. Resolves to whether it was said. */
  async #apologise(
    live: LiveMessage,
    { abort }: Work,
    place: Place | null,
    error: unknown,
  ): Promise<boolean> {
    const { apologyFor, telemetry } = this.#context;
    const { channel, message, output, isTriggered } = live;
    const said = place === null || isTriggered ? null : apologyFor(message, toError(error));
    const apology = said && responseOn(channel, output.name, said);
    if (apology === null) return false;
    try {
      await output.sendResponse(message.senderId, apology);
    } catch (failed) {
      telemetry.error(failed, { channel, stage: 'send' }, abort);
      return false;
    }
    await this.#remember(live, apology).catch((failed: unknown) =>
      telemetry.error(failed, { channel, stage: 'store' }, abort),
    );
    return true;
  }

  /** Has an apology stand in the history, as it does there of a deferred turn. */
  async #remember({ key, message, output }: LiveMessage, apology: BotMessage): Promise<void> {
    const { store, history, clock } = this.#context;
    const text = responseTexts(responseFor(output.name, apology)).join('\n');
    const append = history.additions([{ role: 'assistant', text, at: clock.now() }]);
    if (!message.anonymous && append !== undefined) await keepApart(store, key, { append });
  }

  /** What became of a turn that failed. Reports what is somebody's failure. */
  #outcomeOf(error: unknown, { channel, abort }: Work, hasBegun: boolean): TurnReport['outcome'] {
    const isRefused = !hasBegun && error instanceof OverloadedError;
    const isAborted = abort.isReason(error) || isRefused;
    const reason = abort.isReason(error) ? abort.reason?.reason : null;
    // A client that left, a cancellation and a shutdown are nobody's failure.
    if (!isAborted || reason === 'deadline') {
      this.#context.telemetry.error(error, { channel, stage: 'assistant' }, abort);
    }
    if (reason === 'superseded') return 'superseded';
    return isAborted ? 'aborted' : 'failed';
  }

  #report(
    { channel, message }: LiveMessage,
    outcome: TurnReport['outcome'],
    arrivedAt: number,
    startedAt: number | null,
  ): void {
    const { clock, telemetry } = this.#context;
    const endedAt = clock.now();
    const { senderId, messageId, originals, attempt } = message;
    const waitedMs = (startedAt ?? endedAt) - arrivedAt;
    const durationMs = endedAt - (startedAt ?? endedAt);
    const report = { channel, senderId, messageId, outcome, attempt, waitedMs, durationMs };
    telemetry.turn(report);
    for (const original of originals) {
      if (original.messageId === messageId) continue;
      telemetry.turn({ ...report, messageId: original.messageId, outcome: 'joined' });
    }
  }
}

function isTakenBack({ reason }: TurnAbort): boolean {
  return reason?.reason === 'superseded' || reason?.reason === 'cancelled';
}
