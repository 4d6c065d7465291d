import { responseTexts } from '../channel/fallbacks.ts';
import type { OutputChannel, TrackerState } from '../channel/output-channel.ts';
import { isPromise, whenThere, type MaybePromise } from '../maybe-promise.ts';
import { responseFor, responseOn, type BotMessage } from '../message/bot-message.ts';
import type { SendReport, Telemetry } from '../telemetry.ts';
import type { Clock } from '../clock.ts';
import type { TurnAbort } from './abort.ts';
import type { Pending } from './progress.ts';
import type { Sent, TransformEntry } from './reply.ts';
import { reportSend } from './report-send.ts';
import { transformed } from './transforms.ts';
import { sendThrough, type TurnDelivery } from './turn-delivery.ts';

/** A conversation's state; a function is what we know ourselves, and can find out again. */
export type StateNow = TrackerState | (() => TrackerState) | null;

/** What a {@link ResponseSender} works with. */
export interface ResponseSenderOptions {
  channel: string;
  recipientId: string;
  output: OutputChannel;
  delivery: TurnDelivery;
  abort: TurnAbort;
  clock: Clock;
  telemetry: Telemetry;
  transforms: readonly TransformEntry[];
  /** The conversation's state at this moment, unless the assistant sets one. */
  trackerState: () => MaybePromise<StateNow>;
  /** Told what was said. */
  onSaid: (text: string) => void;
  /** Told what the user has got, where somebody wants to know. */
  onDelivered: ((response: BotMessage) => MaybePromise<void>) | null;
}

/** What was sent where there was nothing to send. */
export const NOTHING_SENT: Sent = { status: 'sent', receipts: [] };

/** Sends one response: past the transforms, to the channel, or to the store where its platform is away. */
export class ResponseSender {
  /** What the assistant says that the conversation's state is; `undefined` where it says nothing of it. */
  trackerState: TrackerState | null | undefined;

  readonly #options: ResponseSenderOptions;

  constructor(options: ResponseSenderOptions) {
    this.#options = options;
  }

  /** Sends a response. @param isSeen - Whether the transforms are not to see it. */
  send(
    response: BotMessage,
    isSeen: boolean = this.#options.transforms.length === 0,
  ): Promise<Sent> {
    return isSeen ? this.#sendSeen(response) : this.#sendTransformed(response);
  }

  async #sendTransformed(response: BotMessage): Promise<Sent> {
    const { channel, recipientId: senderId, transforms } = this.#options;
    const said = await transformed(transforms, response, { channel, senderId });
    return said === null ? NOTHING_SENT : await this.#sendSeen(said);
  }

  /** Sends what the transforms have seen. */
  #sendSeen(seen: BotMessage): Promise<Sent> {
    const { output, telemetry, channel } = this.#options;
    const said = responseOn(channel, output.name, seen);
    const texts = responseTexts(responseFor(output.name, said));
    if (texts.length === 0 && said.channels === undefined) {
      telemetry.logger.warn(
        { channel, keys: Object.keys(said) },
        'a response has nothing to say: none of its keys is text, image, attachment, buttons, quickReplies, elements or custom',
      );
    }
    return this.deliver(said, texts.join('\n'));
  }

  /** Hands a response to the channel, or to the store where the platform cannot be reached. */
  deliver(response: BotMessage, text: string): Promise<Sent> {
    const now = this.stateNow();
    if (isPromise(now)) return now.then((state) => this.#hand(state, response, text));
    return this.#hand(now, response, text);
  }

  #hand(state: StateNow, response: BotMessage, text: string): Promise<Sent> {
    const { abort, output, delivery, recipientId, onSaid, onDelivered } = this.#options;
    // The turn may have ended while the transforms, or the assistant's state, were waited for.
    if (abort.reason !== null) return Promise.reject(abort.reason);
    output.trackerState = state;
    const pending: Pending = { response, trackerState: typeof state === 'function' ? null : state };
    const sent = this.report('response', () =>
      delivery.say(pending, () => sendThrough(delivery, output, recipientId, response)),
    );
    return sent.then((status) => {
      onSaid(text);
      const noted = status === 'sent' ? onDelivered?.(response) : undefined;
      return whenThere(noted, () => ({ status, receipts: delivery.takeReceipts() }));
    });
  }

  /** Sends, and reports what became of it. */
  report<T>(kind: SendReport['kind'], send: () => Promise<T>): Promise<T> {
    const { channel, recipientId: senderId } = this.#options;
    return reportSend(this.#options, { channel, senderId, kind }, send);
  }

  /** The conversation's state; no promise where nobody has to be asked for it. */
  stateNow(): MaybePromise<StateNow> {
    return this.trackerState === undefined ? this.#options.trackerState() : this.trackerState;
  }
}
