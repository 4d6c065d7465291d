import { bindDelivery } from '../channel/delivery.ts';
import { OutputChannel } from '../channel/output-channel.ts';
import type { Clock } from '../clock.ts';
import { callGuarded } from '../guard.ts';
import { isPromise, settle, whenThere, type MaybePromise } from '../maybe-promise.ts';
import type { JsonObject } from '../message/json.ts';
import type { Metadata, UserMessage } from '../message/user-message.ts';
import type { Responses } from '../responses/responses.ts';
import type { Telemetry } from '../telemetry.ts';
import type { TurnAbort } from './abort.ts';
import { wrap, type AssistantObject, type Handle, type Middleware } from './assistant.ts';
import type { Conversation } from './conversation.ts';
import type { History } from './history.ts';
import type { Menus } from './menus.ts';
import type { Proactive } from './progress.ts';
import type { Reply, TransformEntry } from './reply.ts';
import type { StateNow } from './response-sender.ts';
import { sessionStarted, type Sessions } from './sessions.ts';
import { loadPast, NO_PAST, trackerState, type Past } from './tracker-state.ts';
import { triggerIntent } from './triggered-intent.ts';
import type { TurnDelivery } from './turn-delivery.ts';
import { TurnReply } from './turn-reply.ts';

/** What a {@link Speaker} works with. */
export interface SpeakerOptions {
  clock: Clock;
  telemetry: Telemetry;
  /** Whoever answers, asked for at every turn, so that it can be replaced. */
  assistant: () => AssistantObject;
  /** The templates, asked for at every turn as well. */
  responses: () => Responses | null;
  middleware: readonly Middleware[];
  transforms: readonly TransformEntry[];
  history: History;
  menus: Menus;
  sessions: Sessions;
}

/** A turn in which the assistant speaks. */
export interface Scene {
  channel: string;
  /** The conversation's key. */
  key: string;
  /** The same in every run of the turn. */
  turnId: string;
  message: UserMessage;
  output: OutputChannel;
  delivery: TurnDelivery;
  abort: TurnAbort;
  conversation: Conversation;
  /** What began it, if it was no message of the user's. */
  proactive?: Proactive | undefined;
  /** Whether the message begins a session. */
  startsSession: boolean;
  /** Asks the store on behalf of the turn: patiently, if it may wait. */
  ask: <T>(what: () => MaybePromise<T>) => MaybePromise<T>;
}

/** Lets the assistant speak: gives it a reply, and waits until all is said. */
export class Speaker {
  readonly #options: SpeakerOptions;

  constructor(options: SpeakerOptions) {
    this.#options = options;
  }

  /** Has a message answered. Resolves to the state as the assistant leaves it. */
  answer(scene: Scene): Promise<JsonObject> {
    const { channel, message, conversation, startsSession, proactive, abort } = scene;
    const { clock, middleware, telemetry } = this.#options;
    const assistant = this.#options.assistant();
    const answer: Handle = (m, r) =>
      proactive === 'intent' ? triggerIntent(assistant, m, r) : assistant.handle(m, r);
    const handle = wrap(answer, middleware, (error) => {
      if (!abort.isReason(error)) telemetry.error(error, { channel, stage: 'assistant' }, abort);
    });
    if (message.text && proactive === undefined) {
      conversation.remember({ role: 'user', text: message.text, at: clock.now() });
    }
    return this.speak(scene, assistant, (reply) =>
      startsSession
        ? this.#startSession(scene, assistant, reply).then(() => handle(message, reply))
        : handle(message, reply),
    );
  }

