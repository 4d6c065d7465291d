import { bindDelivery } from '../channel/delivery.ts';
import type { OutputChannel } from '../channel/output-channel.ts';
import type { Clock } from '../clock.ts';
import { responseFor } from '../message/bot-message.ts';
import type { JsonObject } from '../message/json.ts';
import type { UserMessage } from '../message/user-message.ts';
import type { Responses } from '../responses/responses.ts';
import type { Telemetry } from '../telemetry.ts';
import type { TurnAbort } from './abort.ts';
import { wrap, type AssistantObject, type Middleware } from './assistant.ts';
import type { Conversation } from './conversation.ts';
import type { History } from './history.ts';
import type { Menus } from './menus.ts';
import type { Reply, TransformEntry } from './reply.ts';
import { sessionStarted } from './sessions.ts';
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
  /** Whether the message begins a session. */
  startsSession: boolean;
  /** Asks the store on behalf of the turn: patiently, if it may wait. */
  ask: <T>(what: () => Promise<T>) => Promise<T>;
}

/** Lets the assistant speak: gives it a reply, and waits until all is said. */
export class Speaker {
  readonly #options: SpeakerOptions;

  constructor(options: SpeakerOptions) {
    this.#options = options;
  }

  /** Has a message answered. Resolves to the state as the assistant leaves it. */
  async answer(scene: Scene): Promise<JsonObject> {
    const { message, conversation, startsSession } = scene;
    const assistant = this.#options.assistant();
    const handle = wrap((m, r) => assistant.handle(m, r), this.#options.middleware);
    if (message.text) {
      conversation.remember({ role: 'user', text: message.text, at: this.#options.clock.now() });
    }
    return await this.speak(scene, assistant, async (reply) => {
      if (startsSession) await this.#startSession(scene, assistant, reply);
      await handle(message, reply);
    });
  }

  /** An event that fails keeps no message from its answer. */
  async #startSession(scene: Scene, assistant: AssistantObject, reply: Reply): Promise<void> {
    const { channel, message, abort } = scene;
    try {
      await assistant.onEvent?.(sessionStarted(message), reply);
    } catch (error) {
      if (abort.isReason(error)) throw error;
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
      loadTrackerState: assistant.trackerState?.bind(assistant, message) ?? null,
      onSaid: (text) => {
        hasSpoken = true;
        if (text) conversation.remember({ role: 'assistant', text, at: clock.now() });
      },
      onDelivered: output.numbersChoices
        ? (response) => ask(() => menus.offer(key, turnId, responseFor(output.name, response)))
        : null,
    });
    bindDelivery(output, delivery);
    try {
      try {
        await speak(reply);
      } finally {
        await reply.end();
      }
    } finally {
      bindDelivery(output, null);
    }
    if (output.numbersChoices && hasSpoken) await ask(() => menus.close(key, turnId));
    return reply.state;
  }
}