  /** An event that fails keeps no message from its answer. */
  async #startSession(scene: Scene, assistant: AssistantObject, reply: Reply): Promise<void> {
    const { channel, key, message, abort, ask } = scene;
    const { sessions } = this.#options;
    try {
      await assistant.onEvent?.(sessionStarted(message, sessionMetadata(scene)), reply);
    } catch (error) {
      if (abort.isReason(error)) {
        // It was not heard to its end: the next message begins the session. One that is somebody else's now
        // has begun there.
        if (abort.reason?.reason !== 'handed_over') await ask(() => sessions.forget(key));
        throw error;
      }
      this.#options.telemetry.error(error, { channel, stage: 'event' });
    }
  }

  /** Gives `speak` a reply. Resolves to the state as it leaves it. */
  async speak(
    scene: Scene,
    assistant: AssistantObject,
    speak: (reply: Reply) => unknown,
  ): Promise<JsonObject> {
    const { clock, telemetry, transforms, history, menus } = this.#options;
    const { channel, key, turnId, message, output, delivery, abort, conversation, ask } = scene;
    let hasSpoken = false;
    const reply = new TurnReply({
      channel,
      recipientId: message.senderId,
      output,
      delivery,
      abort,
      clock,
      telemetry,
      transforms,
      state: conversation.state,
      responses: this.#options.responses(),
      history: (count) => ask(() => history.last(key, count)),
      trackerState: this.#tracker(scene, assistant),
      onSaid: (text) => {
        // What was said before a replay changes nothing that was said since.
        hasSpoken ||= !delivery.isRepeated;
        if (text) conversation.remember({ role: 'assistant', text, at: clock.now() });
      },
      onDelivered: output.numbersChoices
        ? (response) =>
            delivery.isRepeated ? undefined : ask(() => menus.offer(output, key, turnId, response))
        : null,
    });
    bindDelivery(output, delivery);
    const leave = this.#enter(scene);
    try {
      try {
        await speak(reply);
      } finally {
        const ending = reply.end();
        if (isPromise(ending)) await ending;
      }
    } finally {
      leave();
      bindDelivery(output, null);
    }
    // A question stays open where somebody else has spoken in between, and where the turn was ended: it
    // has not succeeded, and may be so late that the open menu is that of a later turn.
    const hasSucceeded = abort.reason === null && scene.proactive === undefined;
    const mayClose = output.numbersChoices && hasSucceeded;
    if (mayClose && hasSpoken) await ask(() => menus.close(key, turnId));
    return reply.state;
  }

  /** Tells the output channel that its turn begins. Returns what tells it, once, that it is over. */
  #enter({ output, message, abort, channel }: Scene): () => void {
    if (!isToldOfTurns(output)) return () => {};
    const onFailed = (error: unknown): void =>
      this.#options.telemetry.error(error, { channel, stage: 'send' }, abort);
    let isOver = false;
    const leave = (): void => {
      if (isOver) return;
      isOver = true;
      abort.onAbort = null;
      callGuarded(() => output.turnEnded(message.senderId), onFailed);
    };
    callGuarded(() => output.turnStarted(message.senderId), onFailed);
    abort.onAbort = leave;
    return leave;
  }

  /** The conversation's state: the assistant's where it has one, else what we know ourselves. */
  #tracker(scene: Scene, assistant: AssistantObject): () => MaybePromise<StateNow> {
    const { channel, key, message, output, conversation, abort, ask } = scene;
    const { history, sessions, telemetry } = this.#options;
    const { senderId, anonymous } = message;
    // An event has no text.
    const written = message.text === null ? null : message;
    const present = { channel, senderId, message: written, said: conversation.said };
    if (!output.readsTrackerState) return () => trackerState(NO_PAST, present);
    let past: MaybePromise<Past> | null = anonymous ? NO_PAST : null;
    const load = (): MaybePromise<Past> =>
      settle(
        () => ask(() => loadPast(history, sessions, key)),
        (found) => found,
        (error) => {
          if (abort.reason !== null) throw error;
          // What is said matters more than what a channel may read of the state.
          telemetry.error(error, { channel, stage: 'store' });
          return NO_PAST;
        },
      );
    const known = (): MaybePromise<StateNow> => {
      past ??= load();
      return whenThere(past, (found) => trackerState(found, present));
    };
    if (assistant.trackerState === undefined) return known;
    return async () => (await assistant.trackerState?.(message)) ?? (await known());
  }
}

/** What a session that begins with this turn is told. */
export function sessionMetadata({
  message,
  proactive,
}: Pick<Scene, 'message' | 'proactive'>): Metadata | null {
  return proactive === undefined ? message.metadata : null;
}

/** Whether anybody wants to know of the session that a turn is in. */
export function hasSession(
  assistant: AssistantObject,
  { message, output }: Pick<Scene, 'message' | 'output'>,
): boolean {
  if (message.anonymous) return false;
  return assistant.onEvent !== undefined || output.readsTrackerState;
}

/** Whether a channel has something to do when its turn begins or ends. */
function isToldOfTurns(output: OutputChannel): boolean {
  const own = (name: 'turnStarted' | 'turnEnded'): boolean =>
    Reflect.get(output, name) !== Reflect.get(OutputChannel.prototype, name);
  return own('turnStarted') || own('turnEnded');
}
